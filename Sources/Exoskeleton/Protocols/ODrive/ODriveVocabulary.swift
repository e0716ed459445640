// The lines that are always the same, put together once: names differ between the generations of
// the firmware.
//
// 0.5.x: Firmware/odrive-interface.yaml and ascii_protocol.cpp of odriverobotics/ODrive. 0.6: the
// maker's Arduino library and its users for `active_errors` and the error's numbers; that the
// measured current is motor.foc.Iq_measured there is not verified, so it is asked for once before
// it is relied upon. A drive that was not asked for its generation is asked for nothing that has
// another name in one of them.

internal import RT

/// One or several whole lines. Fixed memory.
struct ODriveText: Sendable {
  private var bytes = InlineArray<192, UInt8>(repeating: 0)
  private var count = 0

  /// Lines without checksums.
  init(_ lines: [String]) {
    for line in lines {
      for byte in Self.line(line) where count < 192 {
        bytes[count] = byte
        count += 1
      }
    }
  }

  /// A line as it goes out.
  static func line(_ text: String) -> [UInt8] {
    let text = Array(text.utf8) + [0x20]
    let sum = text.reduce(0) { $0 ^ $1 }
    return text + Array("*\(sum)\n".utf8)
  }

  var byteCount: Int { count }

  @_noLocks @_noAllocation
  func put(into out: inout ByteWriter) {
    for index in 0..<count { out.put(bytes[index]) }
  }
}

/// Generations of the firmware whose names differ.
enum ODriveGeneration: Sendable {
  /// 0.5.4 to 0.5.6, for the ODrive 3.
  case five
  /// 0.6, for the ODrive Pro, S1 and Micro.
  case six
}

struct ODriveVocabulary: Sendable {
  let tellsCurrent: Bool
  /// Whether the drive was asked who it is; if not, it is asked for position and state alone.
  let isIdentified: Bool
  let idle: ODriveText
  let run: ODriveText
  let feed: ODriveText
  let clear: ODriveText
  /// The watchdog's time, fed by it, and on.
  let watch: ODriveText
  /// Position and velocity, state, error, and a number with a point at the end.
  let question: ODriveText
  /// The same, with the watchdog's time for that number, and whether it is on behind it.
  let check: ODriveText
  /// WATCHDOG_TIMER_EXPIRED.
  let watchdogError: UInt32

  /// - Parameters:
  ///   - generation: nil, when the drive was not asked.
  ///   - watchdogSeconds: what it is set to when the joint is armed.
  init(
    axis: Int, generation: ODriveGeneration?, tellsCurrent: Bool, watchdogSeconds: Double
  ) {
    let prefix = "axis\(axis)."
    self.tellsCurrent = tellsCurrent
    isIdentified = generation != nil
    idle = ODriveText(["w \(prefix)requested_state 1"])
    run = ODriveText(["w \(prefix)requested_state 8"])
    feed = ODriveText(["u \(axis)"])
    clear = ODriveText(["sc"])
    let timeout = prefix + "config.watchdog_timeout"
    let enable = prefix + "config.enable_watchdog"
    watch = ODriveText(["w \(timeout) \(watchdogSeconds)", "u \(axis)", "w \(enable) 1"])
    let common = ["f \(axis)", "r \(prefix)current_state"]
    guard let generation else {
      watchdogError = 0
      question = ODriveText(common)
      check = question
      return
    }
    watchdogError = Self.watchdogError(generation)
    let error = "r \(prefix)\(Self.errorName(generation))"
    let last = tellsCurrent ? prefix + Self.currentName(generation) : "vbus_voltage"
    question = ODriveText(common + [error, "r \(last)"])
    check = ODriveText(common + [error, "r \(timeout)", "r \(enable)"])
  }

  static func watchdogError(_ generation: ODriveGeneration) -> UInt32 {
    generation == .five ? 0x800 : 0x0100_0000
  }

  static func errorName(_ generation: ODriveGeneration) -> String {
    generation == .five ? "error" : "active_errors"
  }

  static func currentName(_ generation: ODriveGeneration) -> String {
    generation == .five ? "motor.current_control.Iq_measured" : "motor.foc.Iq_measured"
  }

  static func torqueConstantName(_ generation: ODriveGeneration) -> String {
    generation == .five ? "motor.config.torque_constant" : "config.motor.torque_constant"
  }

  /// What goes out in a control period under way.
  var byteCountMax: Int { 48 + run.byteCount + question.byteCount }
}
