// A register-level model of the ADS1299: it does what the chip does, and refuses what the chip
// would refuse.
//
// What it follows (SBAS499A/C): opcodes and their waits, tPOR, tSDECODE, the register map and its
// reset values, RDATAC at power-up (register access ignored, reading as zero), inputs shorted after
// a reset, STANDBY/WAKEUP, START and STOP by pin or opcode, settling with DRDY held high, the
// filter's restart on a write to CONFIG1, RDATA and RDATAC, the status word, gain, multiplexer,
// test signal, reference start-up, clipping at 24 bits, lead-off currents and what they make of an
// electrode's resistance, through the sinc filter.
//
// What it leaves out: noise, the sinc filter's response to other inputs, daisy chains, single shot,
// the comparators' thresholds (an electrode is on or off as the conditions say), a STOP that lets
// the conversion in progress end, the multiplexer's choice of reference (a recording is taken to be
// what the channels measure).
//
// Conversions are due at start + k periods; the model runs when somebody looks at it. One owner,
// one thread.

import RT
import Signal

@safe
struct ADS1299Model: ~Copyable {
  /// The status word and eight channels, three bytes each.
  static var frameByteCountMaximum: Int { @_noLocks @_noAllocation get { 27 } }
  /// The kernel's default for one GPIO line.
  static var edgeCapacity: Int { @_noLocks @_noAllocation get { 16 } }

  var conditions: ModelConditions
  let isHeld: Bool
  let channelCount: Int
  let frameByteCount: Int
  let identity: UInt8
  /// Of the register that cannot be written; -1: none.
  let deafAddress: Int

  // Pins; true is high.
  var resetPin = true
  var startPin = false
  var powerPin = true

  // The serial interface and what it set.
  var registers = InlineArray<24, UInt8>(repeating: 0)
  var isContinuous = true
  var isStandby = false
  var isStarted = false
  /// Commands are refused until then.
  var readyAt = Int64.max
  /// The internal reference has settled then.
  var referenceAt = Int64.max

  // Conversions.
  var isConverting = false
  /// When the digital filter last started.
  var filterStart: Int64 = 0
  /// Conversions since the filter last started.
  var sinceFilterStart: Int64 = 0
  var lastDue: Int64 = 0
  var isUnread = false
  var hasBrownedOut = false
  var isStallOver = false
  var hasStood = false
  /// When DOUT became stuck, and when the bus began to fail; `.max`: not yet.
  var stuckSince = Int64.max
  var failingSince = Int64.max
  let upsetAddress: Int
  var isUpset = false
  /// The truth is counted anew from the next START on.
  var countsFromNextStart = true
  /// The edge of the conversion that waits has reached the line.
  var isAnnounced = false
  var output = InlineArray<27, UInt8>(repeating: 0)
  var truth = ModelTruth()

  // The kernel's side of the DRDY line.
  var edges = InlineArray<16, Edge>(repeating: Edge())
  var firstEdge = 0
  var edgeCount = 0
  var lineSequence: UInt32 = 0

  // What the electrodes carry.
  let electrodes: Electrodes

  enum InputKind: UInt8 { case recording, testSignal, silence }

  /// The input, in memory of its own, so that looking at it counts no references.
  @safe
  struct Electrodes {
    var kind: InputKind
    var rowCount: UInt64 = 0
    var columnCount = 0
    var millihertz: UInt64 = 0
    /// `rowCount * columnCount` counts.
    var counts: UnsafeMutablePointer<Int32>?
    /// `columnCount` of them.
    var microvoltsPerCount: UnsafeMutablePointer<Double>?

    init(_ input: ModelInput) {
      switch input {
      case .silence: kind = .silence
      case .testSignal: kind = .testSignal
      case .recording(let table) where table.sampleCount == 0: kind = .silence
      case .recording(let table):
        kind = .recording
        rowCount = UInt64(table.sampleCount)
        columnCount = table.channelCount
        millihertz = UInt64(max(1, table.montage.samplesPerSecond * 1_000 + 0.5))
        // SAFETY: initialised to their full length here, freed by the model's deinit.
        let counts = UnsafeMutablePointer<Int32>.allocate(capacity: table.counts.count)
        for (index, count) in table.counts.enumerated() {
          unsafe (counts + index).initialize(to: count)
        }
        let scales = UnsafeMutablePointer<Double>.allocate(capacity: columnCount)
        for (index, channel) in table.montage.channels.enumerated() {
          unsafe (scales + index).initialize(to: channel.microvoltsPerCount)
        }
        unsafe self.counts = counts
        unsafe microvoltsPerCount = scales
      }
    }
  }

  init(
    variant: ADS1299.Identity.Variant, input: ModelInput, clock: ModelClock,
    conditions: ModelConditions
  ) {
    self.conditions = conditions
    isHeld = clock == .held
    channelCount = variant.channelCount
    frameByteCount = variant.frameByteCount
    identity =
      conditions.identity ?? ADS1299.Identity(revision: 1, variant: variant).rawValue
    deafAddress = conditions.deafRegister.map { Int($0.rawValue) } ?? -1
    upsetAddress = conditions.registerUpset.map { Int($0.register.rawValue) } ?? -1
    electrodes = Electrodes(input)
    resetRegisters()
  }

  deinit {
    // SAFETY: taken by `Electrodes.init`, which only this model holds.
    unsafe electrodes.counts?.deallocate()
    unsafe electrodes.microvoltsPerCount?.deallocate()
  }
}
