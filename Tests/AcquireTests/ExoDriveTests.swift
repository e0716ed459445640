// `acquire exo` at a drive that no session holds: identify, jog, measure, stop.

import Foundation
import TestSupport
import Testing

@Suite("A drive in a person's hands", .serialized)
struct ExoDriveTests {
  /// What the link speaks and a model plays; by position all but the last.
  static let spoken = [
    "framed", "vesc", "cubemars", "odrive", "dynamixel", "compact-11", "compact-12", "openexo",
  ]
  static let ledByPosition = Array(spoken.dropLast())
  /// A machine that stands still for a moment is not what is tested here.
  private static let patience = [
    "--set", "exoskeleton.acknowledgement-timeout=2", "--set", "exoskeleton.control-period=0.05",
  ]

  /// A simulated drive, and how it is to be spoken to, as it says itself.
  private func drive(_ kind: String, _ bench: ExoSessionBench) throws -> (Program, [String]) {
    let hasWatchdog = kind == "framed" || kind.hasPrefix("compact")
    let watchdog = hasWatchdog ? ["--watchdog", "500ms"] : []
    let program = try bench.exoskeleton("exo", ["--protocol", kind] + watchdog)
    let hint = program.output.split(separator: "\n").first { $0.contains(" identify ") }
    guard let hint else { return (program, ["--port", bench.folder.path("exo")]) }
    // The examples are named from the repository's root.
    let examples = Repository.root.appendingPathComponent("docs/examples").path
    return (
      program,
      hint.split(separator: " ").dropFirst(3).map {
        $0.replacingOccurrences(of: "=docs/examples", with: "=" + examples)
      }
    )
  }

  private func exo(_ word: String, _ drive: [String], _ more: String...) throws -> Outcome {
    try Program.run(["exo", word] + drive + more)
  }

  @Test("says who it is, what it allows and where it is, and arms nothing", arguments: spoken)
  func identify(kind: String) throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive(kind, bench)
    let page = try exo("identify", drive)
    #expect(page.status == 0, "\(page.errors)")
    let name = kind.hasPrefix("compact") ? "compact" : kind
    for word in ["name", "firmware", "\(name) on", "watchdog", "joint now   disarmed at 10.0"] {
      #expect(page.output.contains(word), "\(page.output)")
    }
    let json = try exo("identify", drive, "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let joint = try #require(object["joint"] as? [String: Any])
    let degrees = try #require(joint["positionDegrees"] as? Double)
    // The finest counts of these drives are those of a Dynamixel, 4096 a turn.
    #expect(abs(degrees - 10) < 0.09)
    // Asked a second time, an ODrive says that its watchdog, which was set at the first, has
    // bitten.
    let state = try #require(joint["state"] as? String)
    #expect(state == "disarmed" || kind == "odrive" && state == "watchdog")
    #expect(object["misfit"] is NSNull)
    let wide = try exo("identify", drive, "--set", "exoskeleton.position-maximum=300")
    #expect(wide.status == 0 && wide.output.contains("! "), "\(wide.output)")
    let status = try exo("status", drive)
    #expect(status.output.contains(" at 10.0"), "\(status.output)\(status.errors)")
    bench.end(program)
    for word in ["moving", "driven"] { #expect(!program.output.contains(word)) }
  }

  @Test("jogs from target to target within the limits, and ends free", arguments: ledByPosition)
  func jog(kind: String) throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive(kind, bench)
    let outcome = try Program.run(
      ["exo", "jog"] + drive + Self.patience
        + ["--to", "14,12", "--to", "13", "--hold", "200ms", "--yes-move"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for target in ["→ 14.0°", "→ 12.0°", "→ 13.0°"] { #expect(outcome.output.contains(target)) }
    let last = try #require(outcome.output.split(separator: "\n").last)
    #expect(last.contains("disarmed at 1"), "\(last)")
    let again = try exo("identify", drive, "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
    let degrees = try #require((object["joint"] as? [String: Any])?["positionDegrees"] as? Double)
    #expect(abs(degrees - 13) < 1.5)
    bench.end(program)
  }

  @Test("what must not be is refused before anything moves, in one sentence")
  func refuses() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let cases: [(word: String, arguments: [String], status: Int32, words: [String])] = [
      ("jog", ["--to", "91", "--yes-move"], 64, ["91", "0.0…90.0", "position-minimum"]),
      ("jog", ["--to=-1", "--yes-move"], 64, ["-1", "outside"]),
      ("jog", ["--to", "-1", "--yes-move"], 64, ["-1", "outside"]),
      ("jog", ["--to", "20,up", "--yes-move"], 64, ["\"up\""]),
      ("jog", ["--to", "nan", "--yes-move"], 64, ["nan", "outside"]),
      ("jog", ["--to", "20"], 64, ["terminal", "--yes-move"]),
      ("jog", ["--effort", "2", "--yes-move"], 64, ["framed", "efforts"]),
      ("jog", ["--effort", "21", "--yes-move", "--protocol", "vesc"], 64, ["21.0", "20.0 N·m"]),
      ("measure", [], 64, ["terminal", "--yes-move"]),
      (
        "jog",
        ["--to", "20", "--yes-move", "--set", "exoskeleton.position-maximum=200"], 78,
        ["position maximum", "200.0"]
      ),
      ("identify", ["--protocol", "vesc"], 69, ["nothing answered", "cable"]),
      ("stop", ["--protocol", "vesc"], 69, ["cut its power", "--protocol"]),
      ("identify", ["--baud", "9999999999"], 78, ["exoskeleton.baud"]),
      ("identify", ["--port", "/dev/null"], 69, ["/dev/null", "no serial line"]),
      ("identify", ["--port", "none"], 64, ["--port"]),
    ]
    for mistake in cases {
      let outcome = try Program.run(["exo", mistake.word] + drive + mistake.arguments)
      #expect(outcome.status == mistake.status, "\(mistake): \(outcome.errors)")
      for word in mistake.words {
        #expect(outcome.errors.contains(word), "\(mistake): \(outcome.errors)")
      }
    }
    bench.end(program)
    #expect(!program.output.contains("moving") && !program.output.contains(" armed"))
  }

  @Test("bytes that are no frames are told apart from silence")
  func wrongBaud() throws {
    // A line on which bytes come that mean nothing.
    let script = """
      import os, pty, random, sys, time, tty
      near, far = pty.openpty()
      tty.setraw(far)
      os.set_blocking(near, False)
      print(os.ttyname(far), flush=True)
      source = random.Random(11)
      while True:
          try: os.write(near, source.randbytes(64))
          except BlockingIOError: pass
          time.sleep(0.005)
      """
    let noise = try Program([], launcher: ["python3", "-c", script])
    try noise.waitForOutput("\n")
    let path = noise.output.trimmingCharacters(in: .newlines)
    let outcome = try Program.run(["exo", "identify", "--port", path])
    noise.send(SIGKILL)
    _ = noise.finish()
    #expect(outcome.status == 69)
    #expect(outcome.sentence.contains("no frame") && outcome.sentence.contains("baud"))
    #expect(outcome.sentence.contains("115200"), "\(outcome.sentence)")
  }

  @Test(
    "measures rest and motion; its arithmetic of the wire is exact",
    arguments: ["framed", "vesc", "dynamixel", "odrive"])
  func measure(kind: String) throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive(kind, bench)
    let outcome = try Program.run(
      ["exo", "measure"] + drive + Self.patience
        + ["--count", "20", "--steps", "2", "--yes-move", "--json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let count = { (name: String) in (object[name] as? [String: Any])?["count"] as? Int ?? 0 }
    #expect(count("roundTripAtRest") >= 20)
    #expect(count("roundTripInMotion") > 0)
    #expect(count("setpointToJoint") > 0 && count("firstCommandToJoint") > 0)
    let wire = try #require(object["commandOfMotion"] as? [String: Any])
    let bytes = try #require(wire["bytes"] as? Int)
    // Framed: docs/exoskeleton-protocol.md. VESC: SET_POS of 5 bytes and GET_VALUES of 1, in
    // frames of 5 more. Dynamixel: a write of 4 bytes, in a packet of 12. ODrive: lines of text.
    let expected = ["framed": 17, "vesc": 16, "dynamixel": 16]
    if let known = expected[kind] { #expect(bytes == known) } else { #expect(bytes > 60) }
    let own = try #require(object["baud"] as? Int)
    for baud in [own, 460_800, 921_600] {
      #expect(
        wire["nanosecondsAt\(baud)"] as? Int == (bytes * 10_000_000_000 + baud - 1) / baud)
    }
    bench.end(program)

    let table = try Program.run(
      ["exo", "measure", "--port", "virtual", "--count", "10", "--step", "0"])
    #expect(table.status == 0, "\(table.errors)")
    for word in ["round trip at rest", "median", "p99", "115200", "460800", "921600", "TIOCOUTQ"] {
      #expect(table.output.contains(word), "\(table.output)")
    }
    #expect(!table.output.contains("motion"))
  }

  @Test("a stop goes out without asking who is there, and lasts until it is released")
  func stop() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let stop = try exo("stop", drive)
    #expect(stop.status == 0 && stop.output.contains("stopped"), "\(stop.errors)")
    try program.waitForOutput("stopped")
    let jog = try exo("jog", drive, "--to", "12", "--yes-move")
    #expect(jog.status == 69 && jog.sentence.contains("release"), "\(jog.errors)")
    let release = try exo("release", drive)
    #expect(release.status == 0 && release.output.contains("disarmed"), "\(release.errors)")
    bench.end(program)
    #expect(!program.output.contains("moving"))
  }

  @Test("a drive that a session holds is not taken from it")
  func held() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let session = try bench.session(on: program)
    let outcome = try exo("identify", drive)
    #expect(outcome.status == 69 && outcome.sentence.contains("leave --port out"))
    #expect(bench.end(session)[0].status == 0)
    bench.end(program)
  }

  @Test("at a terminal space alone moves it, its absence leaves it free, and q ends it")
  func deadMan() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let key = bench.folder.path("key")
    let quit = bench.folder.path("quit")
    // A person at a terminal: space while one file is there, q when the other is. What was typed
    // before it began, and other keys, permit nothing.
    let person = """
      import os, pty, subprocess, sys, time
      near, far = pty.openpty()
      os.write(near, b"   \\n   ")
      program = subprocess.Popen(sys.argv[3:], stdin=far)
      while program.poll() is None:
          os.write(near, b"x\\n")
          if os.path.exists(sys.argv[1]): os.write(near, b" ")
          if os.path.exists(sys.argv[2]): os.write(near, b"q")
          time.sleep(0.05)
      sys.exit(program.returncode)
      """
    let jog = try Program(
      ["exo", "jog"] + drive + Self.patience + ["--to", "40", "--hold", "10m"],
      launcher: ["python3", "-c", person, key, quit])
    // Armed, and neutral for want of a space.
    try program.waitForOutput("neutral")
    #expect(!program.output.contains("moving"))
    try Data().write(to: URL(fileURLWithPath: key))
    try program.waitForOutput("moving")
    try FileManager.default.removeItem(atPath: key)
    let moving = program.output.count
    try program.waitForOutput("neutral", after: moving)
    try Data().write(to: URL(fileURLWithPath: quit))
    let outcome = jog.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    try program.waitForOutput("disarmed", after: moving)
    bench.end(program)
  }

  @Test("a drive that goes away or falls silent ends the motion with a sentence")
  func unplugged() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let jog = try Program(
      ["exo", "jog"] + drive + Self.patience + ["--to", "40", "--hold", "10m", "--yes-move"])
    try program.waitForOutput("moving")
    program.send(SIGKILL)
    _ = program.finish()
    let outcome = jog.finish()
    #expect(outcome.status == 69, "\(outcome.errors)")
    #expect(outcome.sentence.contains("plug it in"), "\(outcome.sentence)")
  }

  @Test("SIGUSR1 stops what is jogged, and it stays stopped")
  func emergency() throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let jog = try Program(
      ["exo", "jog"] + drive + Self.patience + ["--to", "40", "--hold", "10m", "--yes-move"])
    try program.waitForOutput("moving")
    jog.send(SIGUSR1)
    let outcome = jog.finish()
    #expect(outcome.status == 69 && outcome.sentence.contains("stopped by a signal"))
    try program.waitForOutput("stopped")
    let status = try exo("status", drive)
    #expect(status.output.contains(": stopped at"), "\(status.output)\(status.errors)")
    bench.end(program)
  }

  @Test("Ctrl-C leaves it neutral and disarmed", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let bench = try ExoSessionBench()
    let (program, drive) = try drive("framed", bench)
    let jog = try Program(
      ["exo", "jog"] + drive + Self.patience + ["--to", "40", "--hold", "10m", "--yes-move"])
    try program.waitForOutput("moving")
    let moving = program.output.count
    jog.send(signal)
    let outcome = jog.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    try program.waitForOutput("disarmed", after: moving)
    #expect(!program.output.contains("watchdog"))
    bench.end(program)
  }
}
