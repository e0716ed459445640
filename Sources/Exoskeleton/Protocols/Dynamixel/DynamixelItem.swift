// The items of the control table that are read or written, with address and width.
//
// Source: ROBOTIS e-Manual, XM430-W350, Control Table; the same in all of the X series and in MX
// servos with Protocol 2.0.

struct DynamixelItem: Sendable, BitwiseCopyable {
  let address: UInt16
  let byteCount: Int

  @_noLocks @_noAllocation
  private init(_ address: UInt16, _ byteCount: Int) {
    self.address = address
    self.byteCount = byteCount
  }

  // EEPROM: not written here.
  /// In units of 2 µs.
  static var returnDelayTime: Self { @_noLocks @_noAllocation get { Self(9, 1) } }
  static var driveMode: Self { @_noLocks @_noAllocation get { Self(10, 1) } }
  static var operatingMode: Self { @_noLocks @_noAllocation get { Self(11, 1) } }
  static var currentLimit: Self { @_noLocks @_noAllocation get { Self(38, 2) } }
  static var velocityLimit: Self { @_noLocks @_noAllocation get { Self(44, 4) } }
  static var maxPositionLimit: Self { @_noLocks @_noAllocation get { Self(48, 4) } }
  static var minPositionLimit: Self { @_noLocks @_noAllocation get { Self(52, 4) } }

  // RAM
  static var torqueEnable: Self { @_noLocks @_noAllocation get { Self(64, 1) } }
  static var statusReturnLevel: Self { @_noLocks @_noAllocation get { Self(68, 1) } }
  static var hardwareErrorStatus: Self { @_noLocks @_noAllocation get { Self(70, 1) } }
  /// In units of 20 ms; 255 once it has bitten.
  static var busWatchdog: Self { @_noLocks @_noAllocation get { Self(98, 1) } }
  static var goalCurrent: Self { @_noLocks @_noAllocation get { Self(102, 2) } }
  static var profileVelocity: Self { @_noLocks @_noAllocation get { Self(112, 4) } }
  static var goalPosition: Self { @_noLocks @_noAllocation get { Self(116, 4) } }
  /// Present Current, Present Velocity and Present Position, which follow one another.
  static var present: Self { @_noLocks @_noAllocation get { Self(126, 10) } }
}

/// The units of the table.
enum DynamixelUnit {
  static var countsPerDegree: Double { @_noLocks @_noAllocation get { 4096.0 / 360 } }
  /// Of velocities, 0.229 turns a minute.
  static var degreesPerSecond: Double { @_noLocks @_noAllocation get { 0.229 * 6 } }
  static var watchdog: Int64 { @_noLocks @_noAllocation get { 20_000_000 } }
  /// What Bus Watchdog reads when it has bitten: -1.
  static var bitten: UInt8 { @_noLocks @_noAllocation get { 255 } }
  /// Of a goal in the mode of several turns.
  static var countsMaximum: Int32 { @_noLocks @_noAllocation get { 1_048_575 } }
}

/// A servo whose table is the X series'.
struct DynamixelModel: Equatable, Sendable {
  var name: String
  /// Amperes of one count of Present and Goal Current; nil: it has no such sensor, and the item at
  /// that address is an estimate of its load.
  var amperesPerCount: Double?

  /// Nil: none whose table is known to be this one.
  ///
  /// Numbers and addresses: the models of ROBOTIS' SDK 4.1.0. Unit of the current: e-Manual,
  /// 2.69 mA for the XM430-W350. For the XL330 and XC330 (1 mA) and the MX-64 and MX-106
  /// (3.36 mA) it is not verified: the drive's torque constant takes it in.
  init?(number: UInt16) {
    let models: [UInt16: (String, Double?)] = [
      30: ("MX-28", nil), 311: ("MX-64", 0.00336), 321: ("MX-106", 0.00336),
      1000: ("XH430-W350", 0.00269), 1001: ("XD430-T350", 0.00269), 1010: ("XH430-W210", 0.00269),
      1011: ("XD430-T210", 0.00269), 1020: ("XM430-W350", 0.00269), 1030: ("XM430-W210", 0.00269),
      1040: ("XH430-V350", 0.00269), 1050: ("XH430-V210", 0.00269), 1060: ("XL430-W250", nil),
      1070: ("XC430-W150", nil), 1080: ("XC430-W240", nil), 1090: ("2XL430-W250", nil),
      1100: ("XH540-W270", 0.00269), 1101: ("XD540-T270", 0.00269), 1110: ("XH540-W150", 0.00269),
      1111: ("XD540-T150", 0.00269), 1120: ("XM540-W270", 0.00269), 1130: ("XM540-W150", 0.00269),
      1140: ("XH540-V270", 0.00269), 1150: ("XH540-V150", 0.00269), 1160: ("2XC430-W250", nil),
      1170: ("XW540-T260", 0.00269), 1180: ("XW540-T140", 0.00269), 1190: ("XL330-M077", 0.001),
      1200: ("XL330-M288", 0.001), 1210: ("XC330-T181", 0.001), 1220: ("XC330-T288", 0.001),
      1230: ("XC330-M181", 0.001), 1240: ("XC330-M288", 0.001), 1270: ("XW430-T333", 0.00269),
      1280: ("XW430-T200", 0.00269), 1310: ("XW540-H260", 0.00269),
    ]
    guard let model = models[number] else { return nil }
    (name, amperesPerCount) = model
  }
}

/// Operating Mode.
enum DynamixelMode: UInt8, Sendable {
  case current = 0
  case velocity = 1
  case position = 3
  case extendedPosition = 4
  case currentBasedPosition = 5
  case pwm = 16

  /// "3 (position)".
  static func text(_ number: UInt8) -> String {
    switch DynamixelMode(rawValue: number) {
    case .current: "0 (current)"
    case .velocity: "1 (velocity)"
    case .position: "3 (position)"
    case .extendedPosition: "4 (extended position)"
    case .currentBasedPosition: "5 (current-based position)"
    case .pwm: "16 (PWM)"
    case nil: "\(number)"
    }
  }
}

/// Hardware Error Status in words. Source: e-Manual, Shutdown (63).
func dynamixelHardwareErrors(_ bits: UInt8) -> String {
  let names = [
    (0, "input voltage"), (2, "overheating"), (3, "encoder"), (4, "electrical shock"),
    (5, "overload"),
  ]
  let known = names.filter { bits & 1 << UInt8($0.0) != 0 }.map { $0.1 }
  return known.isEmpty ? "number \(bits)" : known.joined(separator: ", ")
}
