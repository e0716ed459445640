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

  /// What is no file, such as /dev/stderr or a pipe, takes JSON.
  init(_ path: String) throws(Failure) {
    if Self.isStream(path) {
      self.path = path
      format = .json
      return
    }
    guard let format = Format.allCases.first(where: { path.hasSuffix("." + $0.rawValue) }) else {
      throw Failure(.usage, "--report must end in .json, .html or .svg, not be \(path)")
    }
    self.path = path
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
    if Self.isStream(path) { return try TextFile.write(text(of: report, json: json), to: path) }
    let fresh = "\(path).\(getpid()).new"
    do throws(Failure) {
      try TextFile.write(text(of: report, json: json), to: fresh)
      let descriptor = unsafe open(fresh, O_RDONLY | O_CLOEXEC)
      if descriptor >= 0 {
        fdatasync(descriptor)
        close(descriptor)
      }
      guard unsafe rename(fresh, path) == 0 else {
        throw Failure(.cannotCreate, "\(path) cannot be replaced: \(describe(errno: errno))")
      }
    } catch {
      unsafe unlink(fresh)
      throw error
    }
  }

  private static func isStream(_ path: String) -> Bool {
    // Standard error may lead to a file, which nobody wants to see replaced.
    if path.hasPrefix("/dev/") { return true }
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
  }

  private func text(of report: TimingReport, json: JSON?) -> String {
    switch format {
    case .json: (json ?? report.json).page
    case .html: report.html
    case .svg: report.svg
    }
  }
}
