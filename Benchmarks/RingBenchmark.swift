// How many frames a second go through the ring, and how long does one take there and back?
//
// Two threads on two CPUs, the payload one 8-channel frame (112 bytes), all written and all of
// it read. Beside it boost::lockfree::spsc_queue with the same frame, compiled by g++ -O3.

import Foundation
import RT

enum RingBenchmark {
  static var frames: Int { 4_000_000 }
  static var rounds: Int { 200_000 }
  static var capacity: Int { 1_024 }

  static func run(peer: String, rounds: Int) {
    print("ring, two threads, 112-byte frame, \(rounds) alternated runs")
    var own: [[Double]] = []
    var theirs: [[Double]] = []
    for turn in 0..<rounds {
      let measureOwn = {
        if let found = numbers(of: "/proc/self/exe", ["ring-once"]) { own.append(found) }
      }
      let measurePeer = { if let found = numbers(of: peer, []) { theirs.append(found) } }
      // Each goes first as often as the other.
      if turn % 2 == 0 {
        measureOwn()
        measurePeer()
      } else {
        measurePeer()
        measureOwn()
      }
    }
    for (index, name) in ["million frames a second", "round trip, ns"].enumerated() {
      let ours = Spread(values: own.map { $0[index] })
      print("  \(name): acquire \(ours.text("%.2f"))")
      guard theirs.count == rounds else {
        print("  the peer \(peer) could not be run: make bench builds it")
        continue
      }
      let boost = Spread(values: theirs.map { $0[index] })
      print("  \(name): boost   \(boost.text("%.2f"))")
      print(String(format: "  ratio of the medians %.3f", ours.median / boost.median))
    }
    print("")
  }

  /// Throughput in million frames a second, and round trip in nanoseconds.
  static func printOnce() {
    let cpus = Machine.current().allowedCPUs
    let (first, second) = (cpus.last ?? 0, cpus.dropLast().last ?? cpus.last ?? 0)
    print(throughput(first, second), roundTrip(first, second))
  }

  private static func throughput(_ producerCPU: Int, _ consumerCPU: Int) -> Double {
    let ring = Ring(slotByteCount: 112, capacity: capacity)

    let start = MonotonicInstant.now()
    guard
      let consumer = try? RealTimeThread.start(
        ThreadSettings(name: "consumer", policy: .other, cpu: consumerCPU),
        workspace: Consuming(ring: ring.consumer), run: { $0.run() }),
      let producer = try? RealTimeThread.start(
        ThreadSettings(name: "producer", policy: .other, cpu: producerCPU),
        workspace: Producing(ring: ring.producer), run: { $0.run() })
    else { return .nan }
    _ = producer.join()
    let consumed = consumer.join()
    let seconds = (MonotonicInstant.now() - start).seconds
    // The sum keeps the reads from being optimised away, and is a check.
    precondition(consumed.sum == Producing.expectedSum, "every frame arrived whole")
    return Double(frames) / seconds / 1e6
  }

  private static func roundTrip(_ firstCPU: Int, _ secondCPU: Int) -> Double {
    let there = Ring(slotByteCount: 112, capacity: 4)
    let back = Ring(slotByteCount: 112, capacity: 4)
    guard
      let echo = try? RealTimeThread.start(
        ThreadSettings(name: "echo", policy: .other, cpu: secondCPU),
        workspace: Echo(input: there.consumer, output: back.producer), run: { $0.run() }),
      let caller = try? RealTimeThread.start(
        ThreadSettings(name: "caller", policy: .other, cpu: firstCPU),
        workspace: Caller(output: there.producer, input: back.consumer), run: { $0.run() })
    else { return .nan }
    let finished = caller.join()
    _ = echo.join()
    return Double(finished.elapsed.rawValue) / Double(rounds)
  }
}

/// Fourteen words, all made of one number.
@_noLocks @_noAllocation
@inline(__always)
private func fill(_ slot: UnsafeMutableRawPointer, _ number: UInt64) {
  for word in 0..<14 {
    unsafe slot.storeBytes(of: number &+ UInt64(word), toByteOffset: 8 &* word, as: UInt64.self)
  }
}

@_noLocks @_noAllocation
@inline(__always)
private func total(_ slot: UnsafeMutableRawPointer) -> UInt64 {
  var sum: UInt64 = 0
  for word in 0..<14 {
    unsafe sum &+= slot.load(fromByteOffset: 8 &* word, as: UInt64.self)
  }
  return sum
}

private struct Producing: ~Copyable {
  var ring: RingProducer

  static var expectedSum: UInt64 {
    let n = UInt64(RingBenchmark.frames)
    return n &* (n &- 1) / 2 &* 14 &+ n &* 91
  }

  @_noLocks @_noAllocation
  mutating func run() {
    var number: UInt64 = 0
    while number < 4_000_000 {
      if let slot = unsafe ring.claim() {
        unsafe fill(slot, number)
        ring.publish()
        number &+= 1
      }
    }
  }
}

private struct Consuming: ~Copyable {
  var ring: RingConsumer
  var sum: UInt64 = 0

  init(ring: consuming RingConsumer) { self.ring = ring }

  @_noLocks @_noAllocation
  mutating func run() {
    var number: UInt64 = 0
    while number < 4_000_000 {
      if let slot = unsafe ring.front() {
        unsafe sum &+= total(slot)
        ring.release()
        number &+= 1
      }
    }
  }
}

private struct Echo: ~Copyable {
  var input: RingConsumer
  var output: RingProducer

  @_noLocks @_noAllocation
  mutating func run() {
    var done = 0
    while done < 200_000 {
      guard let slot = unsafe input.front() else { continue }
      let number = unsafe total(slot)
      input.release()
      if let answer = unsafe output.claim() {
        unsafe fill(answer, number)
        output.publish()
        done &+= 1
      }
    }
  }
}

private struct Caller: ~Copyable {
  var output: RingProducer
  var input: RingConsumer
  var elapsed = Nanoseconds(0)

  init(output: consuming RingProducer, input: consuming RingConsumer) {
    self.output = output
    self.input = input
  }

  @_noLocks @_noAllocation
  mutating func run() {
    let start = MonotonicInstant.now()
    var done: UInt64 = 0
    while done < 200_000 {
      if let slot = unsafe output.claim() {
        unsafe fill(slot, done)
        output.publish()
      }
      while true {
        if let slot = unsafe input.front() {
          _ = unsafe total(slot)
          input.release()
          break
        }
      }
      done &+= 1
    }
    elapsed = MonotonicInstant.now() - start
  }
}
