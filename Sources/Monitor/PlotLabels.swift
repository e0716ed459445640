// Names of vertical lines, stacked above a plot so that no text covers another or a line.

/// A vertical line with its name.
struct PlotMark {
  var x: Double
  var text: String
  /// Classes of the line and of the text.
  var lineClass: String
  var textClass: String
}

struct PlacedMark {
  var mark: PlotMark
  var row: Int
  /// The text stands left of its line, because the right has no room.
  var isLeft: Bool
}

enum PlotLabels {
  static var fontSize: Double { 11 }
  static var rowHeight: Double { 14 }

  /// Width of a text in pixels, about.
  static func width(_ text: String, fontSize: Double = PlotLabels.fontSize) -> Double {
    Double(text.count) * fontSize * 0.56
  }

  /// From the left: a line falls from its row to the plot, and no lower row may have text there.
  static func place(_ marks: [PlotMark], right: Double) -> [PlacedMark] {
    var ends: [Double] = []
    var placed: [PlacedMark] = []
    for mark in marks.sorted(by: { $0.x < $1.x }) {
      let width = width(mark.text) + 4
      let isLeft = mark.x + 4 + width > right
      let start = isLeft ? mark.x - 4 - width : mark.x
      var row = ends.count
      while row > 0, ends[row - 1] < start - 5 { row -= 1 }
      if row == ends.count { ends.append(0) }
      ends[row] = isLeft ? mark.x : mark.x + 4 + width
      placed.append(PlacedMark(mark: mark, row: row, isLeft: isLeft))
    }
    return placed
  }
}
