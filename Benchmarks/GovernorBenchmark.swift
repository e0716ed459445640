// What does the governor cost, how soon does a decision reach the driver, and how soon a stop?
//
// A virtual exoskeleton at the other end of a pseudo-terminal; the control loop on a SCHED_FIFO
// thread where that is granted. A pseudo-terminal takes bytes at once, as a UART's driver does
// whose buffer has room: what a command then needs on the wire is arithmetic (ten bits a byte) and
// is told beside it. Between two commands the same thread writes as many bytes to another such line
// and does nothing else: what of a command's time is the kernel's, and what the machine's noise.
// The emergency line is played by another thread of higher priority, which stamps the edge as the
// kernel would; between two edges it rings the same bell with nothing to do.

import Exoskeleton
import Foundation
import HeapCounter
import RT

enum GovernorBenchmark {
  static func run() {
    steps()
    guard let exoskeleton = try? VirtualExoskeleton(watchdog: .seconds(5)),
      let other = try? VirtualExoskeleton(watchdog: .seconds(5)),
      (try? exoskeleton.start()) != nil, (try? other.start()) != nil,
      let loop = try? ControlLoop(exoskeleton.path, bare: other.path)
    else {
      print("the control loop could not be assembled")
      return
    }
    // As a session runs.
    let latencyRequest = CPULatencyRequest()
    let isLocked = (try? MemoryLock.engage()) != nil
    let panel = loop.panel
    let bell = loop.bell
    let stop = StopSignal()
    guard
      let control = try? RealTimeThread.start(
        settings("control", priority: 75), workspace: loop, run: { $0.run(until: stop) })
    else { return }
    guard
      let button = try? RealTimeThread.start(
        settings("button", priority: 90), workspace: Button(panel: panel, bell: bell),
        run: { $0.press() })
    else { return }
    let isBestEffort = control.refusal != nil
    _ = button.join()
    stop.raise()
    bell.ring()
    let finished = control.join()
    exoskeleton.stop()
    other.stop()
    let policy = isBestEffort ? "best effort" : "SCHED_FIFO 75"
    print(
      "a control period of 5 ms over a pseudo-terminal, \(policy), idle states "
        + (latencyRequest.isHeld ? "held off" : "not held off") + ", memory "
        + (isLocked ? "locked" : "not locked"))
    show("decision → command handed to the driver", finished.handed)
    show("  the same bytes written, and nothing else", finished.written)
    let wire = finished.wireTime
    print("    on the wire it takes \(microseconds(wire)) more at 115200 baud")
    show("emergency edge → stop handed to the driver", finished.stopped)
    show("  the bell rung → the thread awake, and nothing else", finished.woken)
    print("  heap calls \(finished.heapCalls)\n")
  }

  private static func settings(_ name: String, priority: Int) -> ThreadSettings {
    ThreadSettings(
      name: name, policy: .fifo(priority: priority), cpu: nil, enforcement: .bestEffort)
  }

  static func microseconds(_ span: Nanoseconds) -> String {
    String(format: "%.2f µs", Double(span.rawValue) / 1000)
  }

  private static func show(_ what: String, _ histogram: borrowing LatencyHistogram) {
    let summary = histogram.summary
    print(
      "  \(what), \(summary.count)×: p50 \(microseconds(summary.p50))  "
        + "p99 \(microseconds(summary.p99))  p99.9 \(microseconds(summary.p99_9))  "
        + "max \(microseconds(summary.max))")
  }

  /// One governor that moves to and fro, its target changed now and then.
  private static func steps() {
    guard let limits = try? GovernorLimits() else { return }
    var governor = Governor(limits: limits)
    governor.arm()
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var motions = 0
    var position = 20.0
    let count = 2_000_000
    let heapBefore = heap_counter_calls_of_this_thread()
    let begin = MonotonicInstant.now()
    for step in 0..<count {
      now = now + .milliseconds(20)
      let command = governor.step(
        GovernorInput(
          now: now, lastFrame: now, lastDecision: now,
          demand: .moveTo(degrees: step / 37 % 2 == 0 ? 10 : 60), lastAcknowledgement: now,
          isLinkGone: false,
          joint: JointState(
            deviceMicroseconds: 0, positionDegrees: position, velocityDegreesPerSecond: 0,
            effortNewtonMetres: 0, state: .moving, faults: [], faultCode: 0),
          signal: SignalHealth(), lastHeartbeat: nil))
      if case .motion(let setpoint) = command {
        motions += 1
        position = setpoint.positionDegrees
      }
    }
    let span = MonotonicInstant.now() - begin
    let heapCalls = heap_counter_calls_of_this_thread() - heapBefore
    print(
      "a governor step: \(span.rawValue / Int64(count)) ns on average of \(count), \(motions) of "
        + "them motions; heap calls \(heapCalls)\n")
  }
}

/// The decoding thread's part that commands.
private struct ControlLoop: ~Copyable {
  let panel = OperatorPanel()
  let bell = Doorbell()
  var governor: Governor
  var link: ExoskeletonLink
  var handed = LatencyHistogram()
  var written = LatencyHistogram()
  var stopped = LatencyHistogram()
  var woken = LatencyHistogram()
  private var bare: SerialPort
  /// As many bytes as a motion has, of which the far end makes nothing.
  private let nothing: UnsafeMutableRawBufferPointer
  var roundTrips = LatencyHistogram()
  var heapCalls: UInt64 = 0
  var wireTime = Nanoseconds(0)
  private var period = 0
  private var lastRung = MonotonicInstant(nanoseconds: 0)

  init(_ path: String, bare: String) throws {
    let bare = try SerialPort(path: bare, baud: 115_200)
    let limits = try GovernorLimits()
    var link = ExoskeletonLink(
      port: try SerialPort(path: path, baud: 115_200), settings: DriveSettings())
    try link.connect()
    self.link = link
    self.bare = bare
    unsafe nothing = .allocate(byteCount: 17, alignment: 1)
    unsafe nothing.initializeMemory(as: UInt8.self, repeating: 0)
    governor = Governor(limits: limits)
    governor.arm()
  }

  @_noLocks @_noAllocation
  mutating func run(until stop: StopSignal) {
    let before = heap_counter_calls_of_this_thread()
    var next = MonotonicInstant.now()
    var nextBare = next + .microseconds(2_500)
    while !stop.isRaised {
      let ticket = bell.ticket()
      let now = MonotonicInstant.now()
      if let rung = panel.lastHeartbeat, rung.nanoseconds != lastRung.nanoseconds {
        woken.record(now - rung)
        lastRung = rung
      }
      if panel.isStopAsked {
        control(now)
      } else if now >= next {
        next = now + .milliseconds(5)
        link.poll(roundTrips: &roundTrips)
        control(now)
      } else if now >= nextBare {
        nextBare = next + .microseconds(2_500)
        writeBare()
      } else {
        bell.wait(ticket, until: min(next, nextBare))
      }
    }
    link.sendNeutralBlocking(deadline: .now() + .milliseconds(300))
    heapCalls = heap_counter_calls_of_this_thread() - before
  }

  @_noLocks @_noAllocation
  private mutating func writeBare() {
    let begun = MonotonicInstant.now()
    let outcome = unsafe bare.write(UnsafeRawBufferPointer(nothing))
    if case .written = outcome { written.record(.now() - begun) }
  }

  @_noLocks @_noAllocation
  private mutating func control(_ now: MonotonicInstant) {
    let asked = panel.apply(to: &governor)
    period &+= 1
    let decided = MonotonicInstant.now()
    let command = governor.step(
      GovernorInput(
        now: now, lastFrame: now, lastDecision: now,
        demand: .moveTo(degrees: period / 100 % 2 == 0 ? 20 : 50),
        lastAcknowledgement: link.lastAcknowledgement, isLinkGone: link.isGone, joint: link.joint,
        signal: SignalHealth(), lastHeartbeat: nil))
    link.send(command)
    if let opened = asked.lineOpened { stopped.record(.now() - opened) }
    if case .motion = command {
      handed.record(.now() - decided)
      wireTime = link.lastWireTime
    }
  }
}

/// Leaves the joint alone for a while, then presses the button 2000 times at odd moments, and
/// releases it each time. After the first the exoskeleton stays stopped.
private struct Button: Sendable {
  let panel: OperatorPanel
  let bell: Doorbell

  mutating func press() {
    usleep(20_000_000)
    for number in 0..<2_000 {
      usleep(UInt32(2_500 + number % 97 * 65))
      panel.beat(at: .now())
      bell.ring()
      usleep(UInt32(2_500 + number % 89 * 65))
      panel.setLine(isOpen: true, edge: .now())
      bell.ring()
      usleep(1_000)
      panel.setLine(isOpen: false)
      panel.release()
      panel.arm()
    }
  }
}
