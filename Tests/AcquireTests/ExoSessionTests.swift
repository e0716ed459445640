// `acquire exo stop` among sockets that do not answer as a session would.

import Exoskeleton
import Foundation
import RT
import Signal
import TestSupport
import Testing

@testable import Acquire

@Suite("A stop among sockets of other sorts", .serialized)
struct ExoSessionTests {
  @Test("nobody is believed in a folder that others may write to")
  func stranger() throws {
    let bench = try ExoSessionBench()
    let stranger = try Listener(bench, process: 1)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: bench.runtime)
    for word in ["stop", "arm", "status"] {
      let outcome = try bench.exo(word)
      #expect(outcome.status == 69 && outcome.output.isEmpty)
      #expect(outcome.sentence.contains("\(bench.runtime) can be written by other users"))
    }
    #expect(stranger.next() == nil, "it was spoken to")
  }

  @Test("a session that cannot be reached holds up no other's stop, and is none that has stopped")
  func crowded() throws {
    let bench = try ExoSessionBench()
    let crowded = try Listener(bench, process: 1)
    let good = try Listener(bench, process: 2)
    let crowd = try crowded.fill()

    let stop = try Program(["exo", "stop"], environment: bench.environment)
    try good.answer("stop", "ok stopped, and so says the exoskeleton")
    let outcome = stop.finish()
    #expect(outcome.status == 69)
    #expect(outcome.output == "session 2: stopped, and so says the exoskeleton\n")
    #expect(outcome.sentence.contains("session 1 ("))
    #expect(outcome.sentence.contains("too many others"))
    // Whether it is the one that is meant nobody knows.
    let arm = try bench.exo("arm")
    #expect(arm.status == 64 && arm.sentence.contains("several sessions run (2, 1)"))

    // Named, the other is nobody's concern.
    let named = try Program(["exo", "stop", "--pid", "2"], environment: bench.environment)
    try good.answer("stop", "ok stopped")
    #expect(named.finish().status == 0)
    withExtendedLifetime(crowd) {}
  }

  @Test("a crowded session is told to stop as soon as there is room, after all the others")
  func roomLater() throws {
    let bench = try ExoSessionBench()
    let crowded = try Listener(bench, process: 1)
    let good = try Listener(bench, process: 2)
    var crowd = try crowded.fill()
    let stop = try Program(["exo", "stop"], environment: bench.environment)
    // There is room only when the other has heard its stop.
    try good.answer("stop", "ok stopped")
    crowd.removeAll()
    try crowded.answer("stop", "ok stopped")
    let outcome = stop.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "session 2: stopped\nsession 1: stopped\n")
  }
}

@Suite("What a session hears on its socket")
struct ControlSocketTests {
  @Test("a heartbeat behind an arm that lasts counts when it is heard, not when it is answered")
  func heartbeatBehindArm() throws {
    let folder = try TemporaryFolder()
    let panel = OperatorPanel()
    let socket = try ControlSocket(
      folder: ControlFolder(path: folder.path), panel: panel, bell: Doorbell())
    defer { socket.finish() }
    var snapshot = StatusSnapshot(sampleRate: SampleRateEstimate(nominal: 250))
    socket.board.post(snapshot)
    socket.board.begin(
      ControlIdentity(amplifier: "", exoskeleton: "", classNames: [], started: .now()))
    let visitor = try Visitor(socket.path)
    visitor.send("arm\nheartbeat\n")
    for _ in 0..<6_000 where panel.lastHeartbeat == nil { usleep(10_000) }
    #expect(panel.lastHeartbeat != nil)
    // Only then is the arming done.
    snapshot.governorState = .active
    snapshot.time = .now()
    socket.board.post(snapshot)
    #expect(try visitor.line() == "ok armed")
    #expect(try visitor.line() == "ok")
  }
}

/// Listens as a session does, and answers what it is told to.
private final class Listener {
  /// A client of it, or somebody who only takes up room.
  final class Client {
    let socket: LocalSocket
    init(_ socket: consuming LocalSocket) { self.socket = socket }
  }

  private let path: String
  private let socket: LocalSocket
  /// Answered ones stay connected, as they do at a session.
  private var answered: [Client] = []

  init(_ bench: ExoSessionBench, process: Int32) throws {
    try FileManager.default.createDirectory(
      atPath: bench.runtime, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    path = "\(bench.runtime)/acquire-\(process).sock"
    socket = try LocalSocket.listen(at: path)
  }

  func next() -> Client? {
    guard let accepted = socket.accept() else { return nil }
    return Client(accepted)
  }

  /// Until nobody else finds room.
  func fill() throws -> [Client] {
    var crowd: [Client] = []
    for _ in 0..<10_000 {
      do throws(LocalSocket.Refusal) {
        crowd.append(Client(try LocalSocket.connect(to: path)))
      } catch {
        try #require(error == .crowded)
        return crowd
      }
    }
    Issue.record("there is always room")
    return crowd
  }

  /// Answers the next who says a word; a minute at most, for a loaded machine.
  func answer(_ word: String, _ answer: String) throws {
    var waiting: [Client] = []
    for _ in 0..<6_000 {
      while let client = next() { waiting.append(client) }
      for client in waiting {
        guard let bytes = client.socket.read(atMost: 256), !bytes.isEmpty else { continue }
        #expect(String(decoding: bytes, as: UTF8.self) == word + "\n")
        let isSent = client.socket.write(line: answer)
        #expect(isSent)
        answered.append(client)
        return
      }
      usleep(10_000)
    }
    Issue.record("nobody said \(word)")
  }
}
