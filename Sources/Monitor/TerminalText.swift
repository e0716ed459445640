// What a terminal can show: its width, and whether it knows more than ASCII.

public struct TerminalText: Sendable, Equatable {
  /// At least 40.
  public var columns: Int
  /// False for a terminal that does not speak UTF-8.
  public var isUnicode: Bool
  /// Escape sequences for colour may be used.
  public var isColoured: Bool

  public init(columns: Int = 80, isUnicode: Bool = true, isColoured: Bool = false) {
    self.columns = Swift.max(40, columns)
    self.isUnicode = isUnicode
    self.isColoured = isColoured
  }

  /// By the locale that a program of C would follow, as the environment names it.
  public static func isUnicode(environment: (String) -> String?) -> Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = environment(name), !value.isEmpty else { continue }
      let encoding = value.lowercased()
      return encoding.contains("utf-8") || encoding.contains("utf8")
    }
    return false
  }

  /// The text as it may be shown: without UTF-8 in ASCII, each character for one.
  public func shown(_ text: String) -> String {
    if isUnicode { return text }
    let replacements: [Character: String] = [
      "µ": "u", "–": "-", "—": "-", "─": "-", "·": "|", "…": ".", "→": ">", "×": "x", "≥": ">",
      "≤": "<", "−": "-", "◀": "<", "⋮": ":", "°": " ", "\u{202F}": " ", "\u{00A0}": " ", "█": "#",
    ]
    var shown = ""
    for character in text {
      if character.isASCII {
        shown.append(character)
      } else {
        shown += replacements[character] ?? "?"
      }
    }
    return shown
  }

  func red(_ text: String) -> String { isColoured ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
  func bold(_ text: String) -> String { isColoured ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}
