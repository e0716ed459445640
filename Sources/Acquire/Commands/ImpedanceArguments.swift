// Currents, frequencies and resistances as people write them.

import Amplifiers
import ArgumentParser

/// "6nA", "24 nA", "6uA", "24µA".
struct CurrentArgument: ExpressibleByArgument, Equatable {
  var current: ADS1299.LeadOff.Current

  init(current: ADS1299.LeadOff.Current) { self.current = current }

  init?(argument: String) {
    switch argument.filter({ $0 != " " }).lowercased() {
    case "6na": current = .nanoamperes6
    case "24na": current = .nanoamperes24
    // Two letters that look alike: micro sign and Greek mu.
    case "6ua", "6\u{B5}a", "6\u{3BC}a": current = .microamperes6
    case "24ua", "24\u{B5}a", "24\u{3BC}a": current = .microamperes24
    default: return nil
    }
  }

  var text: String {
    switch current {
    case .nanoamperes6: "6 nA"
    case .nanoamperes24: "24 nA"
    case .microamperes6: "6 µA"
    case .microamperes24: "24 µA"
    }
  }

  var defaultValueDescription: String { text }
}

/// "7.8", "31.2", "quarter".
struct CurrentFrequencyArgument: ExpressibleByArgument, Equatable {
  var frequency: ADS1299.LeadOff.Frequency

  init(frequency: ADS1299.LeadOff.Frequency) { self.frequency = frequency }

  init?(argument: String) {
    switch argument {
    case "7.8", "7.8125": frequency = .hertz8
    case "31.2", "31.25": frequency = .hertz31
    case "quarter": frequency = .quarterRate
    default: return nil
    }
  }

  var defaultValueDescription: String {
    switch frequency {
    case .direct: "none"
    case .hertz8: "7.8"
    case .hertz31: "31.2"
    case .quarterRate: "quarter"
    }
  }
}

/// "10k", "4.7 kΩ", "1M", "9980", "10kohm".
struct OhmsArgument: ExpressibleByArgument, Equatable {
  var ohms: Double

  init?(argument: String) {
    var text = argument.filter { $0 != " " }
    // Two letters that look alike: ohm sign and Greek omega.
    for unit in ["ohms", "ohm", "Ohm", "\u{2126}", "\u{3A9}"] where text.hasSuffix(unit) {
      text.removeLast(unit.count)
      break
    }
    var factor = 1.0
    switch text.last {
    case "k", "K": factor = 1e3
    case "M": factor = 1e6
    default: break
    }
    if factor != 1 { text.removeLast() }
    guard let number = Double(text), number > 0, number * factor <= 1e8 else { return nil }
    ohms = number * factor
  }
}
