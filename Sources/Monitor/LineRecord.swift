// What went over the line of an amplifier that streams packets, for the closing report.

/// Packets and bytes of a session. Bytes that belong to no packet, repeated packets and a chip's
/// line errors lose nothing by themselves: what they cost is in the report's `lost`.
public struct LineRecord: Sendable, Equatable {
  public var packets: UInt64
  public var receivedBytes: UInt64
  public var skippedBytes: UInt64
  public var lostLocks: UInt64
  public var repeatedPackets: UInt64
  public var implausiblePackets: UInt64
  /// Overruns, parity, framing and breaks that the USB chip saw on its serial side.
  public var lineErrors: UInt64
  /// Times that the device was gone or silent, and times that it began to count anew.
  public var outages: UInt64
  public var restarts: UInt64
  /// Allocations and frees inside libusb on the acquisition thread, a record for each transfer.
  public var libraryHeapCalls: UInt64

  public init(
    packets: UInt64, receivedBytes: UInt64, skippedBytes: UInt64, lostLocks: UInt64,
    repeatedPackets: UInt64, implausiblePackets: UInt64, lineErrors: UInt64, outages: UInt64,
    restarts: UInt64, libraryHeapCalls: UInt64
  ) {
    self.packets = packets
    self.receivedBytes = receivedBytes
    self.skippedBytes = skippedBytes
    self.lostLocks = lostLocks
    self.repeatedPackets = repeatedPackets
    self.implausiblePackets = implausiblePackets
    self.lineErrors = lineErrors
    self.outages = outages
    self.restarts = restarts
    self.libraryHeapCalls = libraryHeapCalls
  }

  var json: JSON {
    .object([
      .init("packets", .unsigned(packets)),
      .init("receivedBytes", .unsigned(receivedBytes)),
      .init("skippedBytes", .unsigned(skippedBytes)),
      .init("lostLocks", .unsigned(lostLocks)),
      .init("repeatedPackets", .unsigned(repeatedPackets)),
      .init("implausiblePackets", .unsigned(implausiblePackets)),
      .init("lineErrors", .unsigned(lineErrors)),
      .init("outages", .unsigned(outages)),
      .init("restarts", .unsigned(restarts)),
      .init("libraryHeapCalls", .unsigned(libraryHeapCalls)),
    ])
  }

  /// "3508 packets, 233 bytes in none of them, away once".
  var text: String {
    var parts = ["\(packets) packets"]
    func add(_ count: UInt64, _ text: String) {
      if count > 0 { parts.append("\(count) \(text)") }
    }
    add(skippedBytes, "bytes in none of them")
    add(repeatedPackets, "repeated")
    add(lineErrors, "line errors")
    add(outages, outages == 1 ? "outage" : "outages")
    add(restarts, restarts == 1 ? "restart" : "restarts")
    return parts.joined(separator: ", ")
  }
}
