// What a control period costs in heap calls: nothing.

import Glibc
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("The real-time path")
struct RealTimeTests {
  @Test("the counter sees an array that grows")
  func counter() {
    let before = heap_counter_calls_of_this_thread()
    var array: [Int] = []
    for value in 0..<1000 { array.append(value) }
    #expect(array.count == 1000)
    #expect(heap_counter_calls_of_this_thread() > before)
  }

  @Test("governing makes no heap call, whatever comes", arguments: 0..<4 as Range<UInt64>)
  func governor(seed: UInt64) {
    var calls: UInt64 = 0
    let outcome = GovernorCase.run(seed: seed, steps: 20_000) { governor, input in
      let before = heap_counter_calls_of_this_thread()
      let command = governor.step(input)
      calls += heap_counter_calls_of_this_thread() - before
      return command
    }
    #expect(calls == 0)
    #expect(outcome.complaint == nil)
    #expect(outcome.motions > 100)
  }

  @Test("sending, polling and parsing over a line make no heap call")
  func link() throws {
    var bench = try Bench()
    try bench.startMoving()
    let table = try DemandTable([.moveTo(degrees: 20), .hold], limits: bench.governor.limits)
    var calls: UInt64 = 0
    for index in 0..<400 {
      let now = MonotonicInstant.now()
      let before = heap_counter_calls_of_this_thread()
      bench.link.poll(roundTrips: &bench.roundTrips)
      let command = bench.governor.step(
        GovernorInput(
          now: now, lastFrame: now, lastDecision: now,
          demand: table.demand(ofClass: index / 100 % 2),
          lastAcknowledgement: bench.link.lastAcknowledgement, isLinkGone: bench.link.isGone,
          joint: bench.link.joint, signal: SignalHealth(), lastHeartbeat: nil))
      bench.link.send(command)
      _ = bench.link.outputQueueByteCount
      calls += heap_counter_calls_of_this_thread() - before
      usleep(2_000)
    }
    bench.link.sendNeutralBlocking(deadline: .now() + .seconds(5))
    #expect(calls == 0)
    let counts = bench.link.counts
    #expect(counts.acknowledged > 100)
  }

  @Test("noise makes no heap call either", arguments: 0..<2 as Range<UInt64>)
  func parser(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<500 {
      bytes += random.bytes(Int.random(in: 0..<40, using: &random))
      bytes += encoded(random.message(), sequence: 1)
    }
    var parser = FrameParser()
    var frames = 0
    let before = heap_counter_calls_of_this_thread()
    unsafe bytes.withUnsafeBytes { buffer in
      var start = 0
      while start < buffer.count {
        let end = min(start + 256, buffer.count)
        start += unsafe parser.append(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        while let frame = parser.next() { frames += frame.sequence == 1 ? 1 : 0 }
      }
    }
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
    #expect(frames >= 495)
  }
}
