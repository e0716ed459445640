// Finds answers and commands in a stream of bytes that may begin anywhere and break anywhere.
//
// Real-time: bounded by the bytes given; no input or output in here.

/// A frame whose checksum was right.
@frozen
public struct ReceivedFrame: BitwiseCopyable, Sendable {
  public var code: UInt8
  public var sequence: UInt16
  public var parameterByteCount: Int
}

/// Takes bytes one by one and says when a frame is complete.
///
/// After a frame that turns out to be none, the search goes on at the byte after its start, so that
/// a real frame inside of it is found. Memory is fixed; a length is never believed beyond it.
@safe
public struct FrameParser: ~Copyable, @unchecked Sendable {
  private let buffer: UnsafeMutablePointer<UInt8>
  private var filled = 0
  /// Bytes that belong to no frame.
  public private(set) var skippedByteCount: UInt64 = 0
  /// Frames whose checksum was wrong.
  public private(set) var checksumErrorCount: UInt64 = 0

  public init() {
    unsafe buffer = .allocate(capacity: Wire.frameByteCountMaximum)
    unsafe buffer.initialize(repeating: 0, count: Wire.frameByteCountMaximum)
  }

  deinit { unsafe buffer.deallocate() }

  /// Takes one byte; the frame that it completed, if any. Its parameters stay readable until the
  /// next call.
  @_noLocks @_noAllocation
  public mutating func take(_ byte: UInt8) -> ReceivedFrame? {
    if completed > 0 {
      drop(completed)
      completed = 0
    }
    unsafe buffer[filled] = byte
    filled &+= 1
    // Each turn drops at least one byte or ends.
    for _ in 0...Wire.frameByteCountMaximum {
      switch judge() {
      case .incomplete: return nil
      case .noFrame:
        skippedByteCount &+= 1
        drop(1)
      case .badChecksum:
        checksumErrorCount &+= 1
        skippedByteCount &+= 1
        drop(1)
      case .frame(let frame, let byteCount):
        completed = byteCount
        return frame
      }
    }
    return nil
  }

  private var completed = 0

  private enum Judgement {
    case incomplete
    case noFrame
    case badChecksum
    case frame(ReceivedFrame, byteCount: Int)
  }

  @_noLocks @_noAllocation
  private func judge() -> Judgement {
    if filled >= 1, unsafe buffer[0] != 0xA5 { return .noFrame }
    if filled >= 2, unsafe buffer[1] != 0x5A { return .noFrame }
    if filled >= 3, unsafe buffer[2] != Wire.version { return .noFrame }
    guard filled >= Wire.headerByteCount else { return .incomplete }
    let length = unsafe Int(buffer[6])
    if length > Wire.parameterByteCountMaximum { return .noFrame }
    let whole = 9 &+ length
    guard filled >= whole else { return .incomplete }
    let sent = unsafe UInt16(buffer[7 &+ length]) | UInt16(buffer[8 &+ length]) &<< 8
    guard unsafe Wire.checksum(UnsafePointer(buffer + 2), count: 5 &+ length) == sent else {
      return .badChecksum
    }
    return unsafe .frame(
      ReceivedFrame(
        code: buffer[3], sequence: UInt16(buffer[4]) | UInt16(buffer[5]) &<< 8,
        parameterByteCount: length), byteCount: whole)
  }

  @_noLocks @_noAllocation
  private mutating func drop(_ count: Int) {
    for index in count..<filled { unsafe buffer[index &- count] = buffer[index] }
    filled &-= count
  }

  /// A little-endian parameter of the frame that was just completed.
  @_noLocks @_noAllocation
  func int32(at offset: Int) -> Int32 {
    var bits: UInt32 = 0
    for byte in 0..<4 {
      unsafe bits |= UInt32(buffer[7 &+ offset &+ byte]) &<< UInt32(8 &* byte)
    }
    return Int32(bitPattern: bits)
  }

  @_noLocks @_noAllocation
  func byte(at offset: Int) -> UInt8 { unsafe buffer[7 &+ offset] }

  /// The joint that an answer reports; nil when the frame is no answer or says what there is not.
  @_noLocks @_noAllocation
  public func joint(of frame: ReceivedFrame) -> JointState? {
    guard frame.code & Wire.answerBit != 0,
      frame.parameterByteCount == Wire.answerParameterByteCount
    else { return nil }
    let state: ExoskeletonState
    switch byte(at: 20) {
    case 0: state = .disarmed
    case 1: state = .armed
    case 2: state = .moving
    case 3: state = .neutral
    case 4: state = .stopped
    default: return nil
    }
    var time: UInt64 = 0
    for index in 0..<8 { time |= UInt64(byte(at: index)) &<< UInt64(8 &* index) }
    return JointState(
      deviceMicroseconds: time, positionDegrees: Double(int32(at: 8)) / 1_000,
      velocityDegreesPerSecond: Double(int32(at: 12)) / 1_000,
      effortNewtonMetres: Double(int32(at: 16)) / 1_000, state: state,
      faults: ExoskeletonFaults(rawValue: byte(at: 21)))
  }

  /// The command that a frame carries; nil when it is none.
  @_noLocks @_noAllocation
  public func command(of frame: ReceivedFrame) -> Command? {
    let isMotion = frame.code == 5
    guard frame.parameterByteCount == (isMotion ? 8 : 0) else { return nil }
    switch frame.code {
    case 1: return .identify
    case 2: return .arm
    case 3: return .disarm
    case 4: return .neutral
    case 5:
      return .motion(
        positionDegrees: Double(int32(at: 0)) / 1_000,
        velocityDegreesPerSecond: Double(int32(at: 4)) / 1_000)
    case 6: return .heartbeat
    case 7: return .stop
    default: return nil
    }
  }
}
