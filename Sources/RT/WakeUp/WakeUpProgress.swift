// What a measuring thread lets others see while it measures.

import Synchronization

/// How far a measuring thread is. Any thread may read it at any time; the values of one moment may
/// be a wake-up apart.
@safe
public struct WakeUpProgress: @unchecked Sendable {
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  init(memory: SharedWords) {
    self.memory = memory
    unsafe words = memory.words
  }

  /// Wake-ups so far.
  public var cycles: UInt64 { unsafe words.read(0) }
  /// Periods whose instant was over before the thread woke.
  public var missed: UInt64 { unsafe words.read(1) }
  /// Newest, smallest and largest value, in the run's unit; the last two mean nothing at 0 cycles.
  public var last: Int64 { unsafe words.readSigned(2) }
  public var min: Int64 { unsafe words.readSigned(3) }
  public var max: Int64 { unsafe words.readSigned(4) }
  /// Of all values, in the run's unit.
  public var sum: Int64 { unsafe words.readSigned(5) }
  /// The kernel's number of the thread; 0 before its first wake-up.
  public var threadID: Int32 { Int32(truncatingIfNeeded: unsafe words.read(6)) }
  /// When the worst value was taken; nil before there is one.
  public var worstWoke: MonotonicInstant? {
    let nanoseconds = unsafe words.readSigned(7)
    return nanoseconds == 0 ? nil : MonotonicInstant(nanoseconds: nanoseconds)
  }
  /// The instant from which the first period counts; nil before the thread measures.
  public var begun: MonotonicInstant? {
    let nanoseconds = unsafe words.readSigned(8)
    return nanoseconds == 0 ? nil : MonotonicInstant(nanoseconds: nanoseconds)
  }
  /// The thread measures no more; everything else is final.
  public var isFinished: Bool { unsafe words[9].load(ordering: .acquiring) != 0 }

  /// The worst latency since this was last taken, which begins anew.
  public func takeMaximum() -> Nanoseconds {
    Nanoseconds(Int64(bitPattern: unsafe words[10].exchange(0, ordering: .relaxed)))
  }
}

/// The writing end, which moves to the measuring thread.
@safe
struct WakeUpJournal: ~Copyable, @unchecked Sendable {
  private let memory = SharedWords(count: 16)
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    unsafe words = memory.words
    unsafe words.writeSigned(3, .max)
    unsafe words.writeSigned(4, .min)
    unsafe words.writeSigned(11, .min)
  }

  /// Not for the real-time path.
  var progress: WakeUpProgress { WakeUpProgress(memory: memory) }

  @_noLocks @_noAllocation
  func begin(at instant: MonotonicInstant, threadID: Int32) {
    unsafe words.writeSigned(8, instant.nanoseconds)
    unsafe words.write(6, UInt64(truncatingIfNeeded: threadID))
  }

  @_noLocks @_noAllocation
  func publish(_ tick: Tick, units: Int64) {
    unsafe words.writeSigned(2, units)
    if unsafe units < words.readSigned(3) { unsafe words.writeSigned(3, units) }
    if unsafe units > words.readSigned(4) { unsafe words.writeSigned(4, units) }
    unsafe words.writeSigned(5, words.readSigned(5) &+ units)
    let late = (tick.woke - tick.scheduled).rawValue
    if unsafe late > words.readSigned(11) {
      unsafe words.writeSigned(11, late)
      unsafe words.writeSigned(7, tick.woke.nanoseconds)
    }
    // Whoever takes the maximum in between takes one that is larger.
    if unsafe late > words.readSigned(10) { unsafe words.writeSigned(10, late) }
    unsafe words.add(1, UInt64(truncatingIfNeeded: tick.missed))
    unsafe words.add(0, 1)
  }

  @_noLocks @_noAllocation
  func finish() { unsafe words[9].store(1, ordering: .releasing) }
}

/// The first value beyond the threshold, of whichever thread saw it first.
@safe
public struct ThresholdBreach: @unchecked Sendable {
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  public init() {
    memory = SharedWords(count: 8)
    unsafe words = memory.words
  }

  /// Thread and value, in the run's unit; nil while there is none. Read it when all have finished.
  public var found: (thread: Int, units: Int64)? {
    let thread = unsafe words[0].load(ordering: .acquiring)
    guard thread > 0 else { return nil }
    return unsafe (Int(thread) - 1, words.readSigned(1))
  }

  /// For one thread. Not for the real-time path.
  func claim() -> ThresholdClaim { ThresholdClaim(memory: memory) }
}

/// A thread's way of saying that it broke the threshold.
@safe
struct ThresholdClaim: ~Copyable, @unchecked Sendable {
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  init(memory: SharedWords) {
    self.memory = memory
    unsafe words = memory.words
  }

  /// Whether this thread is the first.
  @_noLocks @_noAllocation
  func take(thread: Int, units: Int64) -> Bool {
    let mine = UInt64(truncatingIfNeeded: thread &+ 1)
    let isFirst = unsafe words[0].compareExchange(
      expected: 0, desired: mine, ordering: .acquiringAndReleasing
    ).exchanged
    if isFirst { unsafe words.writeSigned(1, units) }
    return isFirst
  }
}
