// Wakes a thread that sleeps for want of work; costs no system call when nobody sleeps.
//
// Beside a ring, on the consumer's side:
//
//     let ticket = doorbell.ticket()
//     if ring.front() == nil { doorbell.wait(ticket, until: deadline) }
//
// and on the producer's side, after `publish()`: `doorbell.ring()`. A ring between `ticket()` and
// `wait` makes `wait` return at once, so that no wake-up is lost.

public import SPIShim
public import Synchronization

/// A handle of two pointers, freely copied: a class would cost reference counting at each ring. The
/// memory lives as long as the process, so that no thread can outlive it; a session has a handful.
@frozen
@safe
public struct Doorbell: @unchecked Sendable {
  /// Counts the rings, modulo 2^32; the futex word.
  @usableFromInline let rings: UnsafeMutablePointer<Atomic<UInt32>>
  /// 1 while the one waiter sleeps or is about to; on a line of its own.
  @usableFromInline let waiting: UnsafeMutablePointer<Atomic<UInt32>>

  public init() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 128)
    unsafe rings = memory.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    unsafe waiting = (memory + 128).bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    unsafe rings.initialize(to: Atomic(0))
    unsafe waiting.initialize(to: Atomic(0))
  }

  /// Producer: something is there. One system call if the consumer sleeps, none if not.
  @_noLocks @_noAllocation
  @inlinable public func ring() {
    unsafe rings.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if unsafe waiting.pointee.load(ordering: .sequentiallyConsistent) != 0 {
      unsafe shim_futex_wake(rings, 1)
    }
  }

  /// Consumer: to be taken before looking whether there is work.
  @_noLocks @_noAllocation
  @inlinable public func ticket() -> UInt32 {
    unsafe rings.pointee.load(ordering: .sequentiallyConsistent)
  }

  /// Consumer: sleeps until somebody rings after the ticket was taken, or until the deadline.
  @_noLocks @_noAllocation
  @inlinable public func wait(_ ticket: UInt32, until deadline: MonotonicInstant) {
    unsafe waiting.pointee.store(1, ordering: .sequentiallyConsistent)
    if unsafe rings.pointee.load(ordering: .sequentiallyConsistent) == ticket {
      unsafe shim_futex_wait(rings, ticket, deadline.nanoseconds)
    }
    unsafe waiting.pointee.store(0, ordering: .sequentiallyConsistent)
  }

  /// Consumer: the same, but awake and looking from `lead` before a ring is expected to `lead`
  /// after it, so that this ring costs the producer no system call and the consumer no wake-up.
  ///
  /// Takes the CPU from everybody of lower priority for two leads at most; with none it is `wait`.
  @_noLocks @_noAllocation
  @inlinable public func wait(
    _ ticket: UInt32, until deadline: MonotonicInstant, expecting expected: MonotonicInstant,
    lead: Nanoseconds
  ) {
    let begin = expected - lead
    let end = expected + lead
    while lead > .zero, end <= deadline,
      unsafe rings.pointee.load(ordering: .sequentiallyConsistent) == ticket
    {
      let now = MonotonicInstant.now()
      if now >= end { break }
      if now < begin { wait(ticket, until: begin) } else { shim_relax() }
    }
    wait(ticket, until: deadline)
  }
}

/// Says to a running thread that it shall end. A handle, as `Doorbell` is.
@frozen
@safe
public struct StopSignal: @unchecked Sendable {
  @usableFromInline let raised: UnsafeMutablePointer<Atomic<Bool>>

  public init() {
    unsafe raised = .allocate(capacity: 1)
    unsafe raised.initialize(to: Atomic(false))
  }

  @_noLocks @_noAllocation
  public func raise() { unsafe raised.pointee.store(true, ordering: .releasing) }

  @inlinable public var isRaised: Bool {
    @_noLocks @_noAllocation
    get { unsafe raised.pointee.load(ordering: .acquiring) }
  }
}
