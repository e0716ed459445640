// The calendar of a recording's header, in UTC.

import RT

/// An instant of CLOCK_REALTIME; civil dates are those of UTC in the Gregorian calendar.
public struct RecordedTime: Comparable, Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z, leap seconds not counted.
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// - Returns: nil when there is no such date or time of day.
  public init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    guard (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second), (1900...2200).contains(year)
    else { return nil }
    let days = Int(CivilDate(year: Int64(year), month: month, day: day).daysSince1970)
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    nanoseconds = Int64(seconds) * 1_000_000_000
    guard civil.day == day, civil.month == month else { return nil }
  }

  public static func < (a: RecordedTime, b: RecordedTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Whole seconds since 1970, rounded down, and what is above them.
  var split: (seconds: Int64, nanoseconds: Int64) {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? (quotient - 1, remainder + 1_000_000_000) : (quotient, remainder)
  }

  /// The date and the time of day, the part of the second left off.
  public var civil: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    let (date, rest) = CivilDate.split(secondsSince1970: split.seconds)
    return (
      Int(date.year), date.month, date.day, rest / 3_600, rest / 60 % 60, rest % 60
    )
  }

  /// `20261120T101500Z`, as a file's name carries it.
  public var compactText: String {
    let c = civil
    return "\(padded(c.year, 4))\(padded(c.month, 2))\(padded(c.day, 2))T"
      + "\(padded(c.hour, 2))\(padded(c.minute, 2))\(padded(c.second, 2))Z"
  }

  static let months = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
  ]
}

/// A number with zeros before it.
func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
