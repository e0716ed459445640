// Where a configuration comes from: file, environment, command line, and how it is shown.

extension Configuration {
  /// Where the service's configuration lies when no other file is named.
  static var systemPath: String { "/etc/acquire/acquire.toml" }

  /// Defaults < file < environment < `overrides` ("amplifier.rate=500").
  ///
  /// The system file is read only if it is there; a file that was named must be. What means nothing
  /// to the kind of amplifier must not be said.
  static func load(
    file: String?, environment: (String) -> String?, overrides: [String]
  ) throws(Failure) -> Configuration {
    var configuration = Configuration()
    var said: [SaidSetting] = []
    let path = file ?? systemPath
    let written = file == nil ? try TextFile.readIfPresent(path) : try TextFile.read(path)
    if let text = written {
      var source = ConfigurationFile(text: text)
      source.apply(to: &configuration)
      if let first = source.mistakes.first {
        let place = first.line.map { "\(path):\($0)" } ?? path
        let more = source.mistakes.count - 1
        throw Failure(
          .configuration,
          "\(place): \(first.sentence)"
            + (more > 0
              ? " (and \(more) more: `acquire config check \(path)` lists them)" : ""))
      }
      said = source.said.map { SaidSetting(setting: $0, place: source.place(of: $0, path: path)) }
    }
    for setting in Setting.all {
      guard let text = environment(setting.environmentVariable) else { continue }
      try configuration.set(setting, to: text, from: setting.environmentVariable)
      said.append(SaidSetting(setting: setting, place: setting.environmentVariable))
    }
    for override in overrides {
      guard let equals = override.firstIndex(of: "=") else {
        throw Failure(.usage, "--set takes KEY=VALUE, such as amplifier.rate=500, not \(override)")
      }
      let name = String(override[..<equals])
      guard let setting = Setting.all.first(where: { $0.name == name }) else {
        let near = nearest(to: name, among: Setting.all.map(\.name))
        throw Failure(
          .usage,
          "--set: there is no key `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? "")
            + "; `acquire config show` lists all")
      }
      let text = String(override[override.index(after: equals)...])
      try configuration.set(setting, to: text, from: "--set \(name)")
      said.append(SaidSetting(setting: setting, place: "--set \(name)"))
    }
    try configuration.refuseStrangers(said)
    return configuration
  }

  /// Applies the text of an environment variable or of the command line.
  mutating func set(_ setting: Setting, to text: String, from source: String) throws(Failure) {
    guard let value = setting.parse(text, like: setting.read(self)) else {
      throw Failure(.configuration, "\(source): \"\(text)\" is not \(setting.read(self).kind)")
    }
    if let wrong = setting.write(&self, value) {
      throw Failure(.configuration, "\(source): `\(setting.name)` \(wrong)")
    }
  }

  /// The annotated TOML file of this configuration.
  var annotated: String {
    var text = ""
    var section = ""
    for setting in Setting.all {
      if setting.section != section {
        section = setting.section
        text += (text.isEmpty ? "" : "\n") + "[\(section)]\n"
      }
      let choices = setting.choices.isEmpty ? "" : " (\(setting.choices.joined(separator: ", ")))"
      text += "# \(setting.help)\(choices)\n\(setting.key) = \(setting.read(self).toml)\n"
    }
    return text
  }
}

extension Setting {
  /// Reads text as a value of the same kind as the present one; nil if it is none.
  func parse(_ text: String, like present: SettingValue) -> SettingValue? {
    let items = text.split(separator: ",").map { item in
      String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    switch present {
    case .string: return .string(text)
    case .integer: return Int(text).map(SettingValue.integer)
    case .number: return Double(text).map(SettingValue.number)
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .strings: return .strings(items)
    case .integers:
      let numbers = items.compactMap { Int($0) }
      return numbers.count == items.count ? .integers(numbers) : nil
    case .numbers:
      let numbers = items.compactMap(Double.init)
      return numbers.count == items.count ? .numbers(numbers) : nil
    }
  }
}
