// Text within SVG and HTML.

extension String {
  /// As it may stand in an element or between quotes; what XML 1.0 forbids becomes U+FFFD.
  var escapedForMarkup: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\t", "\n", "\r": text.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20, "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Cut to so many characters, with an ellipsis where something was cut.
  func cut(to width: Int) -> String {
    count <= width ? self : String(prefix(Swift.max(0, width - 1))) + "…"
  }
}

/// "1 234 567": digits in groups of three, with spaces that do not break.
func grouped(_ number: UInt64, separator: String = "\u{202F}") -> String {
  let digits = Array(String(number))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += separator }
    text.append(digit)
  }
  return text
}

/// "950", "12.3 k", "4.56 M": three digits.
func compact(_ number: UInt64) -> String {
  let value = Double(number)
  for (unit, factor) in [("", 1.0), (" k", 1e3), (" M", 1e6), (" G", 1e9)] {
    let scaled = value / factor
    if scaled < 999.5 || unit == " G" {
      let places = unit.isEmpty || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
      return decimal(scaled, places: places) + unit
    }
  }
  return String(number)
}
