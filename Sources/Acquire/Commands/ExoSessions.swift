// The sessions that run, from the other side of their control sockets.

import Glibc
import RT

/// A session that was found and is spoken to.
final class RunningSession {
  let process: Int32
  private let socket: LocalSocket
  private var lines = LineBuffer()
  private var received: [String] = []

  init(process: Int32, socket: consuming LocalSocket) {
    self.process = process
    self.socket = socket
  }

  /// Every session of this user's; sockets of sessions that are no more are removed.
  ///
  /// - Returns: also what stood in the way of looking, a sentence each.
  static func all() -> (sessions: [RunningSession], hindrances: [String]) {
    var sessions: [RunningSession] = []
    var hindrances: [String] = []
    for folder in ControlFolder.candidates(environment: Environment.value) + ControlFolder.services
    {
      do throws(Failure) {
        for process in try folder.processes() {
          guard !sessions.contains(where: { $0.process == process }) else { continue }
          let path = folder.socket(of: process)
          do throws(LocalSocket.Refusal) {
            let socket = try patiently(path)
            sessions.append(RunningSession(process: process, socket: socket))
          } catch {
            switch error {
            case .nobody: unsafe unlink(path)
            case .crowded:
              hindrances.append("session \(process) (\(path)) is spoken to by too many others")
            case .other(let errno):
              hindrances.append(
                "session \(process) (\(path)) cannot be spoken to: \(describe(errno: errno))")
            }
          }
        }
      } catch {
        hindrances.append(error.sentence)
      }
    }
    return (sessions, hindrances)
  }

  /// Waits for its turn, a second at most.
  private static func patiently(_ path: String) throws(LocalSocket.Refusal) -> LocalSocket {
    for _ in 0..<100 {
      do throws(LocalSocket.Refusal) {
        return try LocalSocket.connect(to: path)
      } catch {
        guard error == .crowded else { throw error }
        usleep(10_000)
      }
    }
    throw .crowded
  }

  /// Those that are meant: all, or the one that was named.
  ///
  /// - Throws: there is none, or there are several and one must be named.
  static func meant(process: Int32?, severalAllowed: Bool) throws(Failure) -> [RunningSession] {
    let (all, hindrances) = all()
    let sessions = process.map { process in all.filter { $0.process == process } } ?? all
    guard !sessions.isEmpty else {
      let what = process.map { "no session \($0) commands an exoskeleton" }
      throw Failure(
        .unavailable,
        ([what ?? "no session of this user commands an exoskeleton"] + hindrances)
          .joined(separator: "; ")
          + ": start one with `acquire run`, or name a drive that no session holds by --port")
    }
    guard severalAllowed || sessions.count == 1 else {
      let numbers = sessions.map { String($0.process) }.joined(separator: ", ")
      throw Failure(.usage, "several sessions run (\(numbers)): name one by --pid")
    }
    for hindrance in hindrances { Terminal.error.write("acquire: \(hindrance)\n") }
    return sessions
  }

  /// False: it has ended.
  func say(_ word: ControlWord) -> Bool { socket.write(line: word.rawValue) }

  /// The next answer; nil: it has ended, or said nothing until the deadline.
  func answer(until deadline: MonotonicInstant) -> String? {
    while received.isEmpty {
      let rest = deadline - .now()
      guard rest > .zero else { return nil }
      var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&entry, 1, Int32(clamping: Int64(rest.milliseconds) + 1))
      // A status is longer than what may be said to a session.
      guard let bytes = socket.read(atMost: 4_096),
        let new = lines.take(bytes, lineByteCountMax: 65_536)
      else { return nil }
      received += new
    }
    return received.removeFirst()
  }

  /// Says one word and waits for its answer.
  func ask(_ word: ControlWord, atMost span: Nanoseconds = .seconds(4)) -> String? {
    say(word) ? answer(until: .now() + span) : nil
  }
}

extension ControlFolder {
  /// Of the service that the package installs; whoever names a folder means that one alone.
  fileprivate static var services: [ControlFolder] {
    Environment.value(of: "RUNTIME_DIRECTORY") == nil ? [ControlFolder(path: "/run/acquire")] : []
  }
}
