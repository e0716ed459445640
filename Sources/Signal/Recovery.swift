// How an amplifier came back, as one word that fits into a frame's header.

/// How an amplifier came back from a fault, in the first frame after it; raw value 0: there was
/// none.
@frozen
public struct Recovery: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// What went wrong.
  public enum Cause: UInt8, Sendable, CaseIterable {
    /// No conversion was ready for too long.
    case silence = 1
    /// Frames that the chip cannot have sent, one after the other.
    case corruptFrames
    /// Registers had fallen back to their reset values.
    case brownOut
    /// A register held something else.
    case registerChanged
    /// The data line showed zeros only, or ones only.
    case stuckLow, stuckHigh
    /// Transfers failed in the kernel.
    case failedTransfers
    /// The USB device or the serial line was gone.
    case unplugged
    /// The device began to count anew by itself.
    case restarted

    /// "brown-out".
    public var text: String {
      switch self {
      case .silence: "silence"
      case .corruptFrames: "corrupt frames"
      case .brownOut: "brown-out"
      case .registerChanged: "a changed register"
      case .stuckLow: "zeros only on the data line"
      case .stuckHigh: "ones only on the data line"
      case .failedTransfers: "failed transfers"
      case .unplugged: "a pulled plug"
      case .restarted: "a restart of the device"
      }
    }
  }

  /// What helped.
  public enum Remedy: UInt8, Sendable, CaseIterable {
    /// The interface started afresh; the registers were as they should be.
    case resynchronisation = 1
    /// Reset, and every register written anew.
    case reset
    /// Power cycled where PWDN is wired, the longest waits, every register written anew.
    case powerCycle
    /// Found again by its serial number, and set up anew where it did not stream on.
    case reattachment
    /// Nothing but counting on from where the device began anew.
    case recount

    /// "reset".
    public var text: String {
      switch self {
      case .resynchronisation: "resynchronisation"
      case .reset: "reset"
      case .powerCycle: "power cycle"
      case .reattachment: "reattachment"
      case .recount: "counting on"
      }
    }
  }

  /// Cause in bits 0…7, remedy in bits 8…15, milliseconds from the detection in bits 16…31.
  public var rawValue: UInt32

  @_noLocks @_noAllocation
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Nil when there was no fault.
  public var cause: Cause? { Cause(rawValue: UInt8(truncatingIfNeeded: rawValue)) }
  public var remedy: Remedy? { Remedy(rawValue: UInt8(truncatingIfNeeded: rawValue >> 8)) }
  /// From the detection to the chip converting again; 65 535 stands for longer.
  public var milliseconds: Int { Int(rawValue >> 16) }

  /// "recovered from brown-out by reset in 172 ms".
  public var text: String {
    "recovered from \(cause?.text ?? "nothing") by \(remedy?.text ?? "nothing") in "
      + "\(milliseconds) ms"
  }
}
