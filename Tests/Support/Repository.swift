// Where things lie in this repository, seen from a test.

public import Foundation

public enum Repository {
  /// The folder that holds `Package.swift`.
  public static let root: URL = {
    // Tests/Support/Repository.swift, three steps down from the root.
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// A path below the root, such as "Sources/SampleFeed/motor-imagery-8ch-250hz.bdf".
  public static func path(_ relative: String) -> String {
    root.appendingPathComponent(relative).path
  }

  /// A file among the large recordings that are not shipped, or nil when they are not here.
  ///
  /// They lie where `ACQUIRE_SHARED_DATA` says, else in `../shared/data` or `../../shared/data`
  /// beside the repository. A test that needs one is skipped, saying so, when it is absent.
  public static func sharedData(_ relative: String) -> String? {
    var folders: [URL] = []
    if let named = ProcessInfo.processInfo.environment["ACQUIRE_SHARED_DATA"] {
      folders.append(URL(fileURLWithPath: named))
    }
    let beside = root.deletingLastPathComponent()
    folders.append(beside.appendingPathComponent("shared/data"))
    folders.append(beside.deletingLastPathComponent().appendingPathComponent("shared/data"))
    for folder in folders {
      let path = folder.appendingPathComponent(relative).path
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    return nil
  }
}
