// Reads a configuration file and names the line of every mistake in it.

import TOMLKit

/// One mistake in a configuration.
struct ConfigurationMistake: Equatable {
  /// 1-based; nil when it is not in a file.
  var line: Int?
  var sentence: String
}

/// Reads TOML text over a configuration.
struct ConfigurationFile {
  let text: String
  private(set) var mistakes: [ConfigurationMistake] = []
  /// What it sets to something else than the default.
  private(set) var said: [Setting] = []

  init(text: String) { self.text = text }

  /// Applies every right key; what is wrong is in `mistakes` afterwards.
  mutating func apply(to configuration: inout Configuration) {
    let document: TOMLTable
    do {
      document = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      mistakes.append(.init(line: error.source.begin.line, sentence: error.description))
      return
    } catch {
      mistakes.append(.init(line: nil, sentence: "cannot be read as TOML: \(error)"))
      return
    }
    let settings = Setting.all
    for section in document.keys.sorted() {
      guard let table = document[section]?.table else {
        report(section: "", key: section, "`\(section)` belongs into a section such as [amplifier]")
        continue
      }
      guard settings.contains(where: { $0.section == section }) else {
        report(section: section, key: nil, unknown("section", section, settings.map(\.section)))
        continue
      }
      for key in table.keys.sorted() {
        apply(key, of: section, in: table, settings: settings, to: &configuration)
      }
    }
    mistakes.sort { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  private mutating func apply(
    _ key: String, of section: String, in table: TOMLTable, settings: [Setting],
    to configuration: inout Configuration
  ) {
    let siblings = settings.filter { $0.section == section }
    guard let setting = siblings.first(where: { $0.key == key }) else {
      return report(
        section: section, key: key, unknown("key", "\(section).\(key)", siblings.map(\.name)))
    }
    guard let value = table[key].flatMap(Self.value) else {
      return report(section: section, key: key, "`\(setting.name)` has a value of a wrong kind")
    }
    if let wrong = setting.write(&configuration, value) {
      report(section: section, key: key, "`\(setting.name)` \(wrong)")
    } else if setting.read(configuration) != setting.read(Configuration()) {
      said.append(setting)
    }
  }

  /// Makes a mistake of each key that means nothing to a kind of amplifier.
  mutating func reportStrangers(to kind: String) {
    for setting in said {
      guard let sentence = setting.stranger(to: kind) else { continue }
      report(section: setting.section, key: setting.key, sentence)
    }
    mistakes.sort { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  /// "acquire.toml:12".
  func place(of setting: Setting, path: String) -> String {
    Self.line(of: setting.key, in: setting.section, text: text).map { "\(path):\($0)" } ?? path
  }

  private mutating func report(section: String, key: String?, _ sentence: String) {
    mistakes.append(
      .init(line: Self.line(of: key, in: section, text: text), sentence: sentence))
  }

  private func unknown(_ what: String, _ name: String, _ known: [String]) -> String {
    let near = nearest(to: name, among: known)
    return "there is no \(what) `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? "")
  }

  private static func value(_ toml: any TOMLValueConvertible) -> SettingValue? {
    switch toml.type {
    case .string: return toml.string.map(SettingValue.string)
    case .int: return toml.int.map(SettingValue.integer)
    case .double: return toml.double.map(SettingValue.number)
    case .bool: return toml.bool.map(SettingValue.bool)
    case .array:
      guard let array = toml.array else { return nil }
      let texts = array.compactMap(\.string)
      if texts.count == array.count { return .strings(texts) }
      let wholes = array.compactMap { $0.type == .int ? $0.int : nil }
      if wholes.count == array.count { return .integers(wholes) }
      let numbers = array.compactMap { $0.double ?? $0.int.map(Double.init) }
      return numbers.count == array.count ? .numbers(numbers) : nil
    case .table, .date, .time, .dateTime: return nil
    }
  }

  /// The parser keeps no positions of keys, so the line is found in the text.
  static func line(of key: String?, in section: String, text: String) -> Int? {
    var current = ""
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      if line.first == "[" {
        current = String(line.dropFirst().prefix { $0 != "]" }.filter { $0 != " " })
        if key == nil, current == section { return index + 1 }
        continue
      }
      guard let key, let equals = line.firstIndex(of: "=") else { continue }
      let name = line[..<equals].filter { !" \t\"'".contains($0) }
      if current == section && name == key || current.isEmpty && name == "\(section).\(key)" {
        return index + 1
      }
    }
    return nil
  }
}

/// The candidate with the fewest changed letters, if it is near.
func nearest(to word: String, among candidates: [String]) -> String? {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let substituted = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
  let ranked = candidates.map { ($0, distance(Array(word), Array($0))) }.min { $0.1 < $1.1 }
  guard let (candidate, changes) = ranked, changes <= max(2, word.count / 3) else { return nil }
  return candidate
}
