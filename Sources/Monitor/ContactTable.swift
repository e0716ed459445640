// Electrodes and their contacts, as a person looks at them while pressing them on.

public import Signal

/// One electrode.
public struct ContactRow: Sendable, Equatable {
  public var label: String
  public var reading: ImpedanceReading
  public var grade: ContactGrade

  public init(label: String, reading: ImpedanceReading, grade: ContactGrade) {
    self.label = label
    self.reading = reading
    self.grade = grade
  }

  /// Kiloohms: "5.02", "< 0.11", "–".
  public var number: String {
    switch reading {
    case .measured(let ohms, _), .lessThanSeries(let ohms, _): kiloohms(ohms)
    case .below(let limit): "< " + kiloohms(limit)
    case .settling, .drowned, .saturated, .open: "–"
    }
  }

  /// Kiloohms, or nothing.
  public var uncertainty: String {
    switch reading {
    case .measured(_, let uncertainty), .lessThanSeries(_, let uncertainty),
      .drowned(let uncertainty):
      kiloohms(uncertainty)
    case .below, .settling, .saturated, .open: ""
    }
  }

  /// Why there is no number, or none to believe.
  public var remark: String {
    switch reading {
    case .measured, .below: ""
    case .settling: "no undisturbed second yet"
    case .lessThanSeries: "less than impedance.series-ohms: check it, and the calibration"
    case .drowned: "drowned by EEG, mains or movement"
    case .saturated: "at an end of the converter's range: off, or its offset is too large"
    case .open:
      grade == .off
        ? "the current finds no way" : "beyond what this current can measure at this gain"
    }
  }

  /// For programs: what kind of reading it is.
  public var state: String {
    switch reading {
    case .settling: "settling"
    case .measured: "measured"
    case .below: "below"
    case .lessThanSeries: "lessThanSeries"
    case .drowned: "drowned"
    case .saturated: "saturated"
    case .open: "open"
    }
  }

  /// A number only where there is one; `limitOhms` when only a limit is known.
  public var json: JSON {
    var ohms = JSON.null
    var uncertainty = JSON.null
    var limit = JSON.null
    switch reading {
    case .measured(let found, let error), .lessThanSeries(let found, let error):
      ohms = .number(found)
      uncertainty = .number(error)
    case .below(let found): limit = .number(found)
    case .drowned(let error): uncertainty = .number(error)
    case .settling, .saturated, .open: break
    }
    return .object([
      .init("label", .string(label)), .init("ohms", ohms),
      .init("uncertaintyOhms", uncertainty), .init("limitOhms", limit),
      .init("state", .string(state)), .init("grade", .string(grade.rawValue)),
    ])
  }
}

/// "5.02", "12.3", "123", "1 230"; kΩ.
private func kiloohms(_ ohms: Double) -> String {
  let size = (ohms / 1_000).magnitude
  return decimal(ohms / 1_000, places: size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
}

/// The table, painted over itself on a terminal.
public struct ContactTable {
  private let isColoured: Bool
  private let columns: Int
  private var paintedLines = 0

  /// - Parameters:
  ///   - isColoured: the lights have colours; they have words in any case.
  ///   - columns: width of the terminal, to which lines are cut; nil: no terminal.
  public init(isColoured: Bool, columns: Int?) {
    self.isColoured = isColoured
    self.columns = columns ?? 1_000
  }

  /// The bytes that show these rows in the place of those shown before.
  public mutating func repaint(_ rows: [ContactRow], note: String = "") -> String {
    let back = paintedLines > 0 ? "\u{1B}[\(paintedLines)A" : ""
    let lines = lines(rows) + (note.isEmpty ? [] : [String(note.prefix(columns - 1))])
    paintedLines = lines.count
    return back + lines.map { "\r\u{1B}[K" + $0 + "\n" }.joined()
  }

  /// The table once.
  public func page(_ rows: [ContactRow]) -> String {
    lines(rows).map { $0 + "\n" }.joined()
  }

  private func lines(_ rows: [ContactRow]) -> [String] {
    let width = max(9, rows.map(\.label.count).max() ?? 0) + 2
    let head = "electrode".trailing(width) + "kΩ".leading(9) + "±".leading(9) + "   contact"
    return [String(head.prefix(columns - 1))]
      + rows.map { row in
        let numbers =
          row.label.trailing(width) + row.number.leading(9) + row.uncertainty.leading(9) + "   "
        let light = isColoured ? "\u{1B}[\(colour(of: row.grade))m●\u{1B}[0m " : "● "
        let word = row.grade.rawValue
        let words = row.remark.isEmpty ? word : word.trailing(9) + row.remark
        // The light is one column wide, whatever its bytes.
        return numbers + light + words.prefix(max(0, columns - 1 - numbers.count - 2))
      }
  }

  /// SGR codes: green, yellow, red, red and bold, grey.
  private func colour(of grade: ContactGrade) -> String {
    switch grade {
    case .good: "32"
    case .fair: "33"
    case .poor: "31"
    case .off: "1;31"
    case .unknown: "90"
    }
  }
}
