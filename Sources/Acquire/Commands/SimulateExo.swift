// acquire simulate exo: the other end, for whoever has no exoskeleton at hand.

import ArgumentParser
import Exoskeleton
import Monitor
import RT
import SPIShim

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

extension Simulate {
  struct Exo: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exo",
      abstract: "A virtual exoskeleton: one joint, a firmware loop, a watchdog of its own.",
      discussion: """
        Prints the path of its serial port, then a line for each change of its state, until Ctrl-C.

        EXAMPLES
          acquire simulate exo --link /tmp/exo
          acquire run --exoskeleton /tmp/exo
        """)

    @Option(help: ArgumentHelp("A stable name for the port.", valueName: "path"))
    var link: String?

    @Option(help: ArgumentHelp("Rate of the firmware loop.", valueName: "hertz"))
    var loop = 100.0

    @Option(help: ArgumentHelp("Goes neutral after so long without a command.", valueName: "time"))
    var watchdog = DurationArgument(.milliseconds(100))

    @Flag(help: "Lines begin with seconds since 1970 instead of seconds since the start.")
    var utc = false

    func run() throws {
      StopSignals.block()
      let exoskeleton = try explaining(.cannotCreate) { () throws(SerialFault) in
        try VirtualExoskeleton(loopHertz: loop, watchdog: watchdog.span, link: link)
      }
      try explaining(.system) { () throws(SchedulingFault) in try exoskeleton.start() }
      Terminal.output.write("virtual exoskeleton on \(link ?? exoskeleton.path)\n")
      let start = MonotonicInstant.now()
      let origin = Nanoseconds(shim_clock_realtime())
      var shown = 0
      while StopSignals.wait(atMost: .milliseconds(20)) == nil {
        let changes = exoskeleton.changes
        for change in changes.dropFirst(shown) {
          let elapsed = change.time - start
          // To the microsecond, so that a log can be laid beside a recording.
          let seconds =
            utc ? "\((origin + elapsed).seconds)" : decimal(elapsed.seconds, places: 2)
          Terminal.output.write("\(seconds) s  \(change.line)\n")
        }
        shown = changes.count
      }
      exoskeleton.stop()
    }
  }
}
