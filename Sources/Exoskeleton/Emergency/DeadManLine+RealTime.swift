// Real-time: the decoding thread; one system call for each control period.
//
// A square wave at half the control rate, made by the thread that commands. A relay behind a charge
// pump holds as long as the wave goes on and drops out when the thread hangs, is stopped, or dies:
// then the level stands still, whichever it is.

public import RT

public struct DeadManLine: ~Copyable, Sendable {
  private let line: GPIOOutputLine
  private var isHigh = false
  /// System calls that failed: a line that cannot be driven stands still, which is safe.
  public private(set) var failures: UInt64 = 0

  /// - Parameter chip: label of the gpiochip, or its path.
  /// - Throws: when the line cannot be had.
  public init(chip: String, line: GPIOLine) throws(GPIOFault) {
    let path = try ChipLookUp.path(labelled: chip)
    self.line = try GPIOOutputLine(
      chipPath: path, line: line, role: "dead-man", isHigh: false)
  }

  /// Once a control period, after its command, and only while nothing is stopped.
  @_noLocks @_noAllocation
  public mutating func beat() {
    if line.set(!isHigh) < 0 { failures &+= 1 } else { isHigh = !isHigh }
  }

  /// Low, and it stays there.
  @_noLocks @_noAllocation
  public mutating func drop() {
    guard isHigh else { return }
    // What was not done is tried again.
    if line.set(false) < 0 { failures &+= 1 } else { isHigh = false }
  }
}
