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

  /// Every session of this user's, or the one that is named; sockets of sessions that are no more
  /// are removed.
  ///
  /// - Parameter word: said to each as soon as it is reached, before another is looked for.
  static func find(
    _ process: Int32? = nil, saying word: ControlWord? = nil,
    environment: (String) -> String? = Environment.value
  ) -> FoundSessions {
    var found = FoundSessions()
    var crowded: [(process: Int32, path: String)] = []
    for folder in ControlFolder.searched(environment: environment) {
      do throws(Failure) {
        for listener in try folder.believedProcesses() where process ?? listener == listener {
          let path = folder.socket(of: listener)
          if !found.reach(listener, path, saying: word) { crowded.append((listener, path)) }
        }
      } catch {
        found.hindrances.append(error.sentence)
      }
    }
    // Their turn comes when all the others know; three seconds for all together.
    for _ in 0..<300 where !crowded.isEmpty {
      usleep(10_000)
      crowded.removeAll { found.reach($0.process, $0.path, saying: word) }
    }
    for (process, path) in crowded {
      found.unreached.append(process)
      found.hindrances.append(
        "session \(process) (\(path)) is spoken to by too many others: "
          + "`kill -USR1 \(process)` stops it by a signal")
    }
    return found
  }

  /// The one that is meant.
  ///
  /// - Throws: there is none, or there are several and one must be named.
  static func meant(process: Int32?) throws(Failure) -> RunningSession {
    let found = find(process)
    let sessions = try found.some(process)
    // One that cannot be reached may be the one that is meant.
    let numbers = sessions.map(\.process) + found.unreached
    guard numbers.count == 1 else {
      let text = numbers.map(String.init).joined(separator: ", ")
      throw Failure(.usage, "several sessions run (\(text)): name one by --pid")
    }
    found.warn()
    return sessions[0]
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

/// Who was found, and what stood in the way.
struct FoundSessions {
  private(set) var sessions: [RunningSession] = []
  /// Processes that listen and could not be reached.
  fileprivate(set) var unreached: [Int32] = []
  /// A sentence each: behind every one of them may be a session that was not spoken to.
  fileprivate(set) var hindrances: [String] = []

  /// False: others are first.
  fileprivate mutating func reach(_ process: Int32, _ path: String, saying word: ControlWord?)
    -> Bool
  {
    do throws(LocalSocket.Refusal) {
      let session = RunningSession(process: process, socket: try LocalSocket.connect(to: path))
      // One that has ended meanwhile is found out when its answer is waited for.
      if let word { _ = session.say(word) }
      sessions.append(session)
    } catch {
      switch error {
      case .crowded: return false
      case .nobody: unsafe unlink(path)
      case .other(let errno):
        unreached.append(process)
        hindrances.append(
          "session \(process) (\(path)) cannot be spoken to: \(describe(errno: errno))")
      }
    }
    return true
  }

  /// - Throws: there is none.
  func some(_ process: Int32?) throws(Failure) -> [RunningSession] {
    guard sessions.isEmpty else { return sessions }
    let what = process.map { "no session \($0) commands an exoskeleton" }
    throw Failure(
      .unavailable,
      ([what ?? "no session of this user commands an exoskeleton"] + hindrances)
        .joined(separator: "; ")
        + ": start one with `acquire run`, or name a drive that no session holds by --port")
  }

  /// Shows what stood in the way.
  func warn() {
    for hindrance in hindrances { Terminal.error.write("acquire: \(hindrance)\n") }
  }
}
