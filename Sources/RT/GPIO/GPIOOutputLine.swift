// A line that we drive: RESET, START and PWDN of an amplifier, the dead-man relay.

import SPIShim

/// A GPIO line that we drive, through libgpiod. Released when it goes away.
@safe
public struct GPIOOutputLine: ~Copyable, @unchecked Sendable {
  private let output: OpaquePointer

  /// - Throws: what the kernel said.
  public init(chipPath: String, line: GPIOLine, role: String, isHigh: Bool) throws(GPIOFault) {
    let offset = ChipLookUp.offset(of: line, on: chipPath)
    var opened: OpaquePointer?
    // SAFETY: the strings and the pointer's place live through the call.
    let result =
      offset < 0
      ? offset
      : unsafe shim_gpio_output_open(
        chipPath, UInt32(offset), "acquire \(role)", isHigh ? 1 : 0, &opened)
    guard result >= 0, let opened = unsafe opened else {
      throw ChipLookUp.fault(result, line: line, role: role, chipPath: chipPath)
    }
    unsafe output = opened
  }

  deinit { unsafe shim_gpio_output_close(output) }

  /// Real-time: one system call. 0, or -errno.
  @_noLocks @_noAllocation
  public func set(_ isHigh: Bool) -> Int32 { unsafe shim_gpio_output_set(output, isHigh ? 1 : 0) }
}
