// acquire exo measure: how long the line and the firmware take.

import ArgumentParser
import Exoskeleton
import Monitor
import RT

extension ExoCommand {
  struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures round trip, time on the wire and the firmware's response.",
      discussion: """
        First at rest, disarmed: commands that move nothing, one each control period. Then small \
        steps to and fro, with the governor and the dead-man of `acquire exo jog`; --step 0 leaves \
        them out.

        EXAMPLES
          acquire exo measure --port /dev/ttyUSB0
          acquire exo measure --port /dev/ttyUSB0 --count 2000 --step 0 --json
        """)

    @OptionGroup var drive: DriveOptions

    @Option(help: ArgumentHelp("Commands at rest.", valueName: "count"))
    var count = 500

    @Option(help: ArgumentHelp("Size of a step, 0.5 to 10; 0: none.", valueName: "degrees"))
    var step = 2.0

    @Option(help: ArgumentHelp("How many steps.", valueName: "count"))
    var steps = 6

    @Flag(help: "Moves without a key being pressed: nobody can come to harm.")
    var yesMove = false

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
      guard (10...100_000).contains(count) else {
        throw ValidationError("--count must lie in 10…100000, not be \(count)")
      }
      guard step == 0 || (0.5...10).contains(step) else {
        throw ValidationError("--step must be 0 or 0.5…10 degrees, not \(step)")
      }
      guard (2...200).contains(steps) else {
        throw ValidationError("--steps must lie in 2…200, not be \(steps)")
      }
    }

    func run() throws {
      let configuration = try drive.configuration()
      let limits = try configuration.exoskeleton.limits()
      let kind = configuration.exoskeleton.driveProtocol
      guard step == 0 || DriveKind(rawValue: kind)?.leads(by: .position) != false else {
        throw Failure(
          .usage, "the protocol \(kind) carries no positions to step to and fro: say --step 0")
      }
      StopSignals.block(emergency: true)
      // Without motion nobody need permit anything.
      var hands = try Hands(isScript: yesMove || step == 0)
      var motion = try ExoMotion.begin(
        configuration, mode: step > 0 ? .position : nil, watchesQueue: true)
      let name = motion.name
      let refusal = motion.refusal
      var failure = rest(&motion, limits)
      if failure == nil, step > 0 { failure = move(&motion, &hands, limits) }
      let ended = motion.finish()
      try ended.check(failure, name: name)
      let page = MeasurementPage(ended.loop, name: name, bestEffort: refusal)
      Terminal.output.write(json ? page.json.line + "\n" : page.text)
    }

    /// Until so many have been acknowledged, or twice their time is over.
    private func rest(_ motion: inout ExoMotion, _ limits: GovernorLimits) -> Failure? {
      let deadline =
        MonotonicInstant.now() + limits.controlPeriod * Int64(2 * count) + .seconds(5)
      while motion.newest.restTrips < UInt64(count) {
        switch StopSignals.hear(atMost: .milliseconds(20)) {
        case .ending: return Failure(.unavailable, "interrupted before it was measured")
        case .emergency: motion.panel.stop(.signal)
        case nil: break
        }
        if let failure = motion.look() { return failure }
        guard MonotonicInstant.now() < deadline else {
          return Failure(
            .unavailable,
            "\(motion.name) acknowledged \(motion.newest.restTrips) of "
              + "\(motion.newest.links.commands) commands: check the cable")
        }
      }
      return nil
    }

    private func move(
      _ motion: inout ExoMotion, _ hands: inout Hands, _ limits: GovernorLimits
    ) -> Failure? {
      guard let base = motion.newest.joint?.positionDegrees else {
        return Failure(.unavailable, "\(motion.name) does not tell where its joint is")
      }
      let home = min(max(base, limits.positionMinimum), limits.positionMaximum)
      let away = home + step <= limits.positionMaximum ? home + step : home - step
      guard away >= limits.positionMinimum else {
        return Failure(
          .usage, "--step \(step) does not fit the position limits: choose a smaller one")
      }
      // Rested long enough that what moves is the step.
      var jog = JogWatch(hold: limits.controlPeriod * Int64(2 * MotionResponse.settlingCount))
      var display = StatusDisplay(
        isTerminal: Terminal.error.isTerminal, columns: Terminal.error.columns)
      let targets = (0...steps).map { Demand.moveTo(degrees: $0 % 2 == 0 ? home : away) }
      let terminal = Terminal.error.isTerminal ? Terminal.error : nil
      let failure = jog.run(targets, &motion, &hands, &display, on: terminal)
      Terminal.error.writeIfReady(display.finish())
      if let failure { return failure }
      guard motion.newest.responses > 0 else {
        return Failure(.unavailable, "interrupted, or \(motion.name) was never seen to move")
      }
      return nil
    }
  }
}

/// What was measured, as a page and as JSON.
struct MeasurementPage {
  let name: String
  let bestEffort: String?
  let baud: UInt32
  let controlPeriod: Nanoseconds
  let rest: LatencySummary
  let restByteCount: Int
  let motion: LatencySummary
  let motionByteCount: Int
  /// Nil where the line cannot say what waits in it.
  let drained: LatencySummary?
  let queuedMost: Int
  let lag: LatencySummary
  let whole: LatencySummary
  let links: LinkCounts

  init(_ loop: borrowing MotionLoop, name: String, bestEffort: String?) {
    self.name = name
    self.bestEffort = bestEffort
    baud = loop.link.port.baud
    controlPeriod = loop.governor.limits.controlPeriod
    rest = loop.restTrips.summary
    restByteCount = loop.restByteCount
    motion = loop.motionTrips.summary
    motionByteCount = loop.motionByteCount
    drained = loop.hasQueue ? loop.drained.summary : nil
    queuedMost = loop.queuedMost
    lag = loop.response.lag.summary
    whole = loop.response.whole.summary
    links = loop.report.links
  }

  /// Ten bits a byte.
  private static func wire(_ byteCount: Int, at baud: UInt32) -> Nanoseconds {
    Nanoseconds((Int64(byteCount) * 10_000_000_000 + Int64(baud) - 1) / Int64(baud))
  }

  private static var otherBauds: [UInt32] { [460_800, 921_600] }

  var text: String {
    var text = ""
    if let bestEffort { text += "BEST EFFORT, not real time: \(bestEffort)\n" }
    text += "\(name), \(baud) baud, a command every \(controlPeriod.readable)\n\n"
    text += row(["", "count", "min", "median", "p99", "max"])
    text += row("round trip at rest", rest)
    if motion.count > 0 { text += row("round trip in motion", motion) }
    if let drained { text += row("handed over → line empty", drained) }
    if lag.count > 0 {
      text += row("setpoint gone 0.1° → joint", lag)
      text += row("first command → joint gone", whole)
    }
    text += "\n" + row(["on the wire", "bytes", "\(baud)"] + Self.otherBauds.map { "\($0)" })
    text += wireRow("command at rest", restByteCount)
    if motionByteCount > 0 { text += wireRow("command of motion", motionByteCount) }
    text +=
      drained == nil
      ? "\nThe line cannot say what waits in its driver (TIOCOUTQ).\n"
      : "\nTIOCOUTQ: at most \(queuedMost) bytes in the driver right after a write.\n"
    let lost = links.unacknowledged + links.writeRefusals
    text +=
      "\(links.commands) commands, \(links.acknowledged) acknowledged, \(lost) lost, "
      + "\(links.checksumErrors) answers damaged.\n"
    if links.heldBack > 0 {
      text +=
        "\(links.heldBack) motions were held back, because the one before had not left: choose a "
        + "higher baud rate, or a longer exoskeleton.control-period.\n"
    }
    return text
  }

  private func row(_ cells: [String]) -> String {
    var line = cells[0] + String(repeating: " ", count: max(1, 28 - cells[0].count))
    for cell in cells.dropFirst() {
      line += String(repeating: " ", count: max(1, 10 - cell.count)) + cell
    }
    return line + "\n"
  }

  private func row(_ name: String, _ summary: LatencySummary) -> String {
    row(
      [name, String(summary.count)]
        + [summary.min, summary.p50, summary.p99, summary.max].map(\.readable))
  }

  private func wireRow(_ name: String, _ byteCount: Int) -> String {
    row(
      [name, String(byteCount)]
        + ([baud] + Self.otherBauds).map { Self.wire(byteCount, at: $0).readable })
  }

  var json: JSON {
    .object([
      .init("schemaVersion", .integer(1)),
      .init("exoskeleton", .string(name)),
      .init("bestEffort", .bool(bestEffort != nil)),
      .init("baud", .integer(Int64(baud))),
      .init("controlPeriodNanoseconds", .integer(controlPeriod.rawValue)),
      .init("roundTripAtRest", rest.json),
      .init("roundTripInMotion", motion.count > 0 ? motion.json : .null),
      .init("handedToLineEmpty", drained?.json ?? .null),
      .init("queuedBytesMost", drained == nil ? .null : .integer(Int64(queuedMost))),
      .init("setpointToJoint", lag.count > 0 ? lag.json : .null),
      .init("firstCommandToJoint", whole.count > 0 ? whole.json : .null),
      .init("commandAtRest", wireJSON(restByteCount)),
      .init("commandOfMotion", motionByteCount > 0 ? wireJSON(motionByteCount) : .null),
      .init("link", links.json),
    ])
  }

  private func wireJSON(_ byteCount: Int) -> JSON {
    .object(
      [.init("bytes", .integer(Int64(byteCount)))]
        + ([baud] + Self.otherBauds).map {
          .init("nanosecondsAt\($0)", .integer(Self.wire(byteCount, at: $0).rawValue))
        })
  }
}
