// Where a report goes: JSON, an HTML page or a picture, by the end of the name.

import Glibc
import Monitor
import RT

struct ReportFile: Equatable {
  enum Format: String, CaseIterable {
    case json, html, svg
  }

  let path: String
  let format: Format

  init(_ path: String) throws(Failure) {
    guard let format = Format.allCases.first(where: { path.hasSuffix("." + $0.rawValue) }) else {
      throw Failure(.usage, "--report must end in .json, .html or .svg, not be \(path)")
    }
    guard format == .json else {
      throw Failure(.usage, "--report writes .json only: pages and pictures are not there yet")
    }
    self.path = path
    self.format = format
  }

  /// Writes the whole file beside the old one and puts it in its place: whoever reads it, and
  /// whatever ends this program, finds the one or the other, never half of one.
  func write(_ report: TimingReport) throws(Failure) {
    let fresh = "\(path).\(getpid()).new"
    do throws(Failure) {
      try TextFile.write(text(of: report), to: fresh)
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

  /// The one place where a report becomes a file's text.
  private func text(of report: TimingReport) -> String {
    report.plainJSON.page
  }
}
