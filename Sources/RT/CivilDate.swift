// A day of the Gregorian calendar.

/// A day, by year, month 1 … 12 and day 1 … 31.
public struct CivilDate: Equatable, Sendable {
  public var year: Int64
  public var month: Int
  public var day: Int

  public init(year: Int64, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The year begins in March, so that the day that some years have is its last.
  public var daysSince1970: Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let monthsSinceMarch = Int64((month + 9) % 12)
    let dayOfYear = (153 * monthsSinceMarch + 2) / 5 + Int64(day) - 1
    let leapDays = floorDivide(shifted, 4) - floorDivide(shifted, 100) + floorDivide(shifted, 400)
    return shifted * 365 + leapDays + dayOfYear - 719_468
  }

  public init(daysSince1970 days: Int64) {
    // 400 years have 146 097 days.
    let era = floorDivide(days + 719_468, 146_097)
    let dayOfEra = days + 719_468 - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthsSinceMarch = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * monthsSinceMarch + 2) / 5 + 1)
    month = Int(monthsSinceMarch < 10 ? monthsSinceMarch + 3 : monthsSinceMarch - 9)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The day, in UTC, and the seconds of it that have passed, 0 … 86 399.
  public static func split(secondsSince1970 seconds: Int64) -> (date: CivilDate, seconds: Int) {
    let days = floorDivide(seconds, 86_400)
    return (CivilDate(daysSince1970: days), Int(seconds - days * 86_400))
  }
}

private func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
  number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor)
}
