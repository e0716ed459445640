// Which CPUs the two real-time threads get, and whether the second waits awake.

import RT
import Signal
import Testing

@testable import Acquire

private func machine(_ allowed: [Int], isolated: [Int] = []) -> Machine {
  var machine = Machine.current()
  machine.allowedCPUs = allowed
  machine.isolatedCPUs = isolated
  machine.usableIsolatedCPUs = isolated
  return machine
}

private func layout(
  _ machine: Machine, rate: Double = 250, change: (inout RealTimeSection) -> Void = { _ in }
) -> Pipeline.Layout {
  var section = RealTimeSection()
  change(&section)
  return Pipeline.layout(
    Montage(channels: [], samplesPerSecond: rate), machine: machine, section)
}

@Suite("The pipeline's layout")
struct PipelineTests {
  @Test("where the two threads have CPUs of their own, decoding is awake when a frame is due")
  func ownCPU() {
    let board = layout(machine([0, 1, 2, 3]))
    #expect(board.acquisitionCPU == 3 && board.decodingCPU == 2)
    #expect(board.lead == .microseconds(30))
    let isolated = layout(machine([0, 1, 2, 3], isolated: [1, 2]))
    #expect(isolated.acquisitionCPU == 2 && isolated.decodingCPU == 1)
    #expect(isolated.lead == .microseconds(30))
    // With isolcpus nobody inherits them, and they are there for this all the same.
    let kept = layout(machine([0, 1], isolated: [2, 3]))
    #expect(kept.acquisitionCPU == 3 && kept.decodingCPU == 2)
  }

  @Test("on a shared CPU decoding sleeps until it is woken, unless told otherwise")
  func sharedCPU() {
    let small = layout(machine([0, 1]))
    #expect(small.acquisitionCPU == 1 && small.decodingCPU == 1)
    #expect(small.lead == .zero)
    let told = layout(machine([0, 1])) { $0.awakeBeforeFrameMicroseconds = 100 }
    #expect(told.lead == .microseconds(100))
    let apart = layout(machine([0, 1])) { $0.decodingCPU = 0 }
    #expect(apart.lead == .microseconds(30))
    let asleep = layout(machine([0, 1, 2, 3])) { $0.awakeBeforeFrameMicroseconds = 0 }
    #expect(asleep.lead == .zero)
  }

  @Test(
    "a thread that would hardly sleep is not kept awake",
    arguments: [(250.0, 30), (4_000, 30), (8_000, 0), (16_000, 0)])
  func fast(rate: Double, microseconds: Int64) {
    #expect(layout(machine([0, 1, 2, 3]), rate: rate).lead == .microseconds(microseconds))
  }

  @Test("more than an eighth of a sample period is refused, and the most is named")
  func tooLong() throws {
    let configuration = try Configuration.load(
      file: "/dev/null", environment: { _ in nil },
      overrides: ["realtime.awake-before-frame=126"])
    let montage = Montage(channels: [], samplesPerSecond: 1_000)
    do throws(Failure) {
      _ = try SessionPlan(configuration, montage: montage)
      Issue.record("126 µs of 1000 are too many")
    } catch {
      #expect(error.sentence.contains("125 µs is the most"))
    }
  }
}
