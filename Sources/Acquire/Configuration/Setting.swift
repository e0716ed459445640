// One key of the configuration: how its value is read, checked and written. The table of all keys
// is in Settings.swift.

/// A value as TOML, the environment or the command line gives it.
enum SettingValue: Equatable {
  case string(String)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  /// An empty list of any kind is `.strings([])`.
  case strings([String])
  case integers([Int])
  case numbers([Double])

  var kind: String {
    switch self {
    case .string: "text"
    case .integer: "a whole number"
    case .number: "a number"
    case .bool: "true or false"
    case .strings: "a list of texts"
    case .integers: "a list of whole numbers"
    case .numbers: "a list of numbers"
    }
  }

  /// As it stands in a TOML file.
  var toml: String {
    switch self {
    case .string(let text): Self.quoted(text)
    case .integer(let number): String(number)
    case .number(let number): number.description
    case .bool(let flag): flag ? "true" : "false"
    case .strings(let texts): "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
    case .integers(let numbers): "[" + numbers.map(String.init).joined(separator: ", ") + "]"
    case .numbers(let numbers): "[" + numbers.map(\.description).joined(separator: ", ") + "]"
    }
  }
}

extension SettingValue {
  fileprivate static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}

/// One key.
struct Setting {
  /// `section.key`.
  let name: String
  let help: String
  /// Words that are allowed; empty: any.
  let choices: [String]
  let read: (Configuration) -> SettingValue
  /// Nil when set, else what is wrong: "must be a whole number, not text".
  let write: (inout Configuration, SettingValue) -> String?

  var section: String { String(name.prefix { $0 != "." }) }
  var key: String { String(name.drop { $0 != "." }.dropFirst()) }
  /// `ACQUIRE_AMPLIFIER_SPI_DEVICE`.
  var environmentVariable: String {
    "ACQUIRE_" + name.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
  }
}

extension Setting {
  static func text(
    _ name: String, _ path: WritableKeyPath<Configuration, String>, _ help: String,
    choices: [String] = []
  ) -> Setting {
    Setting(name: name, help: help, choices: choices) {
      .string($0[keyPath: path])
    } write: { configuration, value in
      guard case .string(let text) = value else { return "must be text, not \(value.kind)" }
      guard choices.isEmpty || choices.contains(text) else {
        return "must be one of \(choices.joined(separator: ", ")), not \"\(text)\""
      }
      configuration[keyPath: path] = text
      return nil
    }
  }

  static func whole(
    _ name: String, _ path: WritableKeyPath<Configuration, Int>, _ help: String,
    in range: ClosedRange<Int>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .integer($0[keyPath: path])
    } write: { configuration, value in
      guard case .integer(let number) = value else {
        return "must be a whole number, not \(value.kind)"
      }
      guard range.contains(number) else {
        return "must lie in \(range.lowerBound)…\(range.upperBound), not be \(number)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func oneOf(
    _ name: String, _ path: WritableKeyPath<Configuration, Int>, _ help: String, _ numbers: [Int]
  ) -> Setting {
    Setting(name: name, help: help, choices: numbers.map(String.init)) {
      .integer($0[keyPath: path])
    } write: { configuration, value in
      guard case .integer(let number) = value, numbers.contains(number) else {
        let found = if case .integer(let number) = value { String(number) } else { value.kind }
        let list = numbers.map(String.init).joined(separator: ", ")
        return "must be one of \(list), not \(found)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func number(
    _ name: String, _ path: WritableKeyPath<Configuration, Double>, _ help: String,
    in range: ClosedRange<Double>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .number($0[keyPath: path])
    } write: { configuration, value in
      let number: Double
      switch value {
      case .integer(let whole): number = Double(whole)
      case .number(let real): number = real
      case .string, .bool, .strings, .integers, .numbers:
        return "must be a number, not \(value.kind)"
      }
      // A NaN is in no range.
      guard range.contains(number) else {
        return "must lie in \(range.lowerBound)…\(range.upperBound), not be \(number)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool>, _ help: String
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .bool($0[keyPath: path])
    } write: { configuration, value in
      guard case .bool(let flag) = value else {
        return "must be true or false, not \(value.kind)"
      }
      configuration[keyPath: path] = flag
      return nil
    }
  }

  static func oneOf(
    _ name: String, _ path: WritableKeyPath<Configuration, Double>, _ help: String,
    _ numbers: [Double]
  ) -> Setting {
    let words = numbers.map { $0 == $0.rounded() ? String(Int($0)) : String($0) }
    let any = number(name, path, help, in: -.infinity ... .infinity)
    return Setting(name: name, help: help, choices: words, read: any.read) { configuration, value in
      var tried = configuration
      if let wrong = any.write(&tried, value) { return wrong }
      guard numbers.contains(tried[keyPath: path]) else {
        return "must be one of \(words.joined(separator: ", ")), not \(tried[keyPath: path])"
      }
      configuration = tried
      return nil
    }
  }

  /// - Parameter choices: words that each item must be one of; empty: any.
  static func texts(
    _ name: String, _ path: WritableKeyPath<Configuration, [String]>, _ help: String,
    mayBeEmpty: Bool = false, choices: [String] = []
  ) -> Setting {
    Setting(name: name, help: help, choices: choices) {
      .strings($0[keyPath: path])
    } write: { configuration, value in
      guard case .strings(let texts) = value, mayBeEmpty || !texts.isEmpty else {
        return "must be a list of texts\(mayBeEmpty ? "" : " with at least one"), not "
          + (value == .strings([]) ? "empty" : value.kind)
      }
      if let stranger = texts.first(where: { !choices.isEmpty && !choices.contains($0) }) {
        return "must hold only \(choices.joined(separator: ", ")), not \"\(stranger)\""
      }
      configuration[keyPath: path] = texts
      return nil
    }
  }

  /// A list that may be empty.
  static func wholes(
    _ name: String, _ path: WritableKeyPath<Configuration, [Int]>, _ help: String,
    choices: [Int] = [], in range: ClosedRange<Int> = Int.min...Int.max
  ) -> Setting {
    Setting(name: name, help: help, choices: choices.map(String.init)) {
      .integers($0[keyPath: path])
    } write: { configuration, value in
      let numbers: [Int]
      switch value {
      case .integers(let list): numbers = list
      case .strings([]): numbers = []
      default: return "must be a list of whole numbers, not \(value.kind)"
      }
      for number in numbers {
        if !choices.isEmpty && !choices.contains(number) {
          return "must hold only \(choices.map(String.init).joined(separator: ", ")), "
            + "not \(number)"
        }
        if !range.contains(number) {
          return "must hold numbers in \(range.lowerBound)…\(range.upperBound), not \(number)"
        }
      }
      configuration[keyPath: path] = numbers
      return nil
    }
  }

  /// Any count of numbers, each in a range; none at all is a list, too.
  static func numbers(
    _ name: String, _ path: WritableKeyPath<Configuration, [Double]>, _ help: String,
    in range: ClosedRange<Double>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .numbers($0[keyPath: path])
    } write: { configuration, value in
      let numbers: [Double]
      switch value {
      case .numbers(let list): numbers = list
      case .integers(let list): numbers = list.map(Double.init)
      case .strings([]): numbers = []
      default: return "must be a list of numbers, not \(value.kind)"
      }
      // A NaN is in no range.
      for number in numbers where !range.contains(number) {
        return "must hold numbers in \(range.lowerBound)…\(range.upperBound), not \(number)"
      }
      configuration[keyPath: path] = numbers
      return nil
    }
  }

  /// Two numbers, the first the smaller.
  static func band(
    _ name: String, _ path: WritableKeyPath<Configuration, [Double]>, _ help: String
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .numbers($0[keyPath: path])
    } write: { configuration, value in
      var numbers: [Double] = []
      if case .numbers(let list) = value { numbers = list }
      if case .integers(let list) = value { numbers = list.map(Double.init) }
      guard numbers.count == 2, numbers[0] > 0, numbers[0] < numbers[1] else {
        return "must be two rising numbers such as [8.0, 30.0]"
      }
      configuration[keyPath: path] = numbers
      return nil
    }
  }
}
