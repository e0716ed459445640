// acquire exo jog: moves the joint by hand, within every limit.

import ArgumentParser
import Exoskeleton
import Monitor
import RT

extension ExoCommand {
  struct Jog: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Moves the joint through the governor, with all its limits in force.",
      discussion: """
        In a terminal nothing moves unless space is pressed every 2 seconds; q or Ctrl-C ends it. \
        A script without a terminal says --yes-move. However it ends, the joint is free and the \
        exoskeleton disarmed.

        EXAMPLES
          acquire exo jog --port /dev/ttyUSB0 --to 40,10
          acquire exo jog --port /dev/ttyUSB0 --to=-5 --hold 3
          acquire exo jog --port /dev/ttyACM0 --protocol vesc --effort 1.5 --hold 2 \\
            --set exoskeleton.torque-constant=0.9
        """)

    @OptionGroup var drive: DriveOptions

    @Option(
      parsing: .unconditionalSingleValue,
      help: ArgumentHelp("Where to, one after the other: 40 or 40,10.", valueName: "degrees"))
    var to: [String] = []

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp("Pushes with so much instead.", valueName: "newton metres"))
    var effort: Double?

    @Option(
      help: ArgumentHelp("How long at each target, or how long it pushes.", valueName: "time"))
    var hold = DurationArgument(.seconds(1))

    @Flag(help: "Moves without a key being pressed: nobody can come to harm.")
    var yesMove = false

    func validate() throws {
      guard to.isEmpty != (effort == nil) else {
        throw ValidationError("give either --to DEGREES or --effort NM")
      }
    }

    func run() throws {
      let configuration = try drive.configuration()
      let limits = try configuration.exoskeleton.limits()
      let wishes = try wishes(limits)
      let kind = configuration.exoskeleton.driveProtocol
      let mode: MotionMode = effort == nil ? .position : .effort
      if DriveKind(rawValue: kind)?.leads(by: mode) == false {
        throw Failure(
          .usage,
          mode == .effort
            ? "--effort: the protocol \(kind) carries no efforts: give --to"
            : "--to: the protocol \(kind) carries no positions: give --effort")
      }
      StopSignals.block(emergency: true)
      var hands = try Hands(isScript: yesMove)
      var motion = try ExoMotion.begin(configuration, mode: mode)
      let name = motion.name
      if let refusal = motion.refusal {
        Terminal.output.write("BEST EFFORT, not real time: \(refusal)\n")
      }
      var display = StatusDisplay(
        isTerminal: Terminal.output.isTerminal, columns: Terminal.output.columns)
      var jog = JogWatch(hold: hold.span)
      let failure = jog.run(wishes, &motion, &hands, &display)
      let ended = motion.finish()
      Terminal.output.writeIfReady(display.finish())
      try ended.check(failure, name: name)
      let joint = ended.loop.link.joint.map { ": \($0.text)" } ?? ""
      Terminal.output.write("\(name)\(joint)\n")
    }

    /// Each of them within the limits.
    private func wishes(_ limits: GovernorLimits) throws(Failure) -> [Demand] {
      if let effort {
        guard effort.magnitude <= limits.effortMaximum else {
          throw Failure(
            .usage,
            "--effort \(effort) is more than the \(limits.effortMaximum) N·m of "
              + "exoskeleton.effort-maximum: choose less")
        }
        return [.exert(newtonMetres: effort)]
      }
      var wishes: [Demand] = []
      for word in to.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
        guard let degrees = Double(word.filter { $0 != " " }) else {
          throw Failure(.usage, "--to takes degrees such as 40 or 40,10, not \"\(word)\"")
        }
        guard degrees >= limits.positionMinimum, degrees <= limits.positionMaximum else {
          throw Failure(
            .usage,
            "--to \(word) lies outside of \(limits.positionMinimum)…\(limits.positionMaximum) "
              + "degrees (exoskeleton.position-minimum, -maximum): choose a target inside")
        }
        wishes.append(.moveTo(degrees: degrees))
      }
      return wishes
    }
  }
}

/// Leads a motion from target to target, and shows it.
struct JogWatch {
  let hold: Nanoseconds
  private var nextShow = MonotonicInstant.now()
  /// What goes on, for how long: nothing may go on for ever without a person.
  private var neutralSince: MonotonicInstant?
  private var behindSince: MonotonicInstant?

  init(hold: Nanoseconds) { self.hold = hold }

  /// How near is there.
  static var toleranceDegrees: Double { 1 }
  /// How long a script waits for a joint that does not come, or is neutral.
  static var patience: Nanoseconds { .seconds(5) }

  /// - Returns: why it ended early; nil: everything was done, or a person ended it.
  mutating func run(
    _ wishes: [Demand], _ motion: inout ExoMotion, _ hands: inout Hands,
    _ display: inout StatusDisplay, on terminal: Terminal? = .output
  ) -> Failure? {
    hands.forget()
    motion.panel.arm()
    for wish in wishes {
      motion.wish.set(wish)
      var heldSince: MonotonicInstant?
      while true {
        switch StopSignals.hear(atMost: .milliseconds(10)) {
        case .ending: return nil
        case .emergency: motion.panel.stop(.signal)
        case nil: break
        }
        if !hands.renew(motion.wish) { return nil }
        if let failure = motion.look() ?? stuck(motion.newest, wish, motion.name, hands.needsKeys) {
          return failure
        }
        let now = MonotonicInstant.now()
        if isThere(motion.newest, wish) {
          let since = heldSince ?? now
          heldSince = since
          if now - since >= hold { break }
        } else {
          heldSince = nil
        }
        if let terminal, now >= nextShow {
          nextShow = now + .milliseconds(100)
          terminal.writeIfReady(
            display.paint(motion.newest.line(wish) + hands.prompt))
        }
      }
    }
    return nil
  }

  private func isThere(_ report: MotionReport, _ wish: Demand) -> Bool {
    guard report.governorState == .active, let joint = report.joint else { return false }
    guard case .moveTo(let degrees) = wish else { return true }
    return report.setpointDegrees == degrees
      && abs(joint.positionDegrees - degrees) <= Self.toleranceDegrees
  }

  private mutating func stuck(
    _ report: MotionReport, _ wish: Demand, _ name: String, _ hasPerson: Bool
  ) -> Failure? {
    let now = MonotonicInstant.now()
    if case .neutral(let causes) = report.governorState, !hasPerson {
      let since = neutralSince ?? now
      neutralSince = since
      if now - since > Self.patience {
        return Failure(.unavailable, "\(name) stays neutral: \(causes.text)")
      }
    } else {
      neutralSince = nil
    }
    guard case .moveTo(let degrees) = wish, report.governorState == .active,
      report.setpointDegrees == degrees, !isThere(report, wish)
    else {
      behindSince = nil
      return nil
    }
    let since = behindSince ?? now
    behindSince = since
    guard now - since > Self.patience else { return nil }
    let joint = report.joint.map { decimal($0.positionDegrees, places: 2) } ?? "nowhere known"
    return Failure(
      .unavailable,
      "\(name) does not come to \(degrees)°, it stands at \(joint)°: something holds it, or the "
        + "drive is too weak")
  }
}

extension MotionReport {
  /// "active  12.34° → 40.0°  28.1 °/s  1.20 N·m".
  func line(_ wish: Demand) -> String {
    var text = governorState.text
    if let joint {
      text += "  \(decimal(joint.positionDegrees, places: 2))°"
      switch wish {
      case .neutral, .hold: break
      case .moveTo(let degrees): text += " → \(decimal(degrees, places: 1))°"
      case .exert(let effort): text += " at \(decimal(effort, places: 2)) N·m"
      }
      text += "  \(decimal(joint.velocityDegreesPerSecond, places: 1)) °/s"
      if joint.effortNewtonMetres.isFinite {
        text += "  \(decimal(joint.effortNewtonMetres, places: 2)) N·m"
      }
      if !joint.faults.isEmpty { text += "  faults: " + joint.faults.words.joined(separator: ", ") }
    }
    return text
  }
}
