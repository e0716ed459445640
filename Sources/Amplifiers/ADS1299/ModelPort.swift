// How the driver reaches the model: its wires and its clock. What the loop calls is in
// ModelPort+RealTime.swift.

import RT

/// The model with its wires and its clock.
struct ModelPort: ~Copyable {
  var model: ADS1299Model
  var time: ModelTime
  let memory = ExchangeBytes()
  let hertz: UInt32
  let name = "the model"
  var taken = InlineArray<16, Edge>(repeating: Edge())
  private var isPowered = false

  /// - Parameter hertz: of the SPI clock, for frames.
  init(model: consuming ADS1299Model, time: ModelTime, hertz: UInt32) {
    self.model = model
    self.time = time
    self.hertz = hertz
  }

  deinit { memory.deallocate() }

  var hasResetLine: Bool { model.conditions.hasControlLines }

  /// The first time, the supply comes up.
  mutating func open() {
    if isPowered { return }
    isPowered = true
    model.readyAt = time.now + ADS1299.nominal(clocks: ADS1299.Clocks.powerOn)
  }

  mutating func close() {}

  mutating func setReset(_ isHigh: Bool) -> Int32 {
    guard hasResetLine else { return 0 }
    if isHigh && !model.resetPin {
      model.resetRegisters()
      model.isStarted = false
      model.readyAt = max(
        model.readyAt, time.now + ADS1299.nominal(clocks: ADS1299.Clocks.afterReset))
    }
    model.resetPin = isHigh
    model.updateConverting(at: time.now)
    return 0
  }

  mutating func setPower(_ isHigh: Bool) -> Int32 {
    guard model.conditions.hasControlLines else { return 0 }
    if isHigh && !model.powerPin {
      model.resetRegisters()
      model.readyAt = time.now + ADS1299.nominal(clocks: ADS1299.Clocks.powerOn)
    }
    model.powerPin = isHigh
    model.updateConverting(at: time.now)
    return 0
  }
}
