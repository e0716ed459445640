// The properties of an ODrive that a host reads and writes by name.
//
// Names and types: odriverobotics/ODrive 0.5.x, Firmware/odrive-interface.yaml; how they are
// printed: fibre, to_string, into a buffer of ten characters. Of the several hundred that the
// device has, those that a host of one joint needs; any other is an "invalid property" here.

/// A property, as the device names and prints it.
enum ODriveProperty {
  case float(Float)
  case whole(UInt32)
  case long(UInt64)
  case flag(Bool)

  var text: String {
    switch self {
    case .float(let value): String(ODriveNumber.text(value).prefix(9))
    case .whole(let value): String(String(value).prefix(9))
    case .long(let value): String(String(value).prefix(9))
    case .flag(let value): value ? "1" : "0"
    }
  }
}

extension ODriveAxis {
  /// nil: none of this name.
  func property(_ name: String) -> ODriveProperty? {
    switch name {
    case "error": .whole(error)
    case "current_state": .whole(state.rawValue)
    case "requested_state": .whole(requestedState)
    case "config.enable_watchdog": .flag(configuration.isWatchdogEnabled)
    case "config.watchdog_timeout": .float(configuration.watchdogSeconds)
    case "motor.error": .whole(motorError)
    case "motor.is_armed": .flag(isClosedLoop)
    case "motor.is_calibrated": .flag(isCalibrated)
    case "motor.current_control.Iq_setpoint", "motor.current_control.Iq_measured":
      .float(torque / configuration.torqueConstant)
    case "encoder.error": .whole(encoderError)
    case "encoder.is_ready": .flag(isCalibrated)
    case "encoder.pos_estimate": .float(position)
    case "encoder.vel_estimate": .float(velocity)
    case "controller.error": .whole(controllerError)
    case "controller.pos_setpoint": .float(positionSetpoint)
    case "controller.vel_setpoint": .float(velocitySetpoint)
    case "controller.torque_setpoint": .float(torqueSetpoint)
    default:
      if let path = Self.floats[name] {
        .float(self[keyPath: path])
      } else if let path = Self.wholes[name] {
        .whole(self[keyPath: path])
      } else if let path = Self.flags[name] {
        .flag(self[keyPath: path])
      } else {
        nil
      }
    }
  }

  enum Writing {
    case done, readOnly, unreadable, unknown
  }

  mutating func write(_ text: String?, to name: String) -> Writing {
    var scanner = ODriveScanner(Array((text ?? "").utf8)[...])
    if let path = Self.floats[name] {
      guard let value = scanner.float() else { return .unreadable }
      self[keyPath: path] = value
      if name == "controller.input_pos" { inputPositionUpdated() }
      return .done
    }
    if let path = Self.wholes[name] {
      guard let value = scanner.unsigned() else { return .unreadable }
      self[keyPath: path] = value
      return .done
    }
    if let path = Self.flags[name] {
      guard let value = scanner.integer() else { return .unreadable }
      self[keyPath: path] = value != 0
      return .done
    }
    return property(name) == nil ? .unknown : .readOnly
  }

  private typealias Path<Value> = any WritableKeyPath<ODriveAxis, Value> & Sendable

  private static var floats: [String: Path<Float>] {
    [
      "config.watchdog_timeout": \.configuration.watchdogSeconds,
      "motor.config.torque_constant": \.configuration.torqueConstant,
      "motor.config.current_lim": \.configuration.currentLimit,
      "motor.config.torque_lim": \.configuration.torqueLimit,
      "controller.input_pos": \.inputPosition,
      "controller.input_vel": \.inputVelocity,
      "controller.input_torque": \.inputTorque,
      "controller.config.vel_limit": \.configuration.velocityLimit,
      "controller.config.vel_limit_tolerance": \.configuration.velocityLimitTolerance,
      "controller.config.vel_gain": \.configuration.velocityGain,
      "controller.config.vel_ramp_rate": \.configuration.velocityRamp,
      "controller.config.torque_ramp_rate": \.configuration.torqueRamp,
      "controller.config.input_filter_bandwidth": \.configuration.filterBandwidth,
      "trap_traj.config.vel_limit": \.configuration.trajectoryVelocity,
      "trap_traj.config.accel_limit": \.configuration.trajectoryAcceleration,
      "trap_traj.config.decel_limit": \.configuration.trajectoryDeceleration,
    ]
  }

  private static var wholes: [String: Path<UInt32>] {
    [
      "error": \.error, "requested_state": \.requestedState, "motor.error": \.motorError,
      "encoder.error": \.encoderError, "controller.error": \.controllerError,
      "controller.config.control_mode": \.configuration.controlMode,
      "controller.config.input_mode": \.configuration.inputMode,
    ]
  }

  private static var flags: [String: Path<Bool>] {
    [
      "config.enable_watchdog": \.configuration.isWatchdogEnabled,
      "controller.config.enable_vel_limit": \.configuration.isVelocityLimited,
      "controller.config.enable_overspeed_error": \.configuration.isOverspeedAnError,
      "controller.config.enable_torque_mode_vel_limit":
        \.configuration.isTorqueModeVelocityLimited,
    ]
  }
}
