// Which packet a fault falls upon.

/// The faults of one board in the order of their times, each of which falls once.
struct FaultSchedule: Sendable {
  private var coming: [Fault]
  private var lostLeft = 0
  private var halvesLeft = 0
  private var duplicatesLeft = 0
  private var silentUntil = -1.0
  private var garbageByteCount = 0
  private var missingByteCount = 0
  private var isRestartDue = false
  private(set) var isMismatched = false
  private(set) var isBatteryLow = false
  /// Whether every channel setting is refused.
  let isRefusing: Bool

  /// - Parameters:
  ///   - kinds: what can go wrong with this board beside what can with all.
  ///   - packetByteCount: a packet cannot be torn by more.
  /// - Throws: `unsuitable` for a fault that this board cannot have.
  init(
    _ faults: [Fault], board: String, kinds: Set<Fault.Kind>, packetByteCount: Int
  ) throws(EmulatorFault) {
    let possible = kinds.union([.lost, .garbage, .torn, .silence, .restart, .duplicate])
    for fault in faults {
      guard possible.contains(fault.kind) else {
        let words = possible.map(\.rawValue).sorted().joined(separator: ", ")
        throw .unsuitable(
          what: "the fault '\(fault.kind.rawValue)' of the board '\(board)'",
          remedy: "it can have \(words)")
      }
      guard fault.kind != .torn || fault.count < packetByteCount else {
        throw .unsuitable(
          what: "tearing \(fault.count) bytes off a packet of \(packetByteCount)",
          remedy: "choose 1 to \(packetByteCount - 1)")
      }
    }
    isRefusing = faults.contains { $0.kind == .failure }
    coming = faults.filter { $0.kind != .failure }.sorted { $0.seconds < $1.seconds }
  }

  /// Takes up what is due. To be called before each packet.
  ///
  /// - Parameter elapsed: seconds since the first start.
  mutating func advance(to elapsed: Double) {
    while let fault = coming.first, fault.seconds <= elapsed {
      coming.removeFirst()
      switch fault.kind {
      case .lost: lostLeft += fault.count
      case .half: halvesLeft += fault.count
      case .duplicate: duplicatesLeft += fault.count
      case .garbage: garbageByteCount += fault.count
      case .torn: missingByteCount = fault.count
      case .silence: silentUntil = max(silentUntil, fault.seconds + Double(fault.count) / 1000)
      case .restart: isRestartDue = true
      case .mismatch: isMismatched = true
      case .batteryLow: isBatteryLow = true
      case .failure: break
      }
    }
  }

  mutating func takeRestart() -> Bool {
    defer { isRestartDue = false }
    return isRestartDue
  }

  mutating func takeGarbage() -> Int {
    defer { garbageByteCount = 0 }
    return garbageByteCount
  }

  /// Loses packets for a reason of the board's own.
  mutating func lose(_ count: Int) { lostLeft += count }

  mutating func isLost(at elapsed: Double, isDaisyHalf: Bool) -> Bool {
    // Half a packet is lost before a whole one: both wishes are then fulfilled.
    if isDaisyHalf, halvesLeft > 0 {
      halvesLeft -= 1
      return true
    }
    if lostLeft > 0 {
      lostLeft -= 1
      return true
    }
    return isSilent(at: elapsed)
  }

  /// Nothing comes through the air, neither way.
  func isSilent(at elapsed: Double) -> Bool { elapsed < silentUntil }

  /// Of a packet that is sent.
  mutating func takeMissingBytes() -> Int {
    defer { missingByteCount = 0 }
    return missingByteCount
  }

  mutating func takeDuplicate() -> Bool {
    guard duplicatesLeft > 0 else { return false }
    duplicatesLeft -= 1
    return true
  }
}
