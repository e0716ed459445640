// Where each byte of a frame stands. docs/exoskeleton-protocol.md is the same in words.
//
//   0  1  2        3     4 5       6       7 …            7+length
//   A5 5A version  code  sequence  length  parameters …   CRC-16
//
// Numbers are little-endian. The CRC is taken over version … parameters.

public enum FrameLayout {
  public static var start0: UInt8 { @_noLocks @_noAllocation get { 0xA5 } }
  public static var start1: UInt8 { @_noLocks @_noAllocation get { 0x5A } }
  public static var version: UInt8 { @_noLocks @_noAllocation get { 1 } }

  static var versionOffset: Int { @_noLocks @_noAllocation get { 2 } }
  static var codeOffset: Int { @_noLocks @_noAllocation get { 3 } }
  static var sequenceOffset: Int { @_noLocks @_noAllocation get { 4 } }
  static var lengthOffset: Int { @_noLocks @_noAllocation get { 6 } }
  static var parametersOffset: Int { @_noLocks @_noAllocation get { 7 } }
  static var checksumByteCount: Int { @_noLocks @_noAllocation get { 2 } }

  /// The longest parameters of any code (`identity`).
  static var parametersByteCountMax: Int { @_noLocks @_noAllocation get { 40 } }

  /// The longest frame.
  public static var byteCountMax: Int {
    @_noLocks @_noAllocation
    get { byteCount(parametersByteCount: parametersByteCountMax) }
  }

  @_noLocks @_noAllocation
  static func byteCount(parametersByteCount: Int) -> Int {
    parametersOffset + parametersByteCount + checksumByteCount
  }

  /// Each code has one length and no other: a length is checked against this, never trusted.
  @_noLocks @_noAllocation
  static func parametersByteCount(code: UInt8) -> Int? {
    switch code {
    case FrameCode.identify, FrameCode.arm, FrameCode.disarm, FrameCode.neutral,
      FrameCode.heartbeat, FrameCode.stop, FrameCode.release:
      0
    case FrameCode.motion: 8
    case FrameCode.acknowledgement: 28
    case FrameCode.identity: 40
    default: nil
    }
  }
}

/// Commands go from the host to the exoskeleton; replies, with bit 7 set, come back.
public enum FrameCode {
  public static var identify: UInt8 { @_noLocks @_noAllocation get { 0x01 } }
  public static var arm: UInt8 { @_noLocks @_noAllocation get { 0x02 } }
  public static var disarm: UInt8 { @_noLocks @_noAllocation get { 0x03 } }
  public static var motion: UInt8 { @_noLocks @_noAllocation get { 0x04 } }
  public static var neutral: UInt8 { @_noLocks @_noAllocation get { 0x05 } }
  public static var heartbeat: UInt8 { @_noLocks @_noAllocation get { 0x06 } }
  public static var stop: UInt8 { @_noLocks @_noAllocation get { 0x07 } }
  public static var release: UInt8 { @_noLocks @_noAllocation get { 0x08 } }
  public static var acknowledgement: UInt8 { @_noLocks @_noAllocation get { 0x81 } }
  public static var identity: UInt8 { @_noLocks @_noAllocation get { 0x82 } }
}
