// Columns of text, as wide as their widest cell.

struct TextTable {
  var head: [String]
  var rows: [[String]] = []
  /// Columns that stand on the left; all others are numbers and stand on the right.
  var leftColumns: Set<Int> = [0]

  /// Lines with two spaces between columns and none at their ends.
  ///
  /// A table that is wider than the terminal becomes a block for each row: a name and a value on
  /// each line.
  func text(columns width: Int) -> String {
    let all = [head] + rows
    let widths = head.indices.map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    guard widths.reduce(0, +) + 2 * (widths.count - 1) <= width else { return blocks(width) }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        if column > 0 { line += "  " }
        line +=
          leftColumns.contains(column)
          ? cell.trailing(widths[column]) : cell.leading(widths[column])
      }
      return Self.trimmed(line)
    }.joined(separator: "\n") + "\n"
  }

  private func blocks(_ width: Int) -> String {
    let nameWidth = head.dropFirst().map(\.count).max() ?? 0
    return rows.map { row in
      var lines = [row.first ?? ""]
      // As many pairs beside one another as fit.
      let pairs = zip(head.dropFirst(), row.dropFirst()).filter { !$1.isEmpty && $1 != "–" }
      let valueWidth = pairs.map { $1.count }.max() ?? 0
      let pairWidth = nameWidth + valueWidth + 3
      let perLine = Swift.max(1, (width - 2) / Swift.max(1, pairWidth + 2))
      var line = " "
      for (index, pair) in pairs.enumerated() {
        line += " " + pair.0.trailing(nameWidth) + " " + pair.1.leading(valueWidth) + "  "
        if index % perLine == perLine - 1 || index == pairs.count - 1 {
          lines.append(Self.trimmed(line))
          line = " "
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n") + "\n"
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}

/// Names and texts below one another, long texts continued under themselves.
func textRows(_ rows: [ReportRow], indent: Int = 2, columns: Int) -> String {
  let nameWidth = Swift.min(rows.map(\.name.count).max() ?? 0, Swift.max(12, columns / 3))
  let left = indent + nameWidth + 2
  var text = ""
  for row in rows {
    let lines = TimingReport.wrapped(
      row.text, width: Swift.max(16, columns - left), atMost: 40)
    text +=
      String(repeating: " ", count: indent) + row.name.cut(to: nameWidth).trailing(nameWidth)
      + "  " + (lines.first ?? "") + "\n"
    for line in lines.dropFirst() { text += String(repeating: " ", count: left) + line + "\n" }
  }
  return text
}
