// FTDI's USB-serial chips without a kernel driver: FT232R (OpenEEG), FT231X (OpenBCI's dongle).
//
// Sources: FTDI application notes AN232B-05 (divisors), AN_232B-04 (latency timer, event
// character); requests and status bits as in the kernel's ftdi_sio.h.

import RT
import USBShim

enum FTDI {
  private static var toDevice: UInt8 { 0x40 }
  /// The larger of the chips' receive buffers (data sheets of FT231X: 512, FT232R: 256).
  static var fifoByteCount: Int { @_noLocks @_noAllocation get { 512 } }
  /// Full-speed bulk packets.
  static var packetByteCount: Int { @_noLocks @_noAllocation get { 64 } }

  /// 8N1 at a rate, no flow control, what was received before thrown away, and bytes handed over
  /// after a millisecond or at the event character.
  ///
  /// - Parameter eventCharacter: the last byte of a packet; it occurs in data, too, which only
  ///   makes for a smaller transfer.
  /// - Returns: 0, or `-errno` of the request that failed.
  static func configure(_ usb: OpaquePointer, baud: UInt32, eventCharacter: UInt8?) -> Int32 {
    let divisor = divisor(baud: baud)
    let event = eventCharacter.map { UInt16($0) | 0x100 } ?? 0
    let requests: [(request: UInt8, value: UInt16, index: UInt16)] = [
      (0, 0, 0),  // reset
      (3, divisor.value, divisor.index),  // baud rate
      (4, 0x0008, 0),  // 8N1
      (2, 0, 0),  // no flow control
      (1, 0x0101, 0), (1, 0x0202, 0),  // DTR, RTS on
      (9, 1, 0),  // latency timer, ms
      (6, event, 0),  // event character
      (0, 1, 0), (0, 2, 0),  // both FIFOs emptied
    ]
    for step in requests {
      // SAFETY: the device is open; there is no data.
      let result = unsafe shim_usb_control(
        usb, toDevice, step.request, step.value, step.index, nil, 0)
      if result < 0 { return result }
    }
    return 0
  }

  /// 3 MHz over the divisor, in eighths: the whole part below, the code of the eighths above it.
  /// 0 and 1 stand for 3 and 2 megabaud.
  static func divisor(baud: UInt32) -> (value: UInt16, index: UInt16) {
    let eighths = (24_000_000 + baud / 2) / baud
    if eighths <= 8 { return (0, 0) }
    if eighths <= 12 { return (1, 0) }
    let codes: [UInt32] = [0, 3, 2, 4, 1, 5, 6, 7]
    let code = codes[Int(eighths & 7)]
    let whole = min(eighths >> 3, 0x3FFF)
    return (UInt16(whole | (code & 3) << 14), UInt16(code >> 2))
  }

  /// Copies what came over the line: each packet of 64 bytes begins with modem and line status.
  ///
  /// - Returns: bytes copied, at most `count`.
  @_noLocks @_noAllocation
  static func strip(
    _ source: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutableRawPointer,
    _ errors: inout LineErrors
  ) -> Int {
    var copied = 0
    var start = 0
    while start < count {
      let length = min(packetByteCount, count - start)
      if length >= 2 {
        // SAFETY: `start + length` is within `count`; no more is copied than there was.
        note(unsafe source[start + 1], &errors)
        unsafe (target + copied).copyMemory(from: source + start + 2, byteCount: length - 2)
        copied += length - 2
      }
      start += length
    }
    return copied
  }

  @_noLocks @_noAllocation
  private static func note(_ lineStatus: UInt8, _ errors: inout LineErrors) {
    if lineStatus & 0x9E == 0 { return }
    // Bit 7 says that there is an error somewhere in the FIFO, and stands beside the others.
    if lineStatus & 0x02 != 0 { errors.overruns &+= 1 }
    if lineStatus & 0x04 != 0 { errors.parity &+= 1 }
    if lineStatus & 0x08 != 0 { errors.framing &+= 1 }
    if lineStatus & 0x10 != 0 { errors.breaks &+= 1 }
  }
}
