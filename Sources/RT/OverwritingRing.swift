// A ring for a reader that may be slow: the newest is always there, the oldest is overwritten, and
// the reader learns exactly how many it missed.
//
// The producer never waits and is never refused. Each slot carries a stamp, odd while it is being
// written; the reader copies and believes the copy only if the stamp was the same before and
// after. The payload is moved in relaxed atomic words, so that a copy that is thrown away is not
// a data race either.

public import Synchronization

/// Both ends of a new ring of values of one type.
@frozen
public struct OverwritingRing<Value: BitwiseCopyable>: ~Copyable {
  public var producer: OverwritingRingProducer<Value>
  public var consumer: OverwritingRingConsumer<Value>

  /// - Parameter capacity: values kept; a power of two.
  public init(capacity: Int) {
    let storage = OverwritingStorage(
      payloadByteCount: MemoryLayout<Value>.size, capacity: capacity)
    producer = OverwritingRingProducer(storage)
    consumer = OverwritingRingConsumer(storage)
  }
}

@safe
@usableFromInline
final class OverwritingStorage: @unchecked Sendable {
  /// Values ever written.
  let written: UnsafeMutablePointer<Atomic<UInt64>>
  /// A stamp, then the payload, for each slot.
  let words: UnsafeMutablePointer<Atomic<UInt64>>
  let wordsPerSlot: Int
  let capacity: Int

  init(payloadByteCount: Int, capacity: Int) {
    precondition(
      capacity > 0 && capacity & (capacity - 1) == 0, "the capacity of a ring is a power of two")
    self.capacity = capacity
    wordsPerSlot = 1 + (payloadByteCount + 7) / 8
    let count = 16 + capacity * wordsPerSlot
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 128)
    unsafe words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count) + 16
    unsafe written = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    for index in 0..<count { unsafe (written + index).initialize(to: Atomic(0)) }
  }

  deinit { unsafe UnsafeMutableRawPointer(written).deallocate() }
}

/// The writing end.
@safe
public struct OverwritingRingProducer<Value: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let storage: OverwritingStorage
  @usableFromInline let written: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let wordsPerSlot: Int
  @usableFromInline let mask: UInt64
  @usableFromInline let scratch: UnsafeMutableRawPointer
  @usableFromInline var count: UInt64 = 0

  init(_ storage: OverwritingStorage) {
    self.storage = storage
    unsafe scratch = .allocate(byteCount: storage.wordsPerSlot * 8, alignment: 16)
    unsafe scratch.initializeMemory(
      as: UInt8.self, repeating: 0, count: storage.wordsPerSlot * 8)
    unsafe written = storage.written
    unsafe words = storage.words
    wordsPerSlot = storage.wordsPerSlot
    mask = UInt64(storage.capacity - 1)
  }

  deinit { unsafe scratch.deallocate() }

  /// Real-time when called from an annotated function with a concrete `Value`.
  @inlinable public mutating func write(_ value: Value) {
    let slot = unsafe words + Int(truncatingIfNeeded: count & mask) &* wordsPerSlot
    // The fences make the odd stamp visible before the payload changes, and the payload before
    // the even stamp.
    unsafe slot[0].store(count &* 2 &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
    // SAFETY: `scratch` has room for whole words around one value.
    unsafe scratch.storeBytes(of: value, as: Value.self)
    for index in 1..<wordsPerSlot {
      let word = unsafe scratch.load(fromByteOffset: (index &- 1) &* 8, as: UInt64.self)
      unsafe slot[index].store(word, ordering: .relaxed)
    }
    unsafe slot[0].store(count &* 2 &+ 2, ordering: .releasing)
    count &+= 1
    unsafe written.pointee.store(count, ordering: .releasing)
  }
}

/// The reading end.
@safe
public struct OverwritingRingConsumer<Value: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  let storage: OverwritingStorage
  let memory: UnsafeMutableRawPointer
  var taken: UInt64 = 0
  /// Values that were overwritten before they were read.
  public private(set) var missedCount: UInt64 = 0

  init(_ storage: OverwritingStorage) {
    self.storage = storage
    unsafe memory = .allocate(byteCount: storage.wordsPerSlot * 8, alignment: 16)
  }

  deinit { unsafe memory.deallocate() }

  /// The oldest value that is still there and was not read yet; nil when there is none.
  public mutating func read() -> Value? {
    while true {
      let written = unsafe storage.written.pointee.load(ordering: .acquiring)
      if written == taken { return nil }
      let capacity = UInt64(storage.capacity)
      if written - taken > capacity {
        missedCount += written - capacity - taken
        taken = written - capacity
      }
      if let value = copy(taken) {
        taken += 1
        return value
      }
      // Overwritten while it was copied: it is lost, and the next one is looked at.
      missedCount += 1
      taken += 1
    }
  }

  /// The newest value, counting all between as missed; nil when there is nothing new.
  public mutating func newest() -> Value? {
    var found: Value?
    while let value = read() { found = value }
    return found
  }

  private func copy(_ index: UInt64) -> Value? {
    let slot =
      unsafe storage.words
      + Int(index & UInt64(storage.capacity - 1)) * storage.wordsPerSlot
    let expected = index &* 2 &+ 2
    guard unsafe slot[0].load(ordering: .acquiring) == expected else { return nil }
    for word in 1..<storage.wordsPerSlot {
      let value = unsafe slot[word].load(ordering: .relaxed)
      unsafe memory.storeBytes(of: value, toByteOffset: (word - 1) * 8, as: UInt64.self)
    }
    atomicMemoryFence(ordering: .acquiring)
    guard unsafe slot[0].load(ordering: .relaxed) == expected else { return nil }
    return unsafe memory.load(as: Value.self)
  }
}
