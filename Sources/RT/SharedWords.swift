// Counters that one thread writes and any other may read meanwhile.

import Synchronization

/// Words on cache lines of their own; the memory lives as long as anybody holds the object.
///
/// Who writes in a loop keeps the object for its lifetime and uses the pointer: a reference that
/// is counted has no place on the real-time path.
@safe
final class SharedWords: @unchecked Sendable {
  let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  /// All zero, and all of it touched.
  init(count: Int) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Atomic<UInt64>>.stride + 128, alignment: 128)
    unsafe words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    self.count = count
    for index in 0..<count { unsafe (words + index).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe words.deinitialize(count: count)
    unsafe words.deallocate()
  }
}

extension UnsafeMutablePointer<Atomic<UInt64>> {
  /// A plain load; no other word's value follows from it.
  @_noLocks @_noAllocation
  @inline(__always) func read(_ index: Int) -> UInt64 {
    unsafe self[index].load(ordering: .relaxed)
  }

  /// A plain store.
  @_noLocks @_noAllocation
  @inline(__always) func write(_ index: Int, _ value: UInt64) {
    unsafe self[index].store(value, ordering: .relaxed)
  }

  /// A load and a store: only its one writer may do so.
  @_noLocks @_noAllocation
  @inline(__always) func add(_ index: Int, _ value: UInt64) {
    unsafe write(index, read(index) &+ value)
  }

  @_noLocks @_noAllocation
  @inline(__always) func readSigned(_ index: Int) -> Int64 {
    unsafe Int64(bitPattern: read(index))
  }

  @_noLocks @_noAllocation
  @inline(__always) func writeSigned(_ index: Int, _ value: Int64) {
    unsafe write(index, UInt64(bitPattern: value))
  }
}
