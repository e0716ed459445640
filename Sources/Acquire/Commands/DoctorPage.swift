// What `acquire doctor` shows: a page for a person, an array for a program, an exit code.

import Doctor
import Monitor

struct DoctorPage {
  let findings: [Finding]
  /// What was examined, and for which session.
  let subject: String

  /// Apart from the codes of sysexits.h, which begin at 64, and from the shell's.
  var exitCode: Int32 {
    switch findings.map(\.severity).max() {
    case .error: 20
    case .warning: 10
    case .note, .ok, nil: 0
    }
  }

  // MARK: For a person

  func text(columns: Int) -> String {
    let width = max(40, min(columns, 120))
    var lines = Self.wrapped("acquire doctor: \(subject)", width, indent: 2)
    for severity in Severity.allCases.reversed() {
      let group = findings.filter { $0.severity == severity }
      if group.isEmpty { continue }
      lines += ["", Self.heading(severity)]
      for finding in group { lines += Self.lines(of: finding, width) }
    }
    lines.append("")
    lines += Self.wrapped(verdict, width, indent: 2)
    return lines.map { $0 + "\n" }.joined()
  }

  var verdict: String {
    func count(_ severity: Severity, _ word: String) -> String? {
      let count = findings.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
    }
    let notes = count(.note, "note")
    var text: String
    switch (count(.error, "error"), count(.warning, "warning")) {
    case (let errors?, let warnings):
      text = "\(errors): a session would not start, or would do what nobody wants"
      if let warnings { text += "; \(warnings)" }
    case (nil, let warnings?):
      text = "\(warnings): a session would run, and frames may be late"
    case (nil, nil): text = "nothing to change: a session would be on time as far as can be known"
    }
    if let notes { text += "; \(notes)" }
    let curable = findings.count { !$0.repairs.isEmpty }
    if curable > 0 { text += "; --fix cures \(curable) of them until the next boot (as root)" }
    return text
  }

  private static func heading(_ severity: Severity) -> String {
    switch severity {
    case .error: "ERRORS"
    case .warning: "WARNINGS"
    case .note: "NOTES"
    case .ok: "AS IT SHOULD BE"
    }
  }

  private static func mark(_ severity: Severity) -> String {
    switch severity {
    case .error: "✗"
    case .warning: "!"
    case .note: "·"
    case .ok: "✓"
    }
  }

  private static func lines(of finding: Finding, _ width: Int) -> [String] {
    var lines = wrapped(
      "\(mark(finding.severity)) \(finding.subject.title): \(finding.found)", width, indent: 2)
    if !finding.cost.isEmpty {
      lines += wrapped("    costs  \(finding.cost)", width, indent: 11)
    }
    if let cure = finding.cure {
      let able = finding.repairs.isEmpty ? "" : " [--fix]"
      lines += wrapped("    cure   \(cure)\(able)", width, indent: 11)
    }
    return lines
  }

  /// Breaks at spaces; words that are longer than a line stand out, so that they can be copied.
  static func wrapped(_ text: String, _ width: Int, indent: Int) -> [String] {
    // What the line begins with is kept as it is.
    let margin = text.prefix { $0 == " " }
    var lines: [String] = []
    var line = String(margin)
    var isEmpty = true
    for word in text.dropFirst(margin.count).split(separator: " ", omittingEmptySubsequences: false)
    {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }

  /// "governor of …: powersave → performance, until the next boot".
  static func line(of outcome: RepairOutcome) -> String {
    let command = outcome.repair.command
    let before = outcome.before ?? "?"
    if outcome.isDone {
      return "fixed: \(command)   (was \(before), is \(outcome.after ?? "?"), until the next boot)"
    }
    if outcome.isManaged {
      return "left as it is: \(command)   (is \(before)): the kernel places this interrupt itself; "
        + "`managed_irq` in isolcpus= keeps it off isolated CPUs"
    }
    if outcome.errno == 1 || outcome.errno == 13 {
      return "not allowed: \(command)   (is \(before)); as root: sudo sh -c '\(command)'"
    }
    let reason =
      outcome.errno == 0
      ? "it reads \(outcome.after ?? "nothing") afterwards" : describe(errno: outcome.errno)
    return "refused by the kernel: \(command)   (\(reason); was \(before))"
  }

  // MARK: For a program

  var json: JSON {
    .array(
      findings.map { finding in
        .object([
          .init("subject", .string(finding.subject.rawValue)),
          .init("severity", .string(finding.severity.rawValue)),
          .init("found", .string(finding.found)),
          .init("cost", .string(finding.cost)),
          .init("cure", finding.cure.map(JSON.string) ?? .null),
          .init("repairs", .array(finding.repairs.map { .string($0.command) })),
        ])
      })
  }
}
