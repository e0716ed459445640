// acquire exo stop, release, arm, disarm, status, heartbeat: what an operator says to a session.

import ArgumentParser
import Exoskeleton
import Glibc
import Monitor
import RT

/// Which session is meant.
struct SessionChoice: ParsableArguments {
  @Option(help: ArgumentHelp("The session, when several run.", valueName: "process"))
  var pid: Int32?

  /// Says a word to one session and shows its answer.
  ///
  /// - Throws: what the session refused.
  fileprivate func say(_ word: ControlWord) throws(Failure) {
    let session = try RunningSession.meant(process: pid)
    try session.show(session.ask(word), to: word)
  }
}

extension RunningSession {
  /// - Throws: it refused, or did not answer.
  fileprivate func show(_ answer: String?, to word: ControlWord) throws(Failure) {
    guard let answer else {
      throw Failure(
        .unavailable,
        "session \(process) did not answer to \(word.rawValue): it hangs or has just ended; "
          + "`kill -USR1 \(process)` stops it by a signal, and the power can be cut")
    }
    guard answer.hasPrefix("ok") else {
      let sentence = answer.hasPrefix("refused: ") ? String(answer.dropFirst(9)) : answer
      throw Failure(.unavailable, "session \(process) refused to \(word.rawValue): \(sentence)")
    }
    let rest = answer.dropFirst(2).drop { $0 == " " }
    Terminal.output.write("session \(process): \(rest.isEmpty ? "ok" : rest)\n")
  }
}

extension ExoCommand {
  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stops every running session's exoskeleton, latched, or the one on a port.",
      discussion: """
        Ends well only when every exoskeleton that was meant has confirmed it, and nothing stood \
        in the way of finding them; --pid means one session.

        On a port the stop lasts where the drive itself keeps one: `framed`, and `compact` if its \
        format has it. The others are let go, and obey whoever speaks to them next.

        EXAMPLES
          acquire exo stop
          acquire exo stop --pid 4711
          acquire exo stop --port /dev/ttyUSB0 --protocol vesc
        """)

    @OptionGroup var choice: SessionChoice
    @OptionGroup var drive: DriveOptions

    func run() throws {
      if drive.port != nil { return try stopDrive() }
      // All of them first; only then is any answer waited for.
      let found = RunningSession.find(choice.pid, saying: .stop)
      let deadline = MonotonicInstant.now() + .seconds(4)
      // Whoever could not be reached has not confirmed.
      var failures = found.hindrances
      for session in try found.some(choice.pid) {
        do throws(Failure) {
          try session.show(session.answer(until: deadline), to: .stop)
        } catch {
          failures.append(error.sentence)
        }
      }
      guard failures.isEmpty else {
        throw Failure(.unavailable, failures.joined(separator: "; "))
      }
    }

    /// At once, without asking first who is there.
    private func stopDrive() throws {
      let section = try drive.section()
      var link = try section.unaskedLink()
      guard link.insist(on: .stop, until: [.stopped], timeout: .seconds(1)) else {
        throw Failure(
          .unavailable,
          "nothing on \(link.path) has confirmed the stop within a second: cut its power, then "
            + "check the cable, --protocol and --baud")
      }
      Terminal.output.write("\(link.path): stopped\n")
    }
  }

  struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a session's stop; its exoskeleton is disarmed then, and nothing moves.",
      discussion: """
        EXAMPLES
          acquire exo release && acquire exo arm
          acquire exo release --port /dev/ttyUSB0
        """)

    @OptionGroup var choice: SessionChoice
    @OptionGroup var drive: DriveOptions

    func run() throws {
      if drive.port == nil { return try choice.say(.release) }
      let section = try drive.section()
      var link = try section.unaskedLink()
      try explaining(.unavailable) { () throws(LinkFault) in
        _ = try link.connect(timeout: .seconds(2))
      }
      guard link.insist(on: .release, until: [.disarmed], timeout: .seconds(1)) else {
        throw Failure(
          .unavailable,
          "the exoskeleton on \(link.path) stays \(link.joint?.state.name ?? "silent"): look at "
            + "its own display")
      }
      Terminal.output.write("\(link.path): disarmed\n")
    }
  }

  struct Arm: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Arms a session's exoskeleton: from then on its decisions move it.",
      discussion: """
        EXAMPLE
          acquire exo arm --pid 4711
        """)

    @OptionGroup var choice: SessionChoice

    func run() throws { try choice.say(.arm) }
  }

  struct Disarm: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes a session's exoskeleton out of service; ends latched causes.",
      discussion: """
        EXAMPLE
          acquire exo disarm
        """)

    @OptionGroup var choice: SessionChoice

    func run() throws { try choice.say(.disarm) }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How running sessions and their exoskeletons fare, or the drive on a port.",
      discussion: """
        On a port it asks who is there and where the joint is; nothing is armed. A joint that \
        its drive drives or holds may be let go by that: see that the limb cannot fall.

        EXAMPLES
          acquire exo status
          acquire exo status --json
          acquire exo status --port /dev/ttyUSB0
        """)

    @OptionGroup var choice: SessionChoice
    @OptionGroup var drive: DriveOptions

    @Flag(help: "One JSON object for each session.")
    var json = false

    func run() throws {
      if drive.port != nil { return try showDrive() }
      let found = RunningSession.find(choice.pid)
      found.warn()
      for session in try found.some(choice.pid) {
        guard let answer = session.ask(.status), answer.hasPrefix("{") else {
          throw Failure(
            .unavailable, "session \(session.process) did not tell its status: it hangs or ends")
        }
        let text = json ? answer : answer.outline
        Terminal.output.write(text + "\n")
      }
    }

    private func showDrive() throws {
      let section = try drive.section()
      var link = try section.unaskedLink()
      let identity = try explaining(.unavailable) { () throws(LinkFault) in
        try link.connect(timeout: .seconds(2))
      }
      guard let joint = link.joint else { preconditionFailure("a link that is there has a joint") }
      Terminal.output.write(
        json
          ? JSON.object([
            .init("schemaVersion", .integer(1)), .init("port", .string(link.path)),
            .init("exoskeleton", .string(identity.name)), .init("joint", joint.json),
          ]).line + "\n"
          : "\(identity.name) on \(link.path): \(joint.text)\n")
    }
  }

  struct Heartbeat: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says to a session that its operator is there, until Ctrl-C.",
      discussion: """
        A session asks for it with exoskeleton.heartbeat-timeout; when it stays away so long the \
        exoskeleton is neutral, and stays so until it is disarmed and armed.

        EXAMPLE
          acquire exo heartbeat --every 50ms
        """)

    @OptionGroup var choice: SessionChoice

    @Option(help: ArgumentHelp("How often.", valueName: "time"))
    var every = DurationArgument(.milliseconds(50))

    func validate() throws {
      guard every.span >= .milliseconds(5), every.span <= .seconds(5) else {
        throw ValidationError("--every must lie between 5ms and 5s, not be \(every.span.readable)")
      }
    }

    func run() throws {
      StopSignals.block()
      let session = try RunningSession.meant(process: choice.pid)
      Terminal.output.write("session \(session.process): the operator is there, until Ctrl-C\n")
      while StopSignals.wait(atMost: every.span) == nil {
        guard let answer = session.ask(.heartbeat, atMost: .seconds(2)) else {
          throw Failure(.unavailable, "session \(session.process) has ended")
        }
        guard answer.hasPrefix("ok") || answer.contains("only starting") else {
          throw Failure(.unavailable, "session \(session.process): \(answer)")
        }
      }
    }
  }
}
