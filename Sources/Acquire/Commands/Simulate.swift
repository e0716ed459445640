// acquire simulate: the other end, for whoever has no exoskeleton at hand.

import ArgumentParser
import Exoskeleton
import Monitor
import RT

extension VirtualExoskeleton.Change {
  /// "neutral at 31.4°, watchdog".
  fileprivate var line: String {
    var text = "\(state.name) at \(decimal(positionDegrees, places: 1))°"
    if faults.contains(.watchdog) { text += ", watchdog: no command came in time" }
    if faults.contains(.outOfRange) { text += ", refused a command outside of its range" }
    if faults.contains(.notArmed) { text += ", refused motion while not armed" }
    return text
  }
}

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulates a device on a pseudo terminal.",
    subcommands: [Exo.self])

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

    func run() throws {
      let exoskeleton = try explaining(.cannotCreate) { () throws(SerialFault) in
        try VirtualExoskeleton(loopHertz: loop, watchdog: watchdog.span, link: link)
      }
      Terminal.output.write("virtual exoskeleton on \(link ?? exoskeleton.path)\n")
      let stop = StopSignal()
      let start = MonotonicInstant.now()
      let thread = try RealTimeThread.start(
        ThreadSettings(name: "virtual-exo", policy: .other), workspace: exoskeleton
      ) { exoskeleton in
        exoskeleton.run(until: stop) { change in
          let seconds = decimal((MonotonicInstant.now() - start).seconds, places: 2)
          Terminal.output.write("\(seconds) s  \(change.line)\n")
        }
      }
      while StopSignals.wait(atMost: .seconds(3_600)) == nil {}
      stop.raise()
      _ = thread.join()
    }
  }
}
