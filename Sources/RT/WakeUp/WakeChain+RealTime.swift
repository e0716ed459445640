// One thread wakes another, which answers at once: what handing over costs.
//
// Real-time: the caller and the answerer. A period is one sleep, four clock reads and, for each of
// the two wake-ups, the system calls of its means. Each waits for the other only.
//
// What is there when a thread looks, before it asks the kernel for sleep, is counted apart. What
// comes between that look and the kernel's own counts as a wake-up, though nobody slept.

import SPIShim
import Synchronization

/// What the two threads of a chain share.
@safe
public struct WakeChain: @unchecked Sendable {
  fileprivate let memory: SharedWords
  fileprivate let call: WakeBell
  fileprivate let answer: WakeBell

  public init(_ means: WakeMeans) throws(SchedulingFault) {
    memory = SharedWords(count: 64)
    call = try WakeBell(means)
    do throws(SchedulingFault) {
      answer = try WakeBell(means)
    } catch {
      call.close()
      throw error
    }
  }

  /// Ends an answerer whose caller never started. Not on the real-time path.
  public func hangUp() {
    unsafe memory.words[ChainWords.end].store(1, ordering: .releasing)
    call.ring()
  }

  /// Whether there was a call. Not on the real-time path.
  var hasCalled: Bool { unsafe memory.words[ChainWords.calls].load(ordering: .acquiring) > 0 }

  /// After both threads were joined: not on the real-time path.
  public func close() {
    call.close()
    answer.close()
  }
}

/// Words of the two threads on lines of their own.
private enum ChainWords {
  static var calls: Int { @_noLocks @_noAllocation get { 0 } }
  static var calledAt: Int { @_noLocks @_noAllocation get { 1 } }
  static var end: Int { @_noLocks @_noAllocation get { 2 } }
  static var answers: Int { @_noLocks @_noAllocation get { 32 } }
  static var answeredAt: Int { @_noLocks @_noAllocation get { 33 } }
}

/// The thread that begins: wakes the other once a period.
@safe
public struct ChainCaller: ~Copyable, @unchecked Sendable {
  private var timer: CyclicTimer
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let call: WakeBell
  private let answer: WakeBell
  private let stop: StopSignal
  private let cycleLimit: Int64
  private let periodLimit: Int64

  private let journal = WakeUpJournal()
  /// How late the caller's own timer woke it, as any measuring thread's.
  public var timerLatency = LatencyHistogram()
  /// The same with what the missed periods would have shown.
  public var timerCorrected = LatencyHistogram()
  /// From the answerer's wake call to the caller's clock read.
  public var wakeLatency = LatencyHistogram()
  /// Answers that were there before the caller slept, which wakes nobody: in the round trip only.
  public private(set) var promptCount: UInt64 = 0
  /// From the caller's wake call until it is awake again.
  public var roundTrip = LatencyHistogram()

  public init(_ plan: WakeUpPlan, chain: WakeChain, stop: StopSignal) {
    timer = CyclicTimer(period: plan.period)
    memory = chain.memory
    unsafe words = chain.memory.words
    call = chain.call
    answer = chain.answer
    self.stop = stop
    cycleLimit = plan.cycleLimit
    periodLimit = plan.periodLimit
  }

  /// For any thread, while this one measures and after; the values are of `timerLatency`, in ns.
  public var progress: WakeUpProgress { journal.progress }

  /// Until a limit is reached or `stop` raised; then the answerer ends, too.
  @_noLocks @_noAllocation
  public mutating func run() {
    timer.restart()
    journal.begin(at: timer.next - timer.period, threadID: shim_thread_id())
    var cycles: Int64 = 0
    var periods: Int64 = 0
    while !stop.isRaised {
      let tick = timer.wait()
      let late = tick.woke - tick.scheduled
      timerLatency.record(late)
      timerCorrected.record(late)
      if tick.missed > 0 {
        timerCorrected.recordMissed(tick.missed, late: late, period: timer.period)
      }
      exchange(UInt64(truncatingIfNeeded: cycles &+ 1))
      journal.publish(tick, units: late.rawValue)
      cycles &+= 1
      periods &+= 1 &+ tick.missed
      if cycles == cycleLimit || (periodLimit > 0 && periods >= periodLimit) { break }
    }
    unsafe words[ChainWords.end].store(1, ordering: .releasing)
    call.ring()
    journal.finish()
  }

  @_noLocks @_noAllocation
  private mutating func exchange(_ number: UInt64) {
    let called = MonotonicInstant.now()
    unsafe words.writeSigned(ChainWords.calledAt, called.nanoseconds)
    unsafe words[ChainWords.calls].store(number, ordering: .releasing)
    call.ring()
    var hasSlept = false
    // The answerer lives until this thread ends it; an hour is as good as for ever.
    for _ in 0..<3_600 {
      let ticket = answer.ticket()
      if unsafe words[ChainWords.answers].load(ordering: .acquiring) == number { break }
      hasSlept = true
      answer.wait(ticket, until: .now() + .seconds(1))
    }
    let awake = MonotonicInstant.now()
    let answered = unsafe MonotonicInstant(
      nanoseconds: words.readSigned(ChainWords.answeredAt))
    if hasSlept { wakeLatency.record(awake - answered) } else { promptCount &+= 1 }
    roundTrip.record(awake - called)
  }
}

/// The thread that is woken and wakes the caller in turn.
@safe
public struct ChainAnswerer: ~Copyable, @unchecked Sendable {
  private let memory: SharedWords
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let call: WakeBell
  private let answer: WakeBell

  private let journal = WakeUpJournal()
  /// From the caller's wake call to the answerer's clock read.
  public var wakeLatency = LatencyHistogram()
  /// Calls that were there before the answerer slept again, which wakes nobody.
  public private(set) var promptCount: UInt64 = 0

  public init(chain: WakeChain) {
    memory = chain.memory
    unsafe words = chain.memory.words
    call = chain.call
    answer = chain.answer
  }

  /// Only the thread's number is kept in it.
  public var progress: WakeUpProgress { journal.progress }

  /// Until the caller ends.
  @_noLocks @_noAllocation
  public mutating func run() {
    journal.begin(at: .now(), threadID: shim_thread_id())
    var answered: UInt64 = 0
    var hasSlept = false
    while unsafe words[ChainWords.end].load(ordering: .acquiring) == 0 {
      let ticket = call.ticket()
      let called = unsafe words[ChainWords.calls].load(ordering: .acquiring)
      guard called > answered else {
        if unsafe words[ChainWords.end].load(ordering: .acquiring) != 0 { break }
        hasSlept = true
        call.wait(ticket, until: .now() + .seconds(1))
        continue
      }
      let awake = MonotonicInstant.now()
      if hasSlept {
        unsafe wakeLatency.record(
          awake - MonotonicInstant(nanoseconds: words.readSigned(ChainWords.calledAt)))
      } else {
        promptCount &+= 1
      }
      hasSlept = false
      answered = called
      let answering = MonotonicInstant.now()
      unsafe words.writeSigned(ChainWords.answeredAt, answering.nanoseconds)
      unsafe words[ChainWords.answers].store(answered, ordering: .releasing)
      answer.ring()
    }
    journal.finish()
  }
}
