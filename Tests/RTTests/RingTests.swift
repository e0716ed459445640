import HeapCounter
import Testing
import TestSupport

@testable import RT

/// A number in a slot.
private func write(_ value: UInt64, to slot: UnsafeMutableRawPointer) {
  unsafe slot.storeBytes(of: value, as: UInt64.self)
}

private func read(_ slot: UnsafeMutableRawPointer) -> UInt64 {
  unsafe slot.load(as: UInt64.self)
}

@Suite("The ring")
struct RingTests {
  @Test(
    "a full ring refuses the newest slot, counts it, and keeps the oldest",
    arguments: [1, 2, 4, 8, 1_024])
  func full(capacity: Int) throws {
    let ring = Ring(slotByteCount: 8, capacity: capacity)
    var producer = ring.producer
    var consumer = ring.consumer
    for value in 0..<UInt64(capacity) {
      let slot = unsafe try #require(producer.claim())
      unsafe write(value, to: slot)
      producer.publish()
    }
    for _ in 0..<3 {
      let refused = unsafe producer.claim() == nil
      #expect(refused)
    }
    let (refusedByProducer, refusedByConsumer) = (producer.refusedCount, consumer.refusedCount)
    #expect(refusedByProducer == 3 && refusedByConsumer == 3)
    for value in 0..<UInt64(capacity) {
      let slot = unsafe try #require(consumer.front())
      let found = unsafe read(slot)
      #expect(found == value)
      consumer.release()
    }
    let isEmpty = unsafe consumer.front() == nil
    #expect(isEmpty)
  }

  @Test("every head and tail of a small ring behaves as a queue", arguments: [1, 2, 4, 8])
  func smallWorlds(capacity: Int) throws {
    // From every starting position, every sequence of six pushes and pops.
    for start in 0..<(2 * capacity) {
      for script in 0..<64 {
        let ring = Ring(slotByteCount: 8, capacity: capacity)
        var producer = ring.producer
        var consumer = ring.consumer
        for _ in 0..<start {
          let slot = unsafe try #require(producer.claim())
          unsafe write(999, to: slot)
          producer.publish()
          _ = unsafe try #require(consumer.front())
          consumer.release()
        }
        var queue: [UInt64] = []
        for step in 0..<6 {
          if script >> step & 1 == 1 {
            let slot = unsafe producer.claim()
            #expect(unsafe (slot != nil) == (queue.count < capacity))
            if let slot = unsafe slot {
              unsafe write(UInt64(step), to: slot)
              producer.publish()
              queue.append(UInt64(step))
            }
          } else {
            let slot = unsafe consumer.front()
            #expect(unsafe slot.map(read) == queue.first)
            if unsafe slot != nil {
              consumer.release()
              queue.removeFirst()
            }
          }
          let count = consumer.count
          #expect(count == queue.count)
        }
      }
    }
  }

  @Test("agrees with a plain queue over random traffic", arguments: 0..<16 as Range<UInt64>)
  func property(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let capacity = 1 << Int.random(in: 0...6, using: &random)
    let byteCount = Int.random(in: 8...200, using: &random)
    let ring = Ring(slotByteCount: byteCount, capacity: capacity)
    var producer = ring.producer
    var consumer = ring.consumer
    var queue: [UInt64] = []
    var refused: UInt64 = 0
    for _ in 0..<20_000 {
      if Bool.random(using: &random) {
        let value = UInt64.random(in: .min ... .max, using: &random)
        if let slot = unsafe producer.claim() {
          unsafe write(value, to: slot)
          producer.publish()
          queue.append(value)
        } else {
          refused += 1
          #expect(queue.count == capacity)
        }
      } else {
        let front = unsafe consumer.front().map(read)
        #expect(front == queue.first)
        if front != nil {
          consumer.release()
          queue.removeFirst()
        }
      }
    }
    let counted = producer.refusedCount
    #expect(counted == refused)
  }

  @Test("two threads: everything arrives once, in order and whole", arguments: [1, 2, 64, 1_024])
  func twoThreads(capacity: Int) throws {
    let total: UInt64 = 200_000
    let ring = Ring(slotByteCount: 96, capacity: capacity)
    let producer = try RealTimeThread.start(
      ThreadSettings(name: "producer", policy: .other), workspace: ring.producer
    ) { producer in
      var sent: UInt64 = 0
      while sent < total {
        guard let slot = unsafe producer.claim() else {
          sched_yield_once()
          continue
        }
        // The whole payload is made of the sequence number.
        for word in 0..<12 {
          unsafe slot.storeBytes(
            of: sent &* 31 &+ UInt64(word), toByteOffset: 8 * word, as: UInt64.self)
        }
        producer.publish()
        sent += 1
      }
    }
    var consumer = ring.consumer
    var wrong = 0
    var received: UInt64 = 0
    while received < total {
      guard let slot = unsafe consumer.front() else {
        sched_yield_once()
        continue
      }
      for word in 0..<12 {
        let found = unsafe slot.load(fromByteOffset: 8 * word, as: UInt64.self)
        if found != received &* 31 &+ UInt64(word) { wrong += 1 }
      }
      consumer.release()
      received += 1
    }
    _ = producer.join()
    let isEmpty = unsafe consumer.front() == nil
    #expect(wrong == 0)
    #expect(isEmpty)
  }

  @Test("pushing and popping make no heap call")
  func noHeap() throws {
    let ring = Ring(slotByteCount: 96, capacity: 8)
    var producer = ring.producer
    var consumer = ring.consumer
    let before = heap_counter_calls_of_this_thread()
    exercise(&producer, &consumer)
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
  }

  /// Under the oath, as every caller on the path: in a debug build a generic `storeBytes` that is
  /// not specialised allocates.
  @_noLocks @_noAllocation
  private func exercise(_ producer: inout RingProducer, _ consumer: inout RingConsumer) {
    for value in 0..<10_000 {
      if let slot = unsafe producer.claim() {
        unsafe slot.storeBytes(of: UInt64(value), as: UInt64.self)
        producer.publish()
      }
      if value % 3 == 0, unsafe consumer.front() != nil { consumer.release() }
    }
  }

  @Test("the heap counter sees an array that grows")
  func counterCounts() {
    let before = heap_counter_calls_of_this_thread()
    var array: [Int] = []
    for index in 0..<100 { array.append(index) }
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(array.count == 100)
    #expect(calls > 0 || heapCounterIsOff())
  }
}

@Suite("The overwriting ring")
struct OverwritingRingTests {
  struct Pair: BitwiseCopyable, Equatable {
    var a: UInt64
    var b: UInt32
  }

  @Test(
    "a slow reader gets the newest and learns exactly how many it missed",
    arguments: [1, 2, 4, 8], [0, 1, 3, 8, 9, 30])
  func missed(capacity: Int, count: Int) {
    let ring = OverwritingRing<Pair>(capacity: capacity)
    var producer = ring.producer
    var consumer = ring.consumer
    for value in 0..<count { producer.write(Pair(a: UInt64(value), b: UInt32(value) &* 7)) }
    var found: [Pair] = []
    while let pair = consumer.read() { found.append(pair) }
    let first = max(0, count - capacity)
    #expect(found == (first..<count).map { Pair(a: UInt64($0), b: UInt32($0) &* 7) })
    let missed = consumer.missedCount
    #expect(missed == UInt64(first))
    producer.write(Pair(a: 77, b: 78))
    let newest = consumer.newest()
    #expect(newest == Pair(a: 77, b: 78))
  }

  @Test("two threads: never a torn value, never out of order, and every one is accounted for")
  func twoThreads() throws {
    let total: UInt64 = 200_000
    let ring = OverwritingRing<Pair>(capacity: 8)
    let writer = try RealTimeThread.start(
      ThreadSettings(name: "writer", policy: .other), workspace: ring.producer
    ) { producer in
      for value in 1...total {
        producer.write(Pair(a: value, b: UInt32(truncatingIfNeeded: value)))
      }
    }
    var consumer = ring.consumer
    var last: UInt64 = 0
    var read: UInt64 = 0
    var wrong = 0
    while last < total {
      guard let pair = consumer.read() else {
        sched_yield_once()
        continue
      }
      if pair.a <= last || UInt32(truncatingIfNeeded: pair.a) != pair.b { wrong += 1 }
      last = pair.a
      read += 1
    }
    _ = writer.join()
    let missed = consumer.missedCount
    #expect(wrong == 0)
    #expect(read + missed == total)
  }
}
