// The budgets of the stages: what is reported, counted, and may stop a motion.

import Monitor
import RT

extension Setting {
  static var budget: [Setting] {
    [
      stage(.edgeToWake, \.budget.edgeToWake, "conversion ready → acquisition thread awake, µs"),
      stage(.read, \.budget.read, "→ counts read"),
      stage(.ring, \.budget.ring, "handed over → taken by the decoding thread"),
      stage(.signal, \.budget.signal, "filters, gate, band power"),
      stage(.decode, \.budget.decode, "the model's decision"),
      stage(.govern, \.budget.govern, "the governor's step"),
      stage(.write, \.budget.write, "the command handed to the serial driver"),
      stage(.wire, \.budget.wire, "its last bit on the wire, by arithmetic"),
      stage(.edgeToCommand, \.budget.edgeToCommand, "edge → command handed to the driver"),
      stage(.firmware, \.budget.firmware, "command handed over → acknowledgement read"),
      .texts(
        "budget.trip", \.budget.trip, "stages over whose budget the joint is made neutral",
        mayBeEmpty: true, choices: Stage.allCases.map(\.key)),
    ]
  }

  private static func stage(
    _ stage: Stage, _ path: WritableKeyPath<Configuration, Double>, _ help: String
  ) -> Setting {
    .number("budget.\(stage.key)", path, help, in: 0...60_000_000)
  }
}

extension BudgetSection {
  /// Nil where nothing is asked.
  func limit(of stage: Stage) -> Nanoseconds? {
    let microseconds =
      switch stage {
      case .edgeToWake: edgeToWake
      case .read: read
      case .ring: ring
      case .signal: signal
      case .decode: decode
      case .govern: govern
      case .write: write
      case .wire: wire
      case .edgeToCommand: edgeToCommand
      case .firmware: firmware
      }
    return microseconds > 0 ? Nanoseconds(seconds: microseconds * 1e-6) : nil
  }
}
