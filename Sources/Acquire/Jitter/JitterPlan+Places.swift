// Whether what a run will leave can be written: asked before it begins, not hours later.

import Glibc

extension JitterPlan {
  func checkOutputPlaces() throws(Failure) {
    for path in [histogramFile, jsonFile].compactMap(\.self) {
      if unsafe access(path, F_OK) == 0 {
        try Self.check(path, of: path)
      } else {
        try Self.check(Self.folder(of: path), of: path)
      }
    }
    try report?.checkPlace()
  }

  fileprivate static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  fileprivate static func check(_ place: String, of path: String) throws(Failure) {
    guard unsafe access(place, W_OK) == 0 else {
      throw Failure(
        .cannotCreate, "\(path) cannot be written: \(describe(errno: errno)); choose another path")
    }
  }
}

extension ReportFile {
  /// A report takes the place of an older one: the folder is what must be writable.
  func checkPlace() throws(Failure) {
    if isStream { return try JitterPlan.check(path, of: path) }
    try JitterPlan.check(JitterPlan.folder(of: path), of: path)
  }
}
