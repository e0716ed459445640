// What a session says of its exoskeleton's line, its drive, and whoever stopped it.

public import RT

public struct ActuatorRecord: Sendable, Equatable {
  /// Of the newest command, by arithmetic, at the line's own rate.
  public var wireTime: Nanoseconds
  public var baud: UInt32
  public var commandByteCount: Int
  /// The drive's own watchdog: "100 ms", or what is known of it.
  public var watchdog: String
  /// What a person should know of the drive, a sentence each.
  public var remarks: [String]
  /// The emergency line opened → the stop was handed to the driver; nil: it did not open.
  public var emergency: LatencySummary?
  /// Times that the dead-man line could not be driven.
  public var deadManFailures: UInt64
  /// How often its port was gone, and for how long in all.
  public var outages: UInt64
  public var outageTime: Nanoseconds

  public init(
    wireTime: Nanoseconds, baud: UInt32, commandByteCount: Int, watchdog: String,
    remarks: [String], emergency: LatencySummary?, deadManFailures: UInt64,
    outages: UInt64 = 0, outageTime: Nanoseconds = Nanoseconds(0)
  ) {
    self.wireTime = wireTime
    self.baud = baud
    self.commandByteCount = commandByteCount
    self.watchdog = watchdog
    self.remarks = remarks
    self.emergency = emergency
    self.deadManFailures = deadManFailures
    self.outages = outages
    self.outageTime = outageTime
  }

  /// The rates that a command's time is told for beside the line's own.
  private static var otherBauds: [UInt32] { [460_800, 921_600] }

  /// "23 bytes, 2.00 ms at 115200 baud (0.50 ms at 460800, 0.25 ms at 921600)".
  var wireText: String {
    let others = Self.otherBauds.filter { $0 > baud }.map { other in
      let span = Nanoseconds(wireTime.rawValue * Int64(baud) / Int64(other))
      return "\(decimal(span.milliseconds, places: 2)) ms at \(other)"
    }
    return "\(commandByteCount) bytes, \(decimal(wireTime.milliseconds, places: 2)) ms at \(baud) "
      + "baud" + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
  }

  /// "2×, 3.4 s in all".
  var outageText: String { "\(outages)×, \(decimal(outageTime.seconds, places: 1)) s in all" }

  var json: JSON {
    .object([
      .init("wireTimeNanoseconds", .integer(wireTime.rawValue)),
      .init("baud", .unsigned(UInt64(baud))),
      .init("commandBytes", .unsigned(UInt64(commandByteCount))),
      .init("watchdog", .string(watchdog)),
      .init("remarks", .array(remarks.map(JSON.string))),
      .init("emergency", emergency.map(\.json) ?? .null),
      .init("deadManFailures", .unsigned(deadManFailures)),
      .init("outages", .unsigned(outages)),
      .init("outageNanoseconds", .integer(outageTime.rawValue)),
    ])
  }
}
