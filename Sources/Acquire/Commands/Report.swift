// acquire report: a measurement that was kept, as a page, a picture, or beside another one.

import ArgumentParser
import Monitor

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a timing report, or two side by side.",
    discussion: """
      Reads what `acquire jitter` and `acquire run` wrote with --report, and JSON of cyclictest \
      and jitterdebugger, too. Two reports are compared series by series; conditions that differ \
      are told.

      EXAMPLES
        acquire report before.json
        acquire report before.json after.json --html compared.html
        acquire report cyclictest.json jitter.json --svg both.svg
      """)

  @Argument(help: ArgumentHelp("A timing report in JSON.", valueName: "file"))
  var file: String

  @Argument(help: ArgumentHelp("Another one, to be compared with it.", valueName: "other"))
  var other: String?

  @Option(help: ArgumentHelp("Writes one HTML page with everything in it.", valueName: "file"))
  var html: String?

  @Option(help: ArgumentHelp("Writes the plot as SVG.", valueName: "file"))
  var svg: String?

  @Flag(help: "The report as JSON of ours, whoever wrote it.")
  var json = false

  func validate() throws {
    if json, other != nil {
      throw ValidationError("--json is for one report: two are compared by people")
    }
  }

  func run() throws {
    let first = try Self.read(file)
    guard let other else {
      try write(html: first.html, svg: first.svg)
      Terminal.output.write(json ? first.json.page : first.page(.current))
      return
    }
    let second = try Self.read(other)
    let comparison = TimingComparison(
      first, second, names: Self.shortNames(file, other))
    try write(html: comparison.html, svg: comparison.svg)
    Terminal.output.write(comparison.page(.current))
  }

  private func write(html page: String, svg picture: String) throws(Failure) {
    if let html { try TextFile.write(page, to: html) }
    if let svg { try TextFile.write(picture, to: svg) }
  }

  private static func read(_ path: String) throws(Failure) -> TimingReport {
    let bytes = try TextFile.bytes(path, atMost: JSON.byteCountMaximum)
    do throws(TimingReportFault) {
      return try TimingReport(file: bytes)
    } catch {
      throw Failure(.data, "\(path) is no timing report: \(error.message)")
    }
  }

  /// The files' names without folders, unless those are what tells them apart.
  static func shortNames(_ first: String, _ second: String) -> (first: String, second: String) {
    func last(_ path: String) -> String {
      path.split(separator: "/").last.map(String.init) ?? path
    }
    if first == second { return ("first", "second") }
    return last(first) == last(second) ? (first, second) : (last(first), last(second))
  }
}

extension TerminalText {
  /// What standard output can show; a pipe gets 80 columns and no colour.
  static var current: TerminalText {
    TerminalText(
      columns: min(Terminal.output.columns, 120),
      isUnicode: isUnicode(environment: Environment.value),
      isColoured: Terminal.output.isTerminal && Environment.value(of: "NO_COLOR") == nil)
  }
}
