// Where a report goes: JSON, an HTML page or a picture, by the end of the name.

import Glibc
import Monitor
import RT

struct ReportFile: Equatable {
  /// What the endings stand for.
  static var help: String { "Writes the report, with the machine's state: .json, .html or .svg." }

  enum Format: String, CaseIterable {
    case json, html, svg
  }

  let path: String
  let format: Format
  /// No file that can be replaced: standard output, a pipe, a terminal.
  let isStream: Bool

  /// What is no file takes JSON.
  init(_ path: String) throws(Failure) {
    self.path = path
    isStream = try Self.isStream(path)
    if isStream {
      format = .json
      return
    }
    guard let format = Format.allCases.first(where: { path.hasSuffix("." + $0.rawValue) }) else {
      throw Failure(.usage, "--report must end in .json, .html or .svg, not be \(path)")
    }
    self.format = format
  }

  /// A session's JSON says more than its times.
  func write(_ report: SessionReport) throws(Failure) {
    try write(report.timing, json: report.json)
  }

  /// Writes the whole file beside the old one and puts it in its place: whoever reads it, and
  /// whatever ends this program, finds the one or the other, never half of one.
  ///
  /// - Parameter json: in the place of the measurement's own.
  func write(_ report: TimingReport, json: JSON? = nil) throws(Failure) {
    let text = text(of: report, json: json)
    if isStream { return try TextFile.write(text, to: path) }
    let fresh = "\(path).\(getpid()).new"
    try TextFile.create(text, at: fresh)
    guard unsafe rename(fresh, path) == 0 else {
      let error = errno
      unsafe unlink(fresh)
      throw Failure(.cannotCreate, "\(path) cannot be replaced: \(describe(errno: error))")
    }
  }

  private static func isStream(_ path: String) throws(Failure) -> Bool {
    // These may lead to a file, which somebody else writes, too.
    let given = ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/"]
    if given.contains(where: { $0.hasSuffix("/") ? path.hasPrefix($0) : path == $0 }) {
      return true
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return false
    case S_IFDIR: throw Failure(.cannotCreate, "\(path) is a folder: name a file in it")
    default: return true
    }
  }

  private func text(of report: TimingReport, json: JSON?) -> String {
    switch format {
    case .json: (json ?? report.json).page
    case .html: report.html
    case .svg: report.svg
    }
  }
}
