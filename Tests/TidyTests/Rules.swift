// What may not stand in a source file. Each rule is a function from a file to its offences, so that
// the tests can show that it bites.

import Foundation

enum Rules {
  static func length(_ file: SourceFile) -> [String] {
    var offences: [String] = []
    let lines = file.lines
    if lines.count > 501 {
      offences.append(file.offence(1, "\(lines.count - 1) lines, at most 500"))
    }
    for (index, line) in lines.enumerated() where line.count > 100 {
      offences.append(file.offence(index + 1, "\(line.count) columns, at most 100"))
    }
    return offences
  }

  /// Foundation and Dispatch bring locks, heap and 40 MB; only the top floor may have them.
  static func imports(_ file: SourceFile) -> [String] {
    guard let target = file.target, target != "Acquire", file.isSwift else { return [] }
    return matches(
      of: #"^\s*(?:@\w+(?:\([^)]*\))?\s+)?(?:public |internal |package |private |fileprivate )?"#
        + #"import (?:\w+ )?(Foundation\w*|Dispatch)\b"#, in: file
    ) { "imports \($0)" }
  }

  /// Output is the program's business, and a real-time thread must never do any.
  static func printing(_ file: SourceFile) -> [String] {
    guard let target = file.target, target != "Acquire", file.isSwift else { return [] }
    return matches(of: #"(?<![\w.])(print|debugPrint|dump|NSLog)\("#, in: file) { "calls \($0)" }
  }

  /// An operating error is told to the person, never turned into a crash.
  static func crashes(_ file: SourceFile) -> [String] {
    guard file.target != nil, file.isSwift else { return [] }
    return matches(of: #"(?<!\w)(fatalError\(|try!|as!)"#, in: file) { "uses \($0)" }
  }

  static func promises(_ file: SourceFile) -> [String] {
    matches(
      of: "\\b(" + ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].joined(separator: "|")
        + ")\\b", in: file
    ) { "leaves a \($0)" }
  }

  /// Folders that exist on one machine only.
  static func places(_ file: SourceFile) -> [String] {
    let folders = ["work", "root", "home", "Users", "tmp/house"].map { "/" + $0 + "/" }
    return matches(of: #"(?<![\w./*$}])("# + folders.joined(separator: "|") + ")", in: file) {
      "names \($0), which is a place on one machine"
    }
  }

  static func names(_ file: SourceFile) -> [String] {
    let vague = ["Util", "Utils", "Helper", "Helpers", "Manager", "Common", "Base", "Misc"]
    let stem = file.name.split(separator: ".").first.map(String.init) ?? ""
    return vague.contains(where: { stem.hasSuffix($0) })
      ? [file.offence(1, "the name says nothing about its subject")] : []
  }

  /// Every function of a +RealTime file carries the oath, or its comment says why it need not:
  /// a plain generic is "checked through" its annotated caller, and what runs before or after
  /// is "not on the real-time path".
  static func oath(_ file: SourceFile) -> [String] {
    guard file.target != nil, file.name.hasSuffix("+RealTime.swift") else { return [] }
    var offences: [String] = []
    let lines = file.lines.map { $0.trimmingCharacters(in: .whitespaces) }
    let header = lines.prefix { $0.hasPrefix("//") || $0.isEmpty }.joined(separator: " ")
    if !header.contains("eal-time:") {
      offences.append(file.offence(1, "its first comment does not say `Real-time: …`"))
    }
    for (index, line) in lines.enumerated() {
      guard !line.hasPrefix("//"), line.contains(/(^|\s)func [`\w<=>+*\/-]+/) else { continue }
      // Comments and attributes directly above, and what stands before `func` on its own line.
      var above = line
      for previous in lines[..<index].reversed() {
        guard previous.hasPrefix("//") || previous.hasPrefix("@") else { break }
        above = previous + " " + above
      }
      if above.contains("@_noLocks"), above.contains("@_noAllocation") { continue }
      let words = above.lowercased().replacing("///", with: "").replacing(/\s+/, with: " ")
      if words.contains("checked through") || words.contains("not on the real-time path") {
        continue
      }
      offences.append(
        file.offence(index + 1, "a function without @_noLocks @_noAllocation: \(line)"))
    }
    return offences
  }

  /// A register nobody can look up is a number somebody invented.
  static func registers(_ file: SourceFile) -> [String] {
    guard file.path.contains("ADS1299/"), file.name.contains("Register") else { return [] }
    var offences: [String] = []
    let lines = file.lines
    for (index, line) in lines.enumerated() {
      guard line.contains(/^(public |@frozen )*(struct|enum) \w+/) else { continue }
      var comment = ""
      for previous in lines[..<index].reversed() {
        guard previous.hasPrefix("///") || previous.hasPrefix("@") else { break }
        comment = previous + comment
      }
      if !comment.contains("SBAS499") {
        offences.append(file.offence(index + 1, "no datasheet section (SBAS499 §…): \(line)"))
      }
    }
    return offences
  }

  private static func matches(
    of pattern: String, in file: SourceFile, _ sentence: (String) -> String
  ) -> [String] {
    guard let expression = try? NSRegularExpression(pattern: pattern) else {
      return ["the rule's own pattern is wrong: \(pattern)"]
    }
    var offences: [String] = []
    for (index, line) in file.lines.enumerated() {
      let text = String(line)
      let whole = NSRange(text.startIndex..., in: text)
      for match in expression.matches(in: text, range: whole) {
        guard let range = Range(match.range(at: 1), in: text) else { continue }
        offences.append(file.offence(index + 1, sentence(String(text[range]))))
      }
    }
    return offences
  }
}
