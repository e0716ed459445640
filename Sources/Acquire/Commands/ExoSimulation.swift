// The drives that `acquire exo simulate` and `acquire simulate exo` play on a pseudo-terminal.

import ArgumentParser
import Emulators
import Exoskeleton
import Monitor
import RT
import SPIShim

/// What is played.
enum SimulatedDrive: String, CaseIterable, ExpressibleByArgument {
  case framed, vesc, cubemars, odrive, dynamixel, openexo
  case compact11 = "compact-11"
  case compact12 = "compact-12"

  /// As `exoskeleton.protocol` calls it.
  fileprivate var protocolName: String {
    switch self {
    case .compact11, .compact12: "compact"
    default: rawValue
    }
  }

  /// What a host must be told besides the port, so that the joint's degrees are those of the model.
  fileprivate var settings: [String] {
    switch self {
    case .framed: []
    case .dynamixel: ["baud=1000000", "zero=180", "torque-constant=15.6"]
    // Electrical turns for one of the joint: pole pairs times gear.
    case .vesc: ["pole-pairs=210", "torque-constant=0.9"]
    case .cubemars: ["pole-pairs=189", "torque-constant=1.035"]
    case .odrive: ["gear-ratio=50"]
    case .openexo: ["openexo-angle-index=8", "openexo-torque-reading-index=1"]
    // Where the repository has them.
    case .compact11, .compact12: ["format=docs/examples/\(rawValue).toml"]
    }
  }
}

extension VirtualExoskeleton.Change {
  /// "watchdog", "moving" …, and the faults.
  fileprivate var line: String {
    var text =
      switch state {
      case .disarmed: "disarmed"
      case .armed: "armed"
      case .moving: "moving"
      case .neutral: "neutral"
      case .stopped: "stopped"
      case .watchdog: "neutral by its own watchdog: no command came in time"
      }
    if faults.contains(.outOfRange) { text += ", a command was beyond its own limits" }
    if faults.contains(.overload) { text += ", the drive could not follow" }
    if faults.contains(.sensor) { text += ", its position is not to be believed" }
    return text
  }
}

struct ExoSimulation: ParsableArguments {
  @Option(name: .customLong("protocol"), help: ArgumentHelp("What it speaks.", valueName: "kind"))
  var kind = SimulatedDrive.framed

  @Option(help: ArgumentHelp("A stable name for the port.", valueName: "path"))
  var link: String?

  @Option(help: ArgumentHelp("Rate of the firmware loop (framed).", valueName: "hertz"))
  var loop: Double?

  @Option(
    help: ArgumentHelp(
      "Lets the joint go after so long without a command (framed: 100 ms, vesc: 1 s).",
      valueName: "time"))
  var watchdog: DurationArgument?

  @Flag(help: "Lines begin with seconds since 1970 instead of seconds since the start.")
  var utc = false

  static var discussion: String {
    """
    Prints the path of its serial port and what a host must be told of it, then a line for each \
    change of its state, until Ctrl-C.
    """
  }

  func run() throws {
    if kind == .framed { try runFramed() } else { try runDrive() }
  }

  private func runFramed() throws {
    StopSignals.block()
    let exoskeleton = try explaining(.cannotCreate) { () throws(SerialFault) in
      try VirtualExoskeleton(
        loopHertz: loop ?? 100, watchdog: watchdog?.span ?? .milliseconds(100), link: link)
    }
    try explaining(.system) { () throws(SchedulingFault) in try exoskeleton.start() }
    announce("virtual exoskeleton", path: exoskeleton.path)
    follow { exoskeleton.changes.map { ($0.time, $0.line) } }
    exoskeleton.stop()
  }

  private func runDrive() throws {
    StopSignals.block()
    guard loop == nil else { throw misfit("--loop", "of the framed protocol alone") }
    let drive = try drive()
    do throws(EmulatorFault) {
      let virtual = try VirtualDrive(drive: drive, link: link)
      try virtual.start()
      announce("virtual \(drive.name)", path: virtual.path)
      follow {
        virtual.changes.map { change in
          let driven = change.isDriven ? "driven" : "free"
          return (
            change.time,
            "\(change.state), \(driven) at \(decimal(change.positionDegrees, places: 1))°"
          )
        }
      }
      virtual.stop()
    } catch {
      throw Failure(error.status, error.message)
    }
  }

  private func drive() throws(Failure) -> any Drive {
    switch kind {
    case .framed: preconditionFailure("played by another model")
    case .vesc, .cubemars:
      var options = VESCOptions(isCubeMars: kind == .cubemars)
      if let watchdog { options.timeout = watchdog.span }
      return VESCDrive(options: options)
    case .compact11, .compact12:
      return CompactDrive(
        kind == .compact11 ? .eleven : .twelve, watchdog: watchdog?.span ?? .milliseconds(200))
    case .odrive, .dynamixel, .openexo:
      guard watchdog == nil else {
        throw misfit("--watchdog", "set by its host where \(kind.rawValue) has one")
      }
    }
    do throws(EmulatorFault) {
      switch kind {
      case .odrive: return ODriveDrive()
      case .dynamixel:
        var options = DynamixelOptions()
        options.baudRate = .b1M
        return try DynamixelBus(options: options)
      default: return try OpenExoBoard()
      }
    } catch {
      throw Failure(error.status, error.message)
    }
  }

  private func misfit(_ option: String, _ reason: String) -> Failure {
    Failure(.usage, "\(option) is \(reason): leave it out")
  }

  private func announce(_ name: String, path: String) {
    let port = link ?? path
    var text = "\(name) on \(port)\n"
    if kind != .framed {
      let settings = kind.settings.map { " --set exoskeleton.\($0)" }.joined()
      text += "  acquire exo identify --port \(port) --protocol \(kind.protocolName)\(settings)\n"
    }
    Terminal.output.write(text)
  }

  /// A line for each change, until a signal comes.
  private func follow(_ changes: () -> [(time: MonotonicInstant, line: String)]) {
    let start = MonotonicInstant.now()
    let origin = Nanoseconds(shim_clock_realtime())
    var shown = 0
    while StopSignals.wait(atMost: .milliseconds(20)) == nil {
      let all = changes()
      for change in all.dropFirst(shown) {
        let elapsed = change.time - start
        // To the microsecond, so that a log can be laid beside a recording.
        let seconds = utc ? "\((origin + elapsed).seconds)" : decimal(elapsed.seconds, places: 2)
        Terminal.output.write("\(seconds) s  \(change.line)\n")
      }
      shown = all.count
    }
  }
}
