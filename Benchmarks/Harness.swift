// What the benchmarks share: medians, tables, and running a program for its one line.

import Foundation
import RT

func exitProgram(_ status: Int32) -> Never { exit(status) }

/// Smallest, median and largest.
struct Spread {
  var values: [Double]

  var median: Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  func text(_ format: String) -> String {
    String(
      format: "\(format) (\(format) … \(format))", median, values.min() ?? .nan,
      values.max() ?? .nan)
  }
}

/// The numbers on the one line that a program prints; nil when it cannot be run.
func numbers(of path: String, _ arguments: [String]) -> [Double]? {
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.standardOutput = output
  guard (try? process.run()) != nil else { return nil }
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { return nil }
  return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    .compactMap { Double($0) }
}
