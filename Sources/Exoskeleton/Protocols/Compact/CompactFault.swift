// Why a table of compact frames is refused.

/// `message` is one sentence; `place` names the part of the table, as its file does.
public enum CompactFault: Error, Equatable, Sendable {
  /// The table cannot say what a session needs.
  case missing(place: String, what: String, remedy: String)
  case outOfRange(place: String, name: String, value: Int, lowest: Int, highest: Int)
  /// A number ends beyond its frame.
  case beyondEnd(place: String, name: String, lastByte: Int, byteCount: Int)
  case overlap(place: String, first: String, second: String, byte: Int)
  case sameCode(place: String, other: String)
  /// A reply that could be one of our own commands, come back.
  case looksLikeCommand(place: String, command: String)
  case unsuitable(place: String, name: String, reason: String)

  /// "commands.motion", "frame"; empty: the whole.
  public var place: String {
    switch self {
    case .missing(let place, _, _), .outOfRange(let place, _, _, _, _),
      .beyondEnd(let place, _, _, _), .overlap(let place, _, _, _), .sameCode(let place, _),
      .looksLikeCommand(let place, _), .unsuitable(let place, _, _):
      place
    }
  }

  /// The key in that part that is meant, where it is one.
  public var key: String? {
    switch self {
    case .outOfRange(_, let name, _, _, _), .beyondEnd(_, let name, _, _),
      .unsuitable(_, let name, _):
      name
    case .overlap(_, _, let second, _): second
    case .sameCode, .looksLikeCommand: "code"
    case .missing: nil
    }
  }

  public var message: String {
    let sentence: String
    switch self {
    case .missing(_, let what, let remedy): sentence = "there is no \(what): \(remedy)"
    case .outOfRange(_, let name, let value, let lowest, let highest):
      sentence = "`\(name)` is \(value), but must be \(lowest) to \(highest)"
    case .beyondEnd(_, let name, let lastByte, let byteCount):
      sentence =
        "`\(name)` ends with byte \(lastByte), but the frame of \(byteCount) bytes with"
        + " \(byteCount - 1): move it or lengthen the frame"
    case .overlap(_, let first, let second, let byte):
      sentence = "`\(first)` and `\(second)` both stand in byte \(byte): move one of them"
    case .sameCode(_, let other):
      sentence = "its code is that of \(other) as well: give each a code of its own"
    case .looksLikeCommand(_, let command):
      sentence =
        "it cannot be told from our own `\(command)` when a line echoes: use another start or"
        + " another code for replies"
    case .unsuitable(_, let name, let reason): sentence = "`\(name)` \(reason)"
    }
    return place.isEmpty ? sentence : "[\(place)] \(sentence)"
  }
}
