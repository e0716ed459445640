// What can be chosen of emulated Dynamixel servos.

/// The rates of the item Baud Rate, by its values.
public enum DynamixelBaudRate: Int, CaseIterable, Sendable {
  case b9600, b57600, b115200, b1M, b2M, b3M, b4M, b4500k

  public var bitsPerSecond: Int {
    switch self {
    case .b9600: 9_600
    case .b57600: 57_600
    case .b115200: 115_200
    case .b1M: 1_000_000
    case .b2M: 2_000_000
    case .b3M: 3_000_000
    case .b4M: 4_000_000
    case .b4500k: 4_500_000
    }
  }
}

public struct DynamixelOptions: Equatable, Sendable {
  /// The servos of the bus, each with a joint of its own; the first one's is in the status.
  public var ids: [UInt8] = [1]
  /// How long bytes take on the line, in both directions; a pseudo-terminal knows no rate.
  public var baudRate = DynamixelBaudRate.b57600
  /// What the host sends while a servo answers damages both.
  public var isHalfDuplex = true
  public var firmwareVersion: UInt8 = 45
  /// Of the joint's 0°: the middle of the turn.
  public var zeroCount: Int64 = 2048
  /// What the drive can do. An XM430-W350 has 4.1 N·m; the joint here is a whole lower leg, so
  /// the emulated one is stronger, as if geared down without that its counts show it.
  public var effortMax: Double = 50
  /// So that Current Limit, 3.2 A, is about the full effort.
  public var newtonMetresPerAmpere: Double = 15.6
  /// At full effort for so long: overload. The e-Manual names no time.
  public var overloadSeconds: Double = 1
  /// Deaf and dumb for so long after a reboot. The e-Manual names no time.
  public var rebootSeconds: Double = 0.3
  /// The beginning of a packet whose rest does not come is given up. The e-Manual names no time.
  public var packetSeconds: Double = 0.1

  public init() {}

  /// - Throws: `unsuitable`.
  func check() throws(EmulatorFault) {
    guard !ids.isEmpty, Set(ids).count == ids.count, ids.allSatisfy({ $0 <= DynamixelFrame.idMax })
    else {
      throw .unsuitable(
        what: "a bus of the ids \(ids)", remedy: "give each servo an id of its own, 0 to 252")
    }
    let positive = [effortMax, newtonMetresPerAmpere, overloadSeconds, packetSeconds]
    guard positive.allSatisfy({ $0.isFinite && $0 > 0 }), rebootSeconds.isFinite,
      (0...60).contains(rebootSeconds)
    else {
      throw .unsuitable(
        what: "a servo without effort, or with times below zero",
        remedy: "choose numbers above zero, and at most 60 s for a reboot")
    }
    guard DynamixelServo.extendedRange.contains(zeroCount) else {
      throw .unsuitable(
        what: "a zero at \(zeroCount) counts", remedy: "choose -1 048 575 to 1 048 575")
    }
  }
}
