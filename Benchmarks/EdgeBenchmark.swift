// How long after DRDY falls is the frame in the ring, beside a bare wake-up?
//
// The driver on the model, whose transfer takes no time on the wire, so that nothing has to be
// taken off; and a thread that does nothing but clock_nanosleep to absolute instants. Same rate,
// same CPU, same SCHED_FIFO priority, half a second each in turn, so that both meet the same
// machine.

import Amplifiers
import Foundation
import RT
import Signal

enum EdgeBenchmark {
  static var periodsPerRound: Int { 500 }
  static var priority: Int { 80 }

  static func run(rounds: Int) {
    var frames = LatencyHistogram()
    var wakes = LatencyHistogram()
    var (framesP50, framesP99) = (Spread(values: []), Spread(values: []))
    var (wakesP50, wakesP99) = (Spread(values: []), Spread(values: []))
    do {
      try MemoryLock.engage()
      for round in 0..<rounds {
        // Each goes first as often as the other.
        for isDriver in round % 2 == 0 ? [true, false] : [false, true] {
          let summary = isDriver ? try driver(into: &frames) : try bareWake(into: &wakes)
          if isDriver {
            framesP50.values.append(summary.p50.microseconds)
            framesP99.values.append(summary.p99.microseconds)
          } else {
            wakesP50.values.append(summary.p50.microseconds)
            wakesP99.values.append(summary.p99.microseconds)
          }
        }
      }
    } catch {
      print("edge to ring: \(error)\n")
      return
    }
    print(
      "DRDY's edge → frame in the ring, 8 channels at 1 kHz, beside clock_nanosleep, "
        + "SCHED_FIFO \(priority), \(rounds) × \(periodsPerRound) each in turn, µs")
    row("p50 of a turn", framesP50, wakesP50)
    row("p99 of a turn", framesP99, wakesP99)
    let (ours, bare) = (frames.summary, wakes.summary)
    let p99 = [ours.p99.microseconds, bare.p99.microseconds]
    print(
      String(
        format: "  p99 of all      acquire %7.2f   clock_nanosleep %7.2f   ratio %.3f\n",
        p99[0], p99[1], p99[0] / p99[1]))
  }

  private static func row(_ name: String, _ ours: Spread, _ bare: Spread) {
    print(
      "  \(name)   acquire \(ours.text("%7.2f"))   clock_nanosleep \(bare.text("%7.2f"))   "
        + String(format: "ratio %.3f", ours.median / bare.median))
  }

  private static var settings: ThreadSettings {
    ThreadSettings(
      name: "edge", policy: .fifo(priority: priority), cpu: Machine.current().allowedCPUs.last)
  }

  /// One turn of the driver.
  private static func driver(into all: inout LatencyHistogram) throws -> LatencySummary {
    var configuration = ADS1299Configuration()
    configuration.dataRate = .sps1k
    let bytes = FrameSlot.byteCount(channelCount: 8)
    // Room for all: nobody takes frames out before the end, and a late machine makes more.
    let ring = Ring(slotByteCount: bytes, capacity: 4_096)
    let recorder = Ring(slotByteCount: bytes, capacity: 4_096)
    var frames = ring.consumer
    let stop = StopSignal()
    var amplifier = ModelledADS1299(configuration: configuration, input: .testSignal)
    try amplifier.arm()
    let thread = try RealTimeThread.start(
      settings,
      workspace: Acquisition(
        amplifier: amplifier,
        sink: FrameSink(
          decoder: ring.producer, recorder: recorder.producer, decoderBell: Doorbell(),
          channelCount: 8), stop: stop)
    ) { $0.end = $0.amplifier.run(into: &$0.sink, until: $0.stop) }
    Thread.sleep(forTimeInterval: Double(periodsPerRound) / 1_000)
    stop.raise()
    let finished = thread.join()
    guard case .stopped = finished.end else { throw Unfinished() }
    var turn = LatencyHistogram()
    while let slot = frames.front() {
      let header = FrameSlot(slot).header
      turn.record(header.publishTime - header.edgeTime)
      frames.release()
    }
    all.merge(turn)
    return turn.summary
  }

  /// One turn of the bare wake-up.
  private static func bareWake(into all: inout LatencyHistogram) throws -> LatencySummary {
    let periods = periodsPerRound
    let thread = try RealTimeThread.start(settings, workspace: Sleeper()) { sleeper in
      var timer = CyclicTimer(period: .milliseconds(1))
      for _ in 0..<periods {
        let tick = timer.wait()
        sleeper.lateness.record(tick.woke - tick.scheduled)
      }
    }
    let sleeper = thread.join()
    all.merge(sleeper.lateness)
    return sleeper.lateness.summary
  }
}

private struct Unfinished: Error, CustomStringConvertible {
  var description: String { "the model's driver ended by itself" }
}

private struct Acquisition: ~Copyable {
  var amplifier: ModelledADS1299
  var sink: FrameSink
  let stop: StopSignal
  var end = AcquisitionEnd.stopped
}

private struct Sleeper: ~Copyable {
  var lateness = LatencyHistogram()
}
