// What a VESC says of itself: the payload of COMM_GET_VALUES, field by field.
//
// Source: vedderb/bldc, comm/commands.c of firmware 6.02, all bits of the mask; CubeMars, manual
// V1.0.8, section 5.2.2, whose example of 73 bytes ends before the status byte.

struct VESCValues: Equatable, Sendable {
  var transistorCelsius = 30.0
  var motorCelsius = 30.0
  var motorAmperes = 0.0
  var inputAmperes = 0.0
  var directAmperes = 0.0
  var quadratureAmperes = 0.0
  /// -1 … 1.
  var duty = 0.0
  /// Electrical revolutions a minute.
  var erpm = 0.0
  var inputVolts = 24.0
  var ampereHours = 0.0
  var ampereHoursCharged = 0.0
  var wattHours = 0.0
  var wattHoursCharged = 0.0
  /// Six counts an electrical revolution.
  var tachometer: Int32 = 0
  var tachometerAbsolute: Int32 = 0
  var fault: UInt8 = 0
  var positionDegrees = 0.0
  var identity: UInt8 = 0
  var transistorsCelsius = [30.0, 30.0, 30.0]
  var directVolts = 0.0
  var quadratureVolts = 0.0
  /// Bit 0: timeout; bit 1: kill switch. nil: an older firmware, which does not say.
  var status: UInt8?

  /// With the command's byte in front.
  func payload(command: UInt8) -> [UInt8] {
    var numbers = VESCNumbers()
    numbers.append(command)
    numbers.append(short: transistorCelsius, scale: 10)
    numbers.append(short: motorCelsius, scale: 10)
    for amperes in [motorAmperes, inputAmperes, directAmperes, quadratureAmperes] {
      numbers.append(amperes, scale: 100)
    }
    numbers.append(short: duty, scale: 1000)
    numbers.append(erpm, scale: 1)
    numbers.append(short: inputVolts, scale: 10)
    for charge in [ampereHours, ampereHoursCharged, wattHours, wattHoursCharged] {
      numbers.append(charge, scale: 10_000)
    }
    numbers.append(tachometer)
    numbers.append(tachometerAbsolute)
    numbers.append(fault)
    numbers.append(positionDegrees, scale: 1_000_000)
    numbers.append(identity)
    for celsius in transistorsCelsius { numbers.append(short: celsius, scale: 10) }
    numbers.append(directVolts, scale: 1000)
    numbers.append(quadratureVolts, scale: 1000)
    if let status { numbers.append(status) }
    return numbers.bytes
  }
}

/// Why a VESC has released its motor: `mc_fault_code`, datatypes.h of firmware 6.02.
public enum VESCFault: UInt8, CaseIterable, Sendable {
  case none = 0
  case overVoltage = 1
  case underVoltage = 2
  case driver = 3
  case absoluteOverCurrent = 4
  case overTemperatureTransistor = 5
  case overTemperatureMotor = 6

  /// The firmware's name.
  var name: String {
    switch self {
    case .none: "FAULT_CODE_NONE"
    case .overVoltage: "FAULT_CODE_OVER_VOLTAGE"
    case .underVoltage: "FAULT_CODE_UNDER_VOLTAGE"
    case .driver: "FAULT_CODE_DRV"
    case .absoluteOverCurrent: "FAULT_CODE_ABS_OVER_CURRENT"
    case .overTemperatureTransistor: "FAULT_CODE_OVER_TEMP_FET"
    case .overTemperatureMotor: "FAULT_CODE_OVER_TEMP_MOTOR"
    }
  }
}
