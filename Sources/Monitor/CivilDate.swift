// A day of the Gregorian calendar, and seconds since 1970 as text.

/// A day, by year, month 1 … 12 and day 1 … 31.
struct CivilDate {
  var year: Int64
  var month: Int
  var day: Int

  init(year: Int64, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The year begins in March, so that the day that some years have is its last.
  var daysSince1970: Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let monthsSinceMarch = Int64((month + 9) % 12)
    let dayOfYear = (153 * monthsSinceMarch + 2) / 5 + Int64(day) - 1
    let leapDays = floorDivide(shifted, 4) - floorDivide(shifted, 100) + floorDivide(shifted, 400)
    return shifted * 365 + leapDays + dayOfYear - 719_468
  }

  init(daysSince1970 days: Int64) {
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

  /// "2026-11-21 17:15:19 UTC"; "unknown" for a time that no clock shows.
  static func text(secondsSince1970 seconds: Int64) -> String {
    // The year 9999 ends there.
    guard seconds > 0, seconds < 253_402_300_800 else { return "unknown" }
    let date = CivilDate(daysSince1970: floorDivide(seconds, 86_400))
    return "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day)) "
      + "\(timeOfDay(seconds)) UTC"
  }

  /// As mail has it, in UTC: "Fri, 20 Nov 2026 20:02:22 +0000".
  static func mailText(secondsSince1970 seconds: Int64) -> String {
    let days = floorDivide(seconds, 86_400)
    let date = CivilDate(daysSince1970: days)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return "\(weekdays[Int(days - floorDivide(days, 7) * 7)]), \(twoDigits(date.day)) "
      + "\(months[date.month - 1]) \(date.year) \(timeOfDay(seconds)) +0000"
  }

  private static func timeOfDay(_ seconds: Int64) -> String {
    let rest = Int(seconds - floorDivide(seconds, 86_400) * 86_400)
    return "\(twoDigits(rest / 3_600)):\(twoDigits(rest / 60 % 60)):\(twoDigits(rest % 60))"
  }

  private static func twoDigits(_ number: Int) -> String {
    (number < 10 ? "0" : "") + String(number)
  }
}

private func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
  number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor)
}
