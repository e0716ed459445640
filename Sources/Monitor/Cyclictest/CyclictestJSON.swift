// cyclictest's `--json`, file version 1, as rt-tests 2.40 writes it: with the colons that two of
// its keys end in and the blanks that it puts where there is no histogram.

/// What stands around the threads in the file.
public struct CyclictestEnvironment: Sendable, Equatable {
  /// As it was typed.
  public var commandLine: String
  /// Seconds since 1970, UTC.
  public var begun: Int64
  public var ended: Int64
  public var returnCode: Int32
  public var systemName: String
  public var nodeName: String
  public var release: String
  public var version: String
  public var machine: String
  public var isRealTime: Bool

  public init(
    commandLine: String, begun: Int64, ended: Int64, returnCode: Int32 = 0, systemName: String,
    nodeName: String, release: String, version: String, machine: String, isRealTime: Bool
  ) {
    self.commandLine = commandLine
    self.begun = begun
    self.ended = ended
    self.returnCode = returnCode
    self.systemName = systemName
    self.nodeName = nodeName
    self.release = release
    self.version = version
    self.machine = machine
    self.isRealTime = isRealTime
  }
}

extension CyclictestRun {
  /// The version of rt-tests whose format this is: what a reader goes by.
  private static var formatVersion: String { "2.40" }

  /// The whole file.
  ///
  /// - Parameter own: what cyclictest does not say, as a member "acquire" after all of its own.
  public func json(_ environment: CyclictestEnvironment, own: JSON? = nil) -> String {
    func quoted(_ text: String) -> String { JSON.string(text).line }
    var text = "{\n  \"file_version\": 1,\n"
    text += "  \"cmdline:\": \(quoted(environment.commandLine)),\n"
    text += "  \"rt_test_version:\": \(quoted(Self.formatVersion)),\n"
    text += "  \"start_time\": \(quoted(MailDate.text(secondsSince1970: environment.begun))),\n"
    text += "  \"end_time\": \(quoted(MailDate.text(secondsSince1970: environment.ended))),\n"
    text += "  \"return_code\": \(environment.returnCode),\n  \"sysinfo\": {\n"
    text += "    \"sysname\": \(quoted(environment.systemName)),\n"
    text += "    \"nodename\": \(quoted(environment.nodeName)),\n"
    text += "    \"release\": \(quoted(environment.release)),\n"
    text += "    \"version\": \(quoted(environment.version)),\n"
    text += "    \"machine\": \(quoted(environment.machine)),\n"
    text += "    \"realtime\": \(environment.isRealTime ? 1 : 0)\n  },\n"
    text += "  \"num_threads\": \(threads.count),\n"
    text += "  \"resolution_in_ns\": \(isInNanoseconds ? 1 : 0),\n  \"thread\": {\n"
    text += threads.indices.map(threadText).joined(separator: ",\n") + "\n  }"
    if let own { text += ",\n  \"acquire\": \(own.line)" }
    return text + "\n}\n"
  }

  private func threadText(_ index: Int) -> String {
    let thread = threads[index]
    let counts = thread.bins.enumerated().filter { $0.element > 0 }.map {
      "\n        \"\($0.offset)\": \($0.element)"
    }
    let histogram = counts.joined(separator: ",") + (counts.isEmpty ? "" : "\n")
    let mean = thread.cycles == 0 ? 0 : Double(thread.sum) / Double(thread.cycles)
    return """
          "\(index)": {
            "histogram": {\(histogram)      },
            "cycles": \(thread.cycles),
            "min": \(thread.shownMin),
            "max": \(thread.shownMax),
            "avg": \(decimal(mean, places: 2)),
            "cpu": \(thread.cpu ?? -1),
            "node": -1
          }
      """
  }
}

/// A date as mail has it, always in UTC.
enum MailDate {
  /// "Fri, 20 Nov 2026 20:02:22 +0000".
  static func text(secondsSince1970 seconds: Int64) -> String {
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let ofDay = seconds - day * 86_400
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let (year, month, dayOfMonth) = civil(day)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
    return "\(weekdays[Int(((day % 7) + 7) % 7)]), \(two(dayOfMonth)) \(months[Int(month) - 1]) "
      + "\(year) \(two(ofDay / 3_600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60)) +0000"
  }

  /// Year, month from 1, day from 1 of a day counted from 1 January 1970.
  ///
  /// Counted in eras of 400 years that begin on 1 March: the leap day is the last of a year.
  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
