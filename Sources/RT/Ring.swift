// The ring that carries a frame from one thread to another.
//
// Lock-free, and wait-free on both sides: every call finishes in a bounded number of steps.
// One producer thread and one consumer thread, held as two `~Copyable` endpoints, so that the
// compiler keeps it so. Slots have a fixed stride and are written and read in place. A full ring
// refuses the newest slot and counts it; it never waits and never overwrites.
//
//     let ring = Ring(slotByteCount: 96, capacity: 1024)
//     let producer = ring.producer             let consumer = ring.consumer
//     // producer thread                       // consumer thread
//     if let slot = producer.claim() {         if let slot = consumer.front() {
//       fill(slot)                               use(slot)
//       producer.publish()                       consumer.release()
//     }                                        }
//
// Memory is taken once, in `make`. Indices live 128 bytes apart (a 64-byte line and the
// neighbour that x86 prefetches with it), and each side keeps a copy of the other's index, which
// it renews only when the ring looks full or empty.

public import Synchronization

/// Both ends of a new ring, to be taken apart and given each to its thread.
@frozen
public struct Ring: ~Copyable {
  public var producer: RingProducer
  public var consumer: RingConsumer

  /// Takes the memory.
  ///
  /// - Parameters:
  ///   - slotByteCount: payload of a slot in bytes; the stride is the next multiple of 64.
  ///   - capacity: slots; a power of two, all of them usable.
  public init(slotByteCount: Int, capacity: Int) {
    let storage = RingStorage(slotByteCount: slotByteCount, capacity: capacity)
    producer = RingProducer(storage)
    consumer = RingConsumer(storage)
  }
}

/// The memory of a ring: one page-aligned block, freed when both ends are gone.
@safe
@usableFromInline
final class RingStorage: @unchecked Sendable {
  static var separation: Int { 128 }

  let base: UnsafeMutableRawPointer
  let slots: UnsafeMutableRawPointer
  let stride: Int
  let capacity: Int
  /// Slots ever released by the consumer.
  let head: UnsafeMutablePointer<Atomic<UInt64>>
  /// Slots ever published by the producer.
  let tail: UnsafeMutablePointer<Atomic<UInt64>>
  /// Slots that the producer was refused.
  let refused: UnsafeMutablePointer<Atomic<UInt64>>

  init(slotByteCount: Int, capacity: Int) {
    precondition(slotByteCount > 0, "a slot holds at least one byte")
    precondition(
      capacity > 0 && capacity & (capacity - 1) == 0, "the capacity of a ring is a power of two")
    stride = (slotByteCount + 63) & ~63
    self.capacity = capacity
    let byteCount = 3 * Self.separation + capacity * stride
    unsafe base = .allocate(byteCount: byteCount, alignment: 4096)
    // Zeroed, so that every page is there before the first frame is.
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    unsafe head = base.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    unsafe tail = (base + Self.separation).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    unsafe refused = (base + 2 * Self.separation).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    unsafe head.initialize(to: Atomic(0))
    unsafe tail.initialize(to: Atomic(0))
    unsafe refused.initialize(to: Atomic(0))
    unsafe slots = base + 3 * Self.separation
  }

  deinit { unsafe base.deallocate() }
}

/// The writing end. Movable to another thread, never shared.
@safe
public struct RingProducer: ~Copyable, @unchecked Sendable {
  @usableFromInline let storage: RingStorage
  @usableFromInline let slots: UnsafeMutableRawPointer
  @usableFromInline let head: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let tail: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let refused: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let stride: Int
  @usableFromInline let capacity: UInt64
  @usableFromInline var localTail: UInt64 = 0
  @usableFromInline var cachedHead: UInt64 = 0

  init(_ storage: RingStorage) {
    self.storage = storage
    unsafe slots = storage.slots
    unsafe head = storage.head
    unsafe tail = storage.tail
    unsafe refused = storage.refused
    stride = storage.stride
    capacity = UInt64(storage.capacity)
  }

  /// The next slot to fill, or nil when the ring is full; a refusal is counted.
  ///
  /// Real-time: bounded, at most one atomic load and one store.
  @_noLocks @_noAllocation
  @inlinable public mutating func claim() -> UnsafeMutableRawPointer? {
    if localTail &- cachedHead == capacity {
      unsafe cachedHead = head.pointee.load(ordering: .acquiring)
      if localTail &- cachedHead == capacity {
        unsafe refused.pointee.wrappingAdd(1, ordering: .relaxed)
        return nil
      }
    }
    return unsafe slots + Int(truncatingIfNeeded: localTail & (capacity &- 1)) &* stride
  }

  /// Hands the claimed slot over to the consumer.
  @_noLocks @_noAllocation
  @inlinable public mutating func publish() {
    localTail &+= 1
    unsafe tail.pointee.store(localTail, ordering: .releasing)
  }

  /// Slots refused so far because the ring was full.
  @inlinable public var refusedCount: UInt64 {
    @_noLocks @_noAllocation
    get { unsafe refused.pointee.load(ordering: .relaxed) }
  }
}

/// The reading end. Movable to another thread, never shared.
@safe
public struct RingConsumer: ~Copyable, @unchecked Sendable {
  @usableFromInline let storage: RingStorage
  @usableFromInline let slots: UnsafeMutableRawPointer
  @usableFromInline let head: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let tail: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let refused: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let stride: Int
  @usableFromInline let capacity: UInt64
  @usableFromInline var localHead: UInt64 = 0
  @usableFromInline var cachedTail: UInt64 = 0

  init(_ storage: RingStorage) {
    self.storage = storage
    unsafe slots = storage.slots
    unsafe head = storage.head
    unsafe tail = storage.tail
    unsafe refused = storage.refused
    stride = storage.stride
    capacity = UInt64(storage.capacity)
  }

  /// The oldest published slot, or nil when the ring is empty. Valid until `release()`.
  @_noLocks @_noAllocation
  @inlinable public mutating func front() -> UnsafeMutableRawPointer? {
    if localHead == cachedTail {
      unsafe cachedTail = tail.pointee.load(ordering: .acquiring)
      if localHead == cachedTail { return nil }
    }
    return unsafe slots + Int(truncatingIfNeeded: localHead & (capacity &- 1)) &* stride
  }

  /// Gives the front slot back to the producer.
  @_noLocks @_noAllocation
  @inlinable public mutating func release() {
    localHead &+= 1
    unsafe head.pointee.store(localHead, ordering: .releasing)
  }

  /// Slots waiting now.
  @inlinable public var count: Int {
    @_noLocks @_noAllocation
    get { Int(truncatingIfNeeded: unsafe tail.pointee.load(ordering: .acquiring) &- localHead) }
  }

  /// Slots that the producer was refused so far because the ring was full.
  @inlinable public var refusedCount: UInt64 {
    @_noLocks @_noAllocation
    get { unsafe refused.pointee.load(ordering: .relaxed) }
  }
}
