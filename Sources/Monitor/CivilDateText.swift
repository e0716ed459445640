// Seconds since 1970 as text.

import RT

extension CivilDate {
  /// "2026-11-21 17:15:19 UTC"; "unknown" for a time that no clock shows.
  static func text(secondsSince1970 seconds: Int64) -> String {
    // The year 9999 ends there.
    guard seconds > 0, seconds < 253_402_300_800 else { return "unknown" }
    let (date, rest) = split(secondsSince1970: seconds)
    return "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day)) \(timeOfDay(rest)) UTC"
  }

  /// As mail has it, in UTC: "Fri, 20 Nov 2026 20:02:22 +0000".
  static func mailText(secondsSince1970 seconds: Int64) -> String {
    let (date, rest) = split(secondsSince1970: seconds)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekday = Int((date.daysSince1970 % 7 + 7) % 7)
    return "\(weekdays[weekday]), \(twoDigits(date.day)) \(months[date.month - 1]) "
      + "\(date.year) \(timeOfDay(rest)) +0000"
  }

  private static func timeOfDay(_ seconds: Int) -> String {
    "\(twoDigits(seconds / 3_600)):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
  }

  private static func twoDigits(_ number: Int) -> String {
    (number < 10 ? "0" : "") + String(number)
  }
}
