// Whose turn it is with a link: the decoding thread commands over it, and the attendant closes it
// when it is gone and makes the next.
//
// Real-time: decoding thread. An atomic load or store and a pointer; one futex to wake the
// attendant, once for each time that the port goes.

internal import RT
internal import Synchronization

/// A handle, as `Doorbell` is; its memory lives as long as the process.
@safe
struct LinkExchange: @unchecked Sendable {
  enum Turn {
    /// The decoding thread has the link.
    static var inUse: UInt32 { @_noLocks @_noAllocation get { 0 } }
    /// The decoding thread has given the link up; the attendant shall close it.
    static var givenUp: UInt32 { @_noLocks @_noAllocation get { 1 } }
    /// There is no link; the attendant looks for whoever was there.
    static var missing: UInt32 { @_noLocks @_noAllocation get { 2 } }
    /// A link for the decoding thread.
    static var ready: UInt32 { @_noLocks @_noAllocation get { 3 } }
  }

  private let memory: UnsafeMutablePointer<Atomic<UInt32>>
  private let slot: UnsafeMutablePointer<UnsafeMutablePointer<ExoskeletonLink>?>
  let bell = Doorbell()

  init() {
    unsafe memory = .allocate(capacity: 1)
    unsafe memory.initialize(to: Atomic(Turn.inUse))
    unsafe slot = .allocate(capacity: 1)
    unsafe slot.initialize(to: nil)
  }

  /// The decoding thread's from `ready` on, the attendant's from `givenUp` on.
  var turn: UInt32 {
    @_noLocks @_noAllocation get { unsafe memory.pointee.load(ordering: .acquiring) }
  }

  /// Decoding thread, `inUse`: the attendant's from now on.
  @_noLocks @_noAllocation
  func giveUp(_ link: UnsafeMutablePointer<ExoskeletonLink>) {
    unsafe slot.pointee = unsafe link
    unsafe memory.pointee.store(Turn.givenUp, ordering: .releasing)
    bell.ring()
  }

  /// Decoding thread: a new link, when there is one.
  @_noLocks @_noAllocation
  func take() -> UnsafeMutablePointer<ExoskeletonLink>? {
    guard turn == Turn.ready else { return nil }
    let link = unsafe slot.pointee
    unsafe slot.pointee = nil
    unsafe memory.pointee.store(Turn.inUse, ordering: .relaxed)
    return unsafe link
  }

  /// Attendant, `missing`: the decoding thread's from now on. Not on the real-time path.
  func offer(_ link: consuming ExoskeletonLink) {
    let place = UnsafeMutablePointer<ExoskeletonLink>.allocate(capacity: 1)
    unsafe place.initialize(to: link)
    unsafe slot.pointee = unsafe place
    unsafe memory.pointee.store(Turn.ready, ordering: .releasing)
  }

  /// Attendant, `givenUp`: closes the port. Whoever comes back gets its old name only then. Not on
  /// the real-time path.
  func close() {
    free()
    unsafe memory.pointee.store(Turn.missing, ordering: .releasing)
  }

  /// When both threads have ended: what nobody took any more. Not on the real-time path.
  func closeLeftover() {
    if turn == Turn.givenUp || turn == Turn.ready { close() }
  }

  /// Not on the real-time path.
  private func free() {
    guard let link = unsafe slot.pointee else { return }
    // SAFETY: by `turn` it is nobody else's, and `offer` or `HeldLink` made it on the heap.
    unsafe link.deinitialize(count: 1)
    unsafe link.deallocate()
    unsafe slot.pointee = nil
  }
}
