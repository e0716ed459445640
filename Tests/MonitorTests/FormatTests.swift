import Foundation
import RT
import Testing

@testable import Monitor

@Suite("Numbers for people")
struct FormatTests {
  @Test(
    "a span is printed with three digits and the unit that fits",
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (9_994, "9.99 µs"), (9_996, "10.0 µs"),
      (12_345, "12.3 µs"), (123_456, "123 µs"), (4_560_000, "4.56 ms"), (1_200_000_000, "1.20 s"),
      (-12_345, "-12.3 µs"),
    ])
  func spans(nanoseconds: Int64, text: String) {
    #expect(Nanoseconds(nanoseconds).readable == text)
  }

  @Test("decimals agree with printf, but for the last digit's ties", arguments: 0...4)
  func decimals(places: Int) {
    for step in -2_000...2_000 {
      let number = Double(step) * 0.0137 + 1e-7
      let ours = decimal(number, places: places)
      let printf = String(format: "%.\(places)f", number)
      // printf writes a rounded-away minus as "-0".
      #expect(Double(ours) == Double(printf), "\(number): \(ours), printf \(printf)")
      #expect(!ours.hasPrefix("-0") || Double(ours) != 0)
    }
  }
}

@Suite("Status line")
struct StatusLineTests {
  private var status: SessionStatus {
    SessionStatus(
      elapsed: .seconds(72), frames: 18_000, lost: 2, samplesPerSecond: 250.04,
      latency: .microseconds(61), worstLatency: .microseconds(210),
      decision: ("left", 0.8231), exoskeletonState: "active", positionDegrees: 12.34,
      hindrance: "")
  }

  @Test("says time, rate, losses, latency, decision and the state of the exoskeleton")
  func everything() {
    #expect(
      status.line
        == "01:12  250.0 Hz  lost 2  edge→command 61.0 µs (worst 210 µs)  left 0.82  active 12.3°")
  }

  @Test("says what stands in the way of a decision")
  func hindrance() {
    var status = status
    status.decision = nil
    status.hindrance = "artifact"
    #expect(status.line.contains("  artifact  "))
  }

  @Test("repaints on a terminal within its width, and prints whole lines into a pipe")
  func display() {
    var terminal = StatusDisplay(isTerminal: true, columns: 30)
    let painted = terminal.show(status)
    #expect(painted.hasPrefix("\r\u{1B}[K") && !painted.contains("\n"))
    #expect(painted.count - 4 <= 29)
    #expect(terminal.say("hello") == "\r\u{1B}[Khello\n")
    #expect(terminal.finish() == "")
    var pipe = StatusDisplay(isTerminal: false, columns: 30)
    #expect(pipe.show(status) == status.line + "\n")
    #expect(pipe.finish() == "")
  }
}
