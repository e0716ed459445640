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

  /// The first time, the supply comes up.
  mutating func open() {
    if isPowered { return }
    isPowered = true
    model.readyAt = time.now + ADS1299.nominal(clocks: ADS1299.Clocks.powerOn)
  }

  mutating func close() {}

}
