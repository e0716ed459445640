// Devices that are modems by their USB class (CDC 1.2, PSTN 1.2: abstract control model).

import USBShim

enum CDCACM {
  /// Clears DTR and RTS, which on some boards are wired to the reset; then the rate, for firmware
  /// that looks at it (PSTN 1.2, 6.3.10 to 6.3.12).
  ///
  /// - Returns: 0 or more, or `-errno` of the request that failed.
  static func configure(_ usb: OpaquePointer, baud: UInt32) -> Int32 {
    let toInterface: UInt8 = 0x21
    // SAFETY: the device is open; the bytes live through the call.
    let cleared = unsafe shim_usb_control(usb, toInterface, 0x22, 0, 0, nil, 0)
    if cleared < 0 { return cleared }
    var coding = (0..<4).map { UInt8(truncatingIfNeeded: baud >> UInt32(8 * $0)) } + [0, 0, 8]
    return unsafe shim_usb_control(
      usb, toInterface, 0x20, 0, 0, &coding, UInt16(coding.count))
  }
}
