// What the model's electrodes carry, and what goes wrong with it on demand.

public import Signal

/// The potentials at the electrodes of the model.
public enum ModelInput: Sendable {
  /// A recording, from its first sample at each start, over and over.
  ///
  /// A channel whose gain, and a rate that, equals the recording's gives the recording's own
  /// counts, exactly: conversion k is sample k. Otherwise counts are converted by the programmed
  /// gain, and a sample is held as long as it lasts.
  case recording(SampleTable)
  /// ±1.875 mV, 0.977 Hz, square, at every electrode.
  case testSignal
  /// 0 V at every electrode.
  case silence
}

/// What becomes of a conversion when the host is late.
///
/// Conversions are due at start + k periods of CLOCK_MONOTONIC in both.
public enum ModelClock: Sendable, Equatable, CaseIterable {
  /// It waits, and those after it: the host gets each, in order, with its true due time as edge
  /// time. Nothing is lost, and lateness stays visible: each frame that a chip would have
  /// overwritten carries `.late`. A stage set, not silicon.
  case held
  /// As silicon: the output register holds the last conversion only, the kernel's buffer the last
  /// 16 edges.
  case freeRunning
}

/// Conversions, counted from 0 when a run begins.
@frozen
public struct ConversionSpan: Sendable, Equatable, BitwiseCopyable {
  public var first: UInt64
  public var count: UInt64

  public init(first: UInt64, count: UInt64 = .max) {
    self.first = first
    self.count = count
  }

  @_noLocks @_noAllocation
  func contains(_ conversion: UInt64) -> Bool {
    conversion >= first && conversion - first < count
  }
}

/// How the model is wired, and what goes wrong with it. The default: nothing.
public struct ModelConditions: Sendable, Equatable {
  public enum Level: Sendable {
    case low, high

    var byte: UInt8 {
      @_noLocks @_noAllocation
      get {
        switch self {
        case .low: 0x00
        case .high: 0xFF
        }
      }
    }
  }

  /// DOUT without a chip behind it.
  public struct StuckOutput: Sendable, Equatable {
    public var level: Level
    /// From power-up when it begins with conversion 0.
    public var span: ConversionSpan

    public init(_ level: Level, _ span: ConversionSpan) {
      self.level = level
      self.span = span
    }
  }

  /// What a register holds from a conversion on, until it is written again.
  public struct RegisterUpset: Sendable, Equatable {
    public var register: ADS1299.Register
    public var value: UInt8
    public var at: UInt64

    public init(register: ADS1299.Register, value: UInt8, at: UInt64) {
      self.register = register
      self.value = value
      self.at = at
    }
  }

  /// RESET, START and PWDN are wired; else opcodes do their work.
  public var hasControlLines = false
  /// How much longer than nominal a clock period is.
  public var periodErrorPPM: Int64 = 0
  /// What the ID register says; nil: what the configuration expects.
  public var identity: UInt8?
  /// A register that keeps its reset value whatever is written to it.
  public var deafRegister: ADS1299.Register?
  /// The supply dips just before this conversion: every register falls back to its reset value,
  /// the chip to RDATAC, and a START that was an opcode is forgotten.
  public var brownOutAt: UInt64?
  /// DOUT shows one level only.
  public var stuckOutput: StuckOutput?
  /// The status word does not begin with 1100.
  public var badStatus: ConversionSpan?
  /// Conversions come, the edges of DRDY do not.
  public var lostEdges: ConversionSpan?
  /// Before conversion `first` the modulator stands still for `count` periods.
  public var standing: ConversionSpan?
  /// A register takes another value by itself.
  public var registerUpset: RegisterUpset?
  /// Every SPI transfer fails in the kernel while these conversions are the newest.
  public var failedTransfers: ConversionSpan?
  /// No conversion comes from this one on.
  public var stallAt: UInt64?
  /// Until the chip is reset; else whatever is done.
  public var stallEndsWithReset = false
  /// Electrodes that have fallen off, positive and negative inputs. A lead-off current through one
  /// of them drives its channel to the end of its range.
  public var detachedPositive: ADS1299.ChannelMask = []
  public var detachedNegative: ADS1299.ChannelMask = []
  /// Resistances between the body and the inputs. With SRB1, all negative inputs share
  /// `referenceOhms` in place of their own, with SRB2 the positive inputs of its channels do.
  /// Infinite: fallen off.
  public var electrodeOhmsPositive = ElectrodeOhms()
  public var electrodeOhmsNegative = ElectrodeOhms()
  public var referenceOhms = 0.0
  /// How much of the lead-off current that is programmed really flows.
  public var leadOffCurrentShare = 1.0
  /// By how many clocks of the modulator an alternating lead-off current turns after a conversion
  /// has begun.
  public var leadOffPhase: Int64 = 0

  public init() {}
}

/// One resistance for each of eight inputs, in ohms.
public struct ElectrodeOhms: Sendable, Equatable, BitwiseCopyable, ExpressibleByArrayLiteral {
  private var values = InlineArray<8, Double>(repeating: 0)

  public init() {}

  /// The first eight; inputs without a value have none, 0 Ω.
  public init(_ ohms: [Double]) {
    for (index, value) in ohms.prefix(8).enumerated() { values[index] = value }
  }

  public init(arrayLiteral ohms: Double...) { self.init(ohms) }

  public subscript(channel: Int) -> Double {
    @_noLocks @_noAllocation
    get { values[channel] }
  }

  public static func == (a: ElectrodeOhms, b: ElectrodeOhms) -> Bool {
    (0..<8).allSatisfy { a.values[$0] == b.values[$0] }
  }
}

/// What really happened in the model: the oracle of every loss counter.
@frozen
public struct ModelTruth: Sendable, Equatable, BitwiseCopyable {
  /// Since the run began.
  public var conversions: UInt64 = 0
  /// Different conversions that were read to the last byte, since the run began.
  public var conversionsRead: UInt64 = 0
  /// Conversions that the next one overwrote before they were read, since the run began.
  public var overwrittenUnread: UInt64 = 0
  /// Conversions whose edge of DRDY never reached the line, since the run began.
  public var edgesLost: UInt64 = 0
  /// Register access in RDATAC, opcodes in STANDBY, opcodes that do not exist.
  public var refusedCommands: UInt64 = 0
  /// Commands that came before the chip was ready for them; refused too.
  public var timingViolations: UInt64 = 0
  /// Reads in RDATAC that the next conversion overtook: torn on silicon.
  public var tornReads: UInt64 = 0

  @_noLocks @_noAllocation
  init() {}
}
