// `acquire exo` as an operator has it: a session runs, and somebody speaks to it.

import Foundation
import RT
import TestSupport
import Testing

@testable import Acquire

@Suite("An operator speaks to sessions", .serialized)
struct ExoOperatorTests {
  @Test("a stop stops the exoskeleton; only release and arm, both, move it again")
  func stopReleaseArm() throws {
    let bench = try ExoSessionBench()
    let exoskeleton = try bench.exoskeleton()
    let session = try bench.session(on: exoskeleton)

    let stop = try bench.exo("stop")
    #expect(stop.status == 0, "\(stop.errors)")
    #expect(stop.output.contains("session \(session.processIdentifier): stopped"))
    try exoskeleton.waitForOutput("stopped")
    try session.waitForOutput("stopped by its operator")
    let stopped = exoskeleton.output.count

    let early = try bench.exo("arm")
    #expect(early.status == 69 && early.sentence.contains("release it first"), "\(early.errors)")
    let release = try bench.exo("release")
    #expect(release.status == 0, "\(release.errors)")
    let second = try bench.exo("release")
    #expect(second.status == 69 && second.sentence.contains("nothing is stopped"))
    try exoskeleton.waitForOutput("disarmed", after: stopped)
    #expect(!exoskeleton.output.dropFirst(stopped).contains("moving"), "released, not armed")

    let arm = try bench.exo("arm")
    #expect(arm.status == 0, "\(arm.errors)")
    try exoskeleton.waitForOutput("moving", after: stopped)

    let moving = exoskeleton.output.count
    let disarm = try bench.exo("disarm")
    #expect(disarm.status == 0, "\(disarm.errors)")
    try exoskeleton.waitForOutput("disarmed", after: moving)

    let outcomes = bench.end(session)
    #expect(outcomes[0].status == 0, "\(outcomes[0].errors)")
    bench.end(exoskeleton)
    #expect(!FileManager.default.fileExists(atPath: bench.socket(of: session)))
    // What the operator did is in the recording.
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: bench.folder.path)
        .first { $0.hasSuffix(".bdf") })
    let texts = try Reading.all(bench.folder.path(file))[1].annotations.map(\.text)
    for text in ["stop by its operator", "stop released", "armed", "disarmed"] {
      #expect(texts.contains(text), "\(text) is not annotated")
    }
  }

  @Test("SIGUSR1 stops a session's exoskeleton; the session goes on")
  func signalled() throws {
    let bench = try ExoSessionBench()
    let exoskeleton = try bench.exoskeleton()
    let session = try bench.session(on: exoskeleton)
    session.send(SIGUSR1)
    try exoskeleton.waitForOutput("stopped")
    try session.waitForOutput("stopped by a signal")
    var object: [String: Any] = [:]
    // The exoskeleton's own word for it comes a little later.
    for _ in 0..<100 {
      let status = try bench.exo("status", "--json")
      try #require(status.status == 0, "\(status.errors)")
      let parsed = try JSONSerialization.jsonObject(with: Data(status.output.utf8))
      object = try #require(parsed as? [String: Any])
      if (object["joint"] as? [String: Any])?["state"] as? String == "stopped" { break }
    }
    let governor = try #require(object["governor"] as? [String: Any])
    #expect(governor["state"] as? String == "stopped")
    #expect(governor["stoppedBy"] as? String == "a signal")
    #expect((object["joint"] as? [String: Any])?["state"] as? String == "stopped")
    #expect(object["pid"] as? Int32 == session.processIdentifier)
    #expect(object["heartbeatAgeSeconds"] is NSNull)
    for member in ["link", "frames", "lost", "decision", "emergencyLineOpen", "amplifier"] {
      #expect(object[member] != nil, "\(member) is missing")
    }
    let page = try bench.exo("status")
    #expect(page.output.contains("stoppedBy: a signal") && !page.output.contains("\""))
    #expect(bench.end(session)[0].status == 0)
    bench.end(exoskeleton)
  }

  @Test("one stop stops all sessions; what moves must be told which is meant")
  func several() throws {
    let bench = try ExoSessionBench()
    let first = try bench.exoskeleton("one")
    let second = try bench.exoskeleton("two")
    let sessions = [
      try bench.session(on: first, "one"), try bench.session(on: second, "two"),
    ]
    let stop = try bench.exo("stop")
    #expect(stop.status == 0, "\(stop.errors)")
    for session in sessions {
      #expect(stop.output.contains("session \(session.processIdentifier): stopped"))
    }
    try first.waitForOutput("stopped")
    try second.waitForOutput("stopped")
    let unclear = try bench.exo("release")
    #expect(unclear.status == 64 && unclear.sentence.contains("--pid"), "\(unclear.errors)")
    let clear = try bench.exo("release", "--pid", "\(sessions[0].processIdentifier)")
    #expect(clear.status == 0, "\(clear.errors)")
    let other = try bench.exo("release", "--pid", "1")
    #expect(other.status == 69 && other.sentence.contains("no session 1"))
    for outcome in bench.end(sessions[0], sessions[1]) { #expect(outcome.status == 0) }
    bench.end(first, second)
  }

  @Test("without a session every word fails with a sentence, and left-over sockets are removed")
  func nobody() throws {
    let bench = try ExoSessionBench()
    for word in ["stop", "release", "arm", "disarm", "status", "heartbeat"] {
      let outcome = try bench.exo(word)
      #expect(outcome.status == 69)
      #expect(outcome.sentence.contains("no session") && outcome.sentence.contains("--port"))
    }
    let exoskeleton = try bench.exoskeleton()
    let session = try bench.session(on: exoskeleton)
    let path = bench.socket(of: session)
    session.send(SIGKILL)
    _ = session.finish()
    #expect(FileManager.default.fileExists(atPath: path))
    let outcome = try bench.exo("stop")
    #expect(outcome.status == 69 && outcome.sentence.contains("no session"))
    #expect(!FileManager.default.fileExists(atPath: path))
    bench.end(exoskeleton)
  }

  @Test("garbage, half lines and floods cost whoever sends them, not the session")
  func garbage() throws {
    let bench = try ExoSessionBench()
    let exoskeleton = try bench.exoskeleton()
    let session = try bench.session(on: exoskeleton)
    let path = bench.socket(of: session)

    let polite = try Visitor(path)
    polite.send("sta")
    polite.send("tus\r\nnonsense\n\nheartbeat\n")
    #expect(try polite.line().hasPrefix("{"))
    #expect(try polite.line().hasPrefix("refused: that is none of stop"))
    #expect(try polite.line().hasPrefix("refused: "))
    #expect(try polite.line() == "ok")
    // A pipe that closes behind its word has its answer all the same.
    let brief = try Visitor(path)
    brief.send("disarm\nnonsense\n")
    brief.close()
    #expect(try brief.line() == "ok disarmed, and so says the exoskeleton")
    #expect(try brief.line().hasPrefix("refused: that is none of"))
    #expect(brief.isCutOff())
    #expect(try bench.exo("arm").status == 0)

    let long = try Visitor(path)
    long.send(String(repeating: "x", count: 300))
    #expect(long.isCutOff())
    let binary = try Visitor(path)
    var random = SplitMix64(seed: 7)
    for _ in 0..<64 {
      binary.send(bytes: (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    let deaf = try Visitor(path)
    #expect(deaf.isCutOff(saying: "status\n"), "it does not read its answers")
    // More than may stay: the newest gets through all the same.
    let crowd = try (0..<20).map { _ in try Visitor(path) }
    crowd[19].send("status\n")
    #expect(try crowd[19].line().hasPrefix("{"))

    // None of them has stopped anything, and a stop gets through.
    #expect(!exoskeleton.output.contains("stopped"))
    let stop = try bench.exo("stop")
    #expect(stop.status == 0, "\(stop.errors)")
    let flood = try Visitor(path)
    for _ in 0..<2_000 { flood.send(String(repeating: "stop\n", count: 50)) }
    #expect(flood.isCutOff())
    let release = try bench.exo("release")
    #expect(release.status == 0, "\(release.errors)")
    #expect(bench.end(session)[0].status == 0)
    bench.end(exoskeleton)
  }

  @Test("a heartbeat that is asked for keeps the joint in motion, and its end is neutral, latched")
  func heartbeat() throws {
    let bench = try ExoSessionBench()
    let exoskeleton = try bench.exoskeleton()
    let session = try Program(
      [
        "run", "--allow-best-effort", "--exoskeleton", bench.folder.path("exo"), "--output",
        bench.folder.path, "--set", "exoskeleton.acknowledgement-timeout=1",
        "--set", "exoskeleton.heartbeat-timeout=2",
      ], environment: bench.environment)
    // Armed without an operator, it is neutral and stays so.
    try session.waitForOutput("no heartbeat")
    let operatorThere = try Program(
      ["exo", "heartbeat", "--every", "20ms"], environment: bench.environment)
    try operatorThere.waitForOutput("the operator is there")
    #expect(!exoskeleton.output.contains("moving"))
    #expect(try bench.exo("disarm").status == 0)
    let arm = try bench.exo("arm")
    #expect(arm.status == 0, "\(arm.errors)")
    try exoskeleton.waitForOutput("moving")
    let moving = exoskeleton.output.count
    let said = session.output.count
    #expect(bench.end(operatorThere)[0].status == 0)
    try session.waitForOutput("no heartbeat", after: said)
    try exoskeleton.waitForOutput("neutral", after: moving)
    let outcome = try bench.exo("arm")
    #expect(outcome.status == 69 && outcome.sentence.contains("no heartbeat"), "\(outcome.errors)")
    #expect(bench.end(session)[0].status == 0)
    bench.end(exoskeleton)
  }

  @Test("a session does not listen in a folder that others may write to")
  func foreignFolder() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let outcome = try Program.run(
      ["run", "--allow-best-effort", "--duration", "1s", "--output", folder.path],
      environment: ["RUNTIME_DIRECTORY": folder.path])
    #expect(outcome.status == 77 && outcome.sentence.contains(folder.path), "\(outcome.errors)")
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: FileManager.default.temporaryDirectory.path)
    #expect(throws: Failure.self) {
      _ = try ControlFolder.own { $0 == "RUNTIME_DIRECTORY" ? link : nil }
    }
    if geteuid() == 0 {
      let theirs = folder.path("theirs")
      try FileManager.default.createDirectory(atPath: theirs, withIntermediateDirectories: false)
      let result = unsafe chown(theirs, 65_534, 65_534)
      try #require(result == 0)
      #expect(throws: Failure.self) {
        _ = try ControlFolder.own { $0 == "RUNTIME_DIRECTORY" ? theirs : nil }
      }
    }
    let own = folder.path("own")
    #expect(
      try ControlFolder.own { $0 == "RUNTIME_DIRECTORY" ? own : nil } == ControlFolder(path: own))
    let mode = try FileManager.default.attributesOfItem(atPath: own)[.posixPermissions] as? Int
    #expect(mode == 0o700)
  }
}

/// A client that says what it likes.
final class Visitor {
  private let socket: LocalSocket
  private var lines = LineBuffer()
  private var received: [String] = []

  init(_ path: String) throws { socket = try LocalSocket.connect(to: path) }

  func send(_ text: String) { send(bytes: Array(text.utf8)) }

  /// Says no more, and still listens.
  func close() { shutdown(socket.descriptor, Int32(SHUT_WR)) }

  /// What finds no room is dropped; false: nobody is there any more.
  @discardableResult
  func send(bytes: [UInt8]) -> Bool {
    let sent = unsafe Glibc.send(socket.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    return sent >= 0 || errno == EAGAIN
  }

  /// Whether it is cut off while it goes on saying something, and listens to nothing.
  func isCutOff(saying text: String) -> Bool {
    let bytes = Array(text.utf8)
    for _ in 0..<60_000 {
      if !send(bytes: bytes) { return true }
      usleep(1_000)
    }
    return false
  }

  /// The next line; a minute at most, for a loaded machine.
  func line() throws -> String {
    for _ in 0..<6_000 {
      if !received.isEmpty { return received.removeFirst() }
      let read = socket.read(atMost: 4_096)
      let bytes = try #require(read, "cut off")
      let new = lines.take(bytes, lineByteCountMax: 65_536)
      received += try #require(new)
      if bytes.isEmpty { usleep(10_000) }
    }
    Issue.record("no answer")
    return ""
  }

  func isCutOff() -> Bool {
    for _ in 0..<6_000 {
      guard let bytes = socket.read(atMost: 65_536) else { return true }
      if bytes.isEmpty { usleep(10_000) }
    }
    return false
  }
}
