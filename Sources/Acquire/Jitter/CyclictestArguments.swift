// cyclictest's command line, read by getopt's rules and rewritten into words that leave no doubt.
//
// Bundles (-Smp90), values with and without a space (-i200, -i 200), values that may be missing
// (-a, -a1, -t) and shortened long options (--dur 5) are more than ArgumentParser can read. Of all
// words that come in, only `--name` and `--name=value` go out.

enum CyclictestArguments {
  /// Whether an option is followed by a value.
  enum Value: Equatable {
    case none
    case needed
    /// May be missing; then a next word that looks like a set of CPUs is its value.
    case optionalSet
    /// May be missing; then a next word of digits is its value.
    case optionalNumber
  }

  struct Option: Equatable {
    var short: Character?
    var long: String
    var value: Value

    init(_ short: Character?, _ long: String, _ value: Value) {
      self.short = short
      self.long = long
      self.value = value
    }
  }

  /// What stands for the value of an option that was given without.
  static let everything = "all"

  /// - Parameter words: what follows `acquire jitter`.
  static func rewritten(_ words: [String]) throws(Failure) -> [String] {
    var rest = words[...]
    var result: [String] = []
    while let word = rest.popFirst() {
      if word == "--" {
        guard let operand = rest.first else { break }
        throw notAnOption(operand)
      } else if word.hasPrefix("--") {
        result.append(try longOption(word, &rest))
      } else if word.hasPrefix("-"), word != "-" {
        result += try bundle(word, &rest)
      } else {
        throw notAnOption(word)
      }
    }
    return result
  }

  private static func notAnOption(_ word: String) -> Failure {
    Failure(
      .usage, "jitter takes options only, and \"\(word)\" is none: see acquire jitter --help")
  }

  /// `-Smp90`: S and m take nothing, p takes the rest of the word, or the next word.
  private static func bundle(_ word: String, _ rest: inout ArraySlice<String>) throws(Failure)
    -> [String]
  {
    var result: [String] = []
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        throw refusal("-\(letter)") { $0.short == letter }
      }
      guard option.value != .none else {
        result.append("--\(option.long)")
        continue
      }
      let attached = letters.isEmpty ? nil : String(letters)
      result.append(try valued(option, "-\(letter)", attached, &rest))
      break
    }
    return result
  }

  private static func longOption(_ word: String, _ rest: inout ArraySlice<String>) throws(Failure)
    -> String
  {
    let parts = word.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    let attached = parts.count > 1 ? String(parts[1]) : nil
    let option = try option(named: name)
    if option.value == .none {
      guard attached == nil else { throw Failure(.usage, "--\(option.long) takes no value") }
      return "--\(option.long)"
    }
    return try valued(option, "--\(option.long)", attached, &rest)
  }

  /// By its whole name, or by the beginning of it when no other begins so.
  private static func option(named name: String) throws(Failure) -> Option {
    if let exact = options.first(where: { $0.long == name }) { return exact }
    let candidates = name.isEmpty ? [] : options.filter { $0.long.hasPrefix(name) }
    if candidates.count == 1 { return candidates[0] }
    guard candidates.isEmpty else {
      let names = candidates.map { "--" + $0.long }.joined(separator: " or ")
      throw Failure(.usage, "--\(name) may be \(names): write it out")
    }
    throw refusal("--\(name)") { $0.long == name }
  }

  private static func valued(
    _ option: Option, _ typed: String, _ attached: String?, _ rest: inout ArraySlice<String>
  ) throws(Failure) -> String {
    var value = attached
    if value == nil {
      switch option.value {
      case .none: break
      case .needed:
        guard let next = rest.popFirst() else {
          throw Failure(.usage, "\(typed) needs a value: see acquire jitter --help")
        }
        value = next
      case .optionalSet:
        let isSet = rest.first?.first.map { "0123456789!".contains($0) } ?? false
        value = isSet ? rest.popFirst() : everything
      case .optionalNumber:
        let isNumber = rest.first.map { !$0.isEmpty && $0.allSatisfy("0123456789".contains) }
        value = isNumber ?? false ? rest.popFirst() : everything
      }
    }
    return "--\(option.long)=\(value ?? "")"
  }

  private static func refusal(_ typed: String, _ isIt: (Refused) -> Bool) -> Failure {
    if let known = refused.first(where: isIt) {
      return Failure(.usage, "cyclictest's \(typed) is not offered: \(known.reason)")
    }
    return Failure(.usage, "there is no option \(typed): see acquire jitter --help")
  }
}
