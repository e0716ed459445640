// cyclictest's `--json`, file version 1, as rt-tests 2.40 writes it: with the colons that two of
// its keys end in and the blanks that it puts where there is no histogram.

import RT

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
    text +=
      "  \"start_time\": \(quoted(CivilDate.mailText(secondsSince1970: environment.begun))),\n"
    text += "  \"end_time\": \(quoted(CivilDate.mailText(secondsSince1970: environment.ended))),\n"
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
