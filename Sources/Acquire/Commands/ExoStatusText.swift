// A session's status as a person reads it: the same members as in its JSON, a line to each.

extension String {
  /// The members of one JSON object, indented, without brackets and quotes; lists stay on a line.
  var outline: String {
    var text = ""
    var depth = 0
    var isInList = false
    var isInString = false
    var isEscaped = false
    for character in self {
      if isInString {
        if isEscaped {
          text.append(character)
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isInString = false
        } else {
          text.append(character)
        }
        continue
      }
      switch character {
      case "\"": isInString = true
      case "{":
        depth += 1
        if depth > 1 { text += "\n" + String(repeating: "  ", count: depth - 1) }
      case "}": depth -= 1
      case "[": isInList = true
      case "]": isInList = false
      case ",": text += isInList ? ", " : "\n" + String(repeating: "  ", count: depth - 1)
      case ":": text += ": "
      default: text.append(character)
      }
    }
    return text
  }
}
