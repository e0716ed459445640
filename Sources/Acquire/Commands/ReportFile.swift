// A report in a file, in the form that the file's ending asks for.

import Monitor

enum ReportFile {
  /// What the endings stand for, for a help text.
  static var help: String { "Writes the closing report: .json, .html or .svg." }

  /// - Throws: the file cannot be written. Any other ending is JSON.
  static func write(_ report: SessionReport, to path: String) throws(Failure) {
    try write(report.timing, json: report.json, to: path)
  }

  /// - Parameter json: in the place of the measurement's own.
  static func write(_ report: TimingReport, json: JSON? = nil, to path: String) throws(Failure) {
    let text =
      switch path.split(separator: ".").last?.lowercased() {
      case "html", "htm": report.html
      case "svg": report.svg
      default: (json ?? report.json).page
      }
    try TextFile.write(text, to: path)
  }
}
