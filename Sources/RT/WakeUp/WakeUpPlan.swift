// What a thread that measures its own wake-ups shall do.

public struct WakeUpPlan: Sendable, Equatable {
  /// Its number among its fellows, from 0.
  public var thread: Int
  public var period: Nanoseconds
  /// Ends after so many wake-ups; 0: never.
  public var cycleLimit: Int64
  /// Ends when so many periods are over, missed ones included; 0: never.
  public var periodLimit: Int64
  /// What bins, spikes, stream and threshold are in: 1 µs or 1 ns, by truncation.
  public var unit: Nanoseconds
  /// Bins of one unit each; 0: none.
  public var binCount: Int
  /// Ends all threads at a value above; nil: never.
  public var breakAbove: Nanoseconds?
  /// Keeps values above; nil: none.
  public var spikeAbove: Nanoseconds?
  public var spikeCapacity: Int

  public init(
    thread: Int = 0, period: Nanoseconds, cycleLimit: Int64 = 0, periodLimit: Int64 = 0,
    unit: Nanoseconds = .microseconds(1), binCount: Int = 0, breakAbove: Nanoseconds? = nil,
    spikeAbove: Nanoseconds? = nil, spikeCapacity: Int = 0
  ) {
    self.thread = thread
    self.period = period
    self.cycleLimit = cycleLimit
    self.periodLimit = periodLimit
    self.unit = unit
    self.binCount = binCount
    self.breakAbove = breakAbove
    self.spikeAbove = spikeAbove
    self.spikeCapacity = spikeCapacity
  }

  /// The longest latency that does not break the threshold: in whole units, as cyclictest has it,
  /// 150.9 µs are 150 and not above 150.
  var breachLimit: Nanoseconds {
    guard let breakAbove else { return Nanoseconds(.max) }
    let unit = Swift.max(1, unit.rawValue)
    return Nanoseconds((breakAbove.rawValue / unit + 1) * unit - 1)
  }
}

/// One value of the stream that `--verbose` shows.
public struct WakeUpSample: BitwiseCopyable, Sendable, Equatable {
  public var cycle: UInt64
  /// In the run's unit.
  public var units: Int64

  @_noLocks @_noAllocation
  public init(cycle: UInt64, units: Int64) {
    self.cycle = cycle
    self.units = units
  }
}

extension RingConsumer {
  /// What a measuring thread has streamed, the oldest first; nil when nothing waits.
  public mutating func nextWakeUpSample() -> WakeUpSample? {
    guard let slot = unsafe front() else { return nil }
    let sample = unsafe slot.load(as: WakeUpSample.self)
    release()
    return sample
  }
}
