// The ADS1299 as a register-level model: what `acquire run` reads when no hardware is there, and
// what the driver's tests play against.
//
// It obeys the datasheet where a driver can tell: it wakes reading continuously and then ignores
// register access, its channels are shorted after a reset, DRDY stays high until the filter has
// settled, CONFIG1 sets the rate, CHnSET gain and input. It refuses what the chip would refuse and
// counts it.

import RT
public import Signal

/// What the model's electrodes carry.
public enum ModelInput: Sendable {
  /// A recording, held between its samples when the chip runs faster, from the start again at its
  /// end. At the recording's own rate and gain the chip gives its very counts.
  case recording(SampleTable)
  case silence
}

/// When conversions are due, and what becomes of those that nobody reads.
public enum ModelClock: String, Sendable, CaseIterable {
  /// A late host finds its conversions kept, in order, each with its true time: nothing is lost,
  /// and lateness shows. For machines that are not real-time.
  case held
  /// As silicon: the newest conversion overwrites the one before it, and a late host has lost it.
  case freeRunning
}

/// Faults on demand. Conversions are counted from 0 since START; nil: never.
public struct ModelFaults: Sendable, Equatable {
  /// ID reads so.
  public var identity: UInt8?
  /// MISO is stuck at this byte.
  public var stuckOutput: UInt8?
  /// The status word of this conversion loses its 1100.
  public var badStatusAt: UInt64?
  /// All registers fall back to their reset values at this conversion.
  public var brownOutAt: UInt64?
  /// DRDY stops after this conversion.
  public var silentAfter: UInt64?
  /// The edge of this conversion is lost.
  public var lostEdgeAt: UInt64?
  /// This register does not take what is written.
  public var deafRegister: ADS1299Register?

  public init() {}
}

/// What the model saw, for tests to compare the driver's claims with.
@frozen
public struct ModelTruth: BitwiseCopyable, Sendable {
  public var conversions: UInt64 = 0
  public var framesRead: UInt64 = 0
  /// Register access while reading continuously, reading data while stopped, unknown commands.
  public var violations: UInt64 = 0

  @_noLocks @_noAllocation
  @inlinable public init() {}
}

@safe
public struct ModelPort: ~Copyable, @unchecked Sendable {
  public let place = "model"
  public internal(set) var truth = ModelTruth()
  let isHeld: Bool
  let faults: ModelFaults
  let deafAddress: Int
  let channelCount: Int
  let registers: UnsafeMutablePointer<UInt8>
  /// What the electrodes carry: rows × channels, in nanovolts ÷ scale, as the recording's counts.
  let rows: UnsafeMutablePointer<Int32>
  let rowCount: Int
  let rowChannels: Int
  let rowsPerSecond: UInt64
  let rowScale: UnsafeMutablePointer<Double>

  var readsContinuously = true
  var isConverting = false
  var isStandby = false
  /// When conversion 0 is ready; and the period now.
  var firstReady = MonotonicInstant(nanoseconds: 0)
  var period = Nanoseconds(4_000_000)
  /// Conversions whose edges were taken since START, and edges ever.
  var taken: UInt64 = 0
  var edgesEver: UInt64 = 0
  /// The conversion in the output register when the clock is held.
  var latched: UInt64 = 0
  let partsPerMillion: Int64

  /// - Parameters:
  ///   - channelCount: 4, 6 or 8.
  ///   - partsPerMillion: how much slower than nominal the chip's clock runs.
  public init(
    input: ModelInput, clock: ModelClock = .held, channelCount: Int = 8,
    partsPerMillion: Int = 0, faults: ModelFaults = ModelFaults()
  ) {
    isHeld = clock == .held
    deafAddress = faults.deafRegister.map { Int($0.rawValue) } ?? -1
    self.faults = faults
    self.channelCount = channelCount
    self.partsPerMillion = Int64(partsPerMillion)
    unsafe registers = .allocate(capacity: 32)
    unsafe registers.initialize(repeating: 0, count: 32)
    var table = SampleTable(montage: Montage(channels: [], samplesPerSecond: 250), counts: [])
    if case .recording(let recording) = input, recording.sampleCount > 0 { table = recording }
    rowCount = table.sampleCount
    rowChannels = table.channelCount
    rowsPerSecond = UInt64(max(1, table.montage.samplesPerSecond.rounded()))
    unsafe rows = .allocate(capacity: max(1, table.counts.count))
    for (index, count) in table.counts.enumerated() {
      unsafe (rows + index).initialize(to: count)
    }
    unsafe rowScale = .allocate(capacity: max(1, table.channelCount))
    for (index, channel) in table.montage.channels.enumerated() {
      unsafe (rowScale + index).initialize(to: channel.microvoltsPerCount)
    }
    powerUp()
  }

  deinit {
    unsafe registers.deallocate()
    unsafe rows.deallocate()
    unsafe rowScale.deallocate()
  }

  /// Reset values, reading continuously, not converting (SBAS499C §9.6, §11.1).
  @_noLocks @_noAllocation
  mutating func powerUp() {
    for index in 0..<32 { unsafe registers[index] = 0 }
    unsafe registers[0] = 0x3E
    if channelCount == 4 { unsafe registers[0] = 0x3C }
    if channelCount == 6 { unsafe registers[0] = 0x3D }
    if let identity = faults.identity { unsafe registers[0] = identity }
    unsafe registers[1] = 0x96
    unsafe registers[2] = 0xC0
    unsafe registers[3] = 0x60
    for index in 5...12 { unsafe registers[index] = 0x61 }
    unsafe registers[0x14] = 0x0F
    readsContinuously = true
    isConverting = false
    isStandby = false
  }
}
