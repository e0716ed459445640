// Real-time: the decoding thread. One message of OpenExo's UART into memory, and out of a queue.
//
//   C0 command joint numbers … C0      DB DC stands for C0, DB DD for DB (RFC 1055)
//
// Numbers to the exoskeleton are 32-bit floats, from it 16-bit hundredths, both little-endian.
// There is no length, no checksum and no sequence number. Source: OpenExo, ExoCode/src,
// UARTHandler.cpp, UART_msg_t.h, uart_commands.h.

/// Commands: one that gets is odd, and answered by the one that updates, which is one more.
enum OpenExoCode {
  static var getControllerParameters: UInt8 { @_noLocks @_noAllocation get { 0x01 } }
  static var controllerParameters: UInt8 { @_noLocks @_noAllocation get { 0x02 } }
  static var getStatus: UInt8 { @_noLocks @_noAllocation get { 0x03 } }
  static var status: UInt8 { @_noLocks @_noAllocation get { 0x04 } }
  static var getConfiguration: UInt8 { @_noLocks @_noAllocation get { 0x05 } }
  static var configuration: UInt8 { @_noLocks @_noAllocation get { 0x06 } }
  static var motorEnable: UInt8 { @_noLocks @_noAllocation get { 0x0E } }
  static var getRealTimeData: UInt8 { @_noLocks @_noAllocation get { 0x11 } }
  static var realTimeData: UInt8 { @_noLocks @_noAllocation get { 0x12 } }
  static var controllerParameter: UInt8 { @_noLocks @_noAllocation get { 0x14 } }
  static var error: UInt8 { @_noLocks @_noAllocation get { 0x16 } }
}

/// What it is doing. Source: OpenExo, ExoCode/src/StatusDefs.h.
enum OpenExoStatus {
  static var trialOff: UInt16 { @_noLocks @_noAllocation get { 1 } }
  static var trialOn: UInt16 { @_noLocks @_noAllocation get { 2 } }
  /// The last that is no error.
  static var motorStartUp: UInt16 { @_noLocks @_noAllocation get { 7 } }
  static var errorBit: UInt16 { @_noLocks @_noAllocation get { 8 } }
}

/// A message without its envelope. Longer ones than it has room for are none.
struct OpenExoMessage: Sendable {
  static var capacity: Int { @_noLocks @_noAllocation get { 224 } }

  private var bytes = InlineArray<224, UInt8>(repeating: 0)
  private(set) var byteCount = 0
  private(set) var isTooLong = false

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  mutating func append(_ byte: UInt8) {
    guard byteCount < Self.capacity else {
      isTooLong = true
      return
    }
    bytes[byteCount] = byte
    byteCount += 1
  }

  /// A command, a joint and whole numbers.
  var isWhole: Bool {
    @_noLocks @_noAllocation
    get { !isTooLong && byteCount >= 2 && byteCount % 2 == 0 }
  }

  var command: UInt8 { @_noLocks @_noAllocation get { bytes[0] } }
  var joint: UInt8 { @_noLocks @_noAllocation get { bytes[1] } }
  var numberCount: Int { @_noLocks @_noAllocation get { (byteCount - 2) / 2 } }

  @_noLocks @_noAllocation
  func hundredths(_ index: Int) -> Int16 {
    precondition(index >= 0 && index < numberCount, "a number that is there")
    let low = UInt16(bytes[2 + 2 * index])
    return Int16(bitPattern: low | UInt16(bytes[3 + 2 * index]) << 8)
  }

  @_noLocks @_noAllocation
  func number(_ index: Int) -> Double { Double(hundredths(index)) / 100 }

  /// A status out of its hundredths, which 16 bits do not hold when an error's number is high: what
  /// is multiplied by 100 = 4 · 25 is a multiple of four, and 25 can be divided out in a ring of
  /// 2^14. Nil: a damaged message.
  var status: UInt16? {
    @_noLocks @_noAllocation
    get {
      guard numberCount == 1, joint == 0 else { return nil }
      let hundredths = UInt16(bitPattern: hundredths(0))
      guard hundredths & 3 == 0 else { return nil }
      let status = (hundredths >> 2) &* Self.inverseOf25 & 0x3FFF
      let isKnown = status <= OpenExoStatus.motorStartUp || status & OpenExoStatus.errorBit != 0
      return isKnown ? status : nil
    }
  }

  /// Of 25, modulo 2^14.
  static var inverseOf25: UInt16 { @_noLocks @_noAllocation get { 7209 } }
}

enum OpenExoFrame {
  private static var end: UInt8 { @_noLocks @_noAllocation get { 0xC0 } }
  private static var escape: UInt8 { @_noLocks @_noAllocation get { 0xDB } }
  private static var escapedEnd: UInt8 { @_noLocks @_noAllocation get { 0xDC } }
  private static var escapedEscape: UInt8 { @_noLocks @_noAllocation get { 0xDD } }

  /// Bytes of a queue without an end that are kept.
  private static var unfinishedMax: Int { @_noLocks @_noAllocation get { 512 } }

  /// A question.
  @_noLocks @_noAllocation
  static func put(_ command: UInt8, joint: UInt8 = 0, into out: inout ByteWriter) {
    out.put(end)
    putEscaped(command, into: &out)
    putEscaped(joint, into: &out)
    out.put(end)
  }

  /// A command with one number.
  @_noLocks @_noAllocation
  static func put(_ command: UInt8, _ number: Float, into out: inout ByteWriter) {
    out.put(end)
    putEscaped(command, into: &out)
    putEscaped(UInt8(0), into: &out)
    putEscaped(number, into: &out)
    out.put(end)
  }

  /// One parameter of a joint's controller.
  @_noLocks @_noAllocation
  static func putParameter(
    joint: UInt8, controller: UInt8, index: UInt8, _ value: Float, into out: inout ByteWriter
  ) {
    out.put(end)
    putEscaped(OpenExoCode.controllerParameter, into: &out)
    putEscaped(joint, into: &out)
    putEscaped(Float(controller), into: &out)
    putEscaped(Float(index), into: &out)
    putEscaped(value, into: &out)
    out.put(end)
  }

  @_noLocks @_noAllocation
  private static func putEscaped(_ number: Float, into out: inout ByteWriter) {
    let bits = number.bitPattern
    putEscaped(UInt8(truncatingIfNeeded: bits), into: &out)
    putEscaped(UInt8(truncatingIfNeeded: bits >> 8), into: &out)
    putEscaped(UInt8(truncatingIfNeeded: bits >> 16), into: &out)
    putEscaped(UInt8(truncatingIfNeeded: bits >> 24), into: &out)
  }

  @_noLocks @_noAllocation
  private static func putEscaped(_ byte: UInt8, into out: inout ByteWriter) {
    if byte == end {
      out.put(escape)
      out.put(escapedEnd)
    } else if byte == escape {
      out.put(escape)
      out.put(escapedEscape)
    } else {
      out.put(byte)
    }
  }

  /// The next message, taken from the queue; nil when none is whole. What is none is skipped.
  @_noLocks @_noAllocation
  static func take(from queue: inout ByteQueue) -> OpenExoMessage? {
    while queue.count > 0 {
      var message = OpenExoMessage()
      var offset = 0
      var isEscaped = false
      var isDamaged = false
      while offset < queue.count, queue.byte(offset) != end {
        let byte = queue.byte(offset)
        offset += 1
        if isEscaped {
          isEscaped = false
          if byte == escapedEnd {
            message.append(end)
          } else if byte == escapedEscape {
            message.append(escape)
          } else {
            isDamaged = true
          }
        } else if byte == escape {
          isEscaped = true
        } else {
          message.append(byte)
        }
      }
      if offset == queue.count {
        if offset > unfinishedMax { queue.skip(offset) }
        return nil
      }
      if offset > 0, !isDamaged, !isEscaped, message.isWhole {
        queue.drop(offset + 1)
        return message
      }
      queue.skip(offset)
      queue.drop(1)
    }
    return nil
  }
}
