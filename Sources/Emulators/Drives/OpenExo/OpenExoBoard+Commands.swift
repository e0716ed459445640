// What an OpenExo does with each command. It checks next to nothing, and says nothing to most.
//
// Source: OpenExo, ExoCode/src/uart_commands.h, UART_command_handlers.

internal import RT

extension OpenExoBoard {
  mutating func obey(_ message: OpenExoMessage, at now: MonotonicInstant, into turn: inout Turn) {
    let command = OpenExoCommand(rawValue: message.command)
    if case .handshake = phase {
      // Everything else is read and dropped.
      guard command == .getConfiguration else {
        refusedCommands += 1
        return
      }
      begin(at: now)
    }
    switch command {
    case .getConfiguration:
      reply(.updateConfiguration, configuration, into: &turn)
    case .getStatus:
      reply(.updateStatus, [Float(status16)], into: &turn)
    case .updateStatus:
      obeyStatus(message)
    case .updateMotorEnable:
      isMotorEnabled = message.values.first.map { $0 != 0 } ?? false
      motionCommands += 1
    case .getControllerParameters, .updateControllerParameters, .updateControllerParameter:
      obeyController(message, command, into: &turn)
    case .getRealTimeData:
      if options.sendsRealTimeData {
        turn.send(realTimeMessage(at: now).bytesFromExoskeleton)
      }
    case .updateTorqueCalibration:
      setStatus(OpenExoStatus.torqueCalibration)
    case .updateFSRCalibration, .updateFSRRefinement:
      setStatus(
        command == .updateFSRCalibration
          ? OpenExoStatus.fsrCalibration : OpenExoStatus.fsrRefinement)
      calibrationEnd = now + Nanoseconds(seconds: options.calibrationSeconds)
    case .getError:
      // It hands back what it is given.
      turn.send(
        OpenExoMessage(
          command: .updateError, joint: message.joint, values: [message.values.first ?? 0]
        ).bytesFromExoskeleton)
    case .getFSRThresholds:
      reply(.updateFSRThresholds, fsrThresholds, into: &turn)
    case .updateFSRThresholds:
      fsrThresholds = [message.values.first ?? 0, message.values.dropFirst().first ?? 0]
    case .getReset, .updateReset:
      if options.acknowledges { reply(.resetAcknowledgement, [], into: &turn) }
      reset(at: now)
    case .updateConfiguration, .getTorqueCalibration, .getFSRCalibration, .getFSRRefinement,
      .getMotorEnable, .getMotorZero, .updateMotorZero, .updateRealTimeData,
      .getControllerParameter, .updateError, .parameterAcknowledgement, .resetAcknowledgement:
      // Known, and without any effect that could be seen from here.
      break
    case nil:
      refusedCommands += 1
    }
  }

  private func reply(_ command: OpenExoCommand, _ values: [Float], into turn: inout Turn) {
    turn.send(OpenExoMessage(command: command, values: values).bytesFromExoskeleton)
  }

  /// No key is zero in a configuration: AK board 0.5.1, a dumb battery, both ankles. The rest is 1.
  private var configuration: [Float] {
    var keys = [Float](repeating: 1, count: max(5, options.configurationCount))
    keys[1] = 4
    keys[2] = 2
    return Array(keys.prefix(options.configurationCount))
  }

  /// When a trial begins each joint's parameters are read from the card anew: what was set before
  /// is gone.
  private mutating func obeyStatus(_ message: OpenExoMessage) {
    let value = message.values.first ?? 0
    let status = UInt16(exactly: value.rounded(.towardZero)) ?? 0
    setStatus(status)
    guard status == OpenExoStatus.trialOn else { return }
    for joint in controllers.keys { controllers[joint]?.reset() }
  }

  private mutating func obeyController(
    _ message: OpenExoMessage, _ command: OpenExoCommand?, into turn: inout Turn
  ) {
    guard let joint = OpenExoJoint(rawValue: message.joint), var controller = controllers[joint]
    else {
      refusedCommands += 1
      return
    }
    if command == .getControllerParameters {
      let parameters = controller.parameters.prefix(parameterCount(of: controller.id))
      turn.send(
        OpenExoMessage(
          command: .updateControllerParameters, joint: message.joint,
          values: [Float(controller.id), Float(parameters.count)] + parameters + [0]
        ).bytesFromExoskeleton)
      return
    }
    // What the message does not bring is zero.
    let values = message.values + [0, 0, 0]
    let id = OpenExoMessage.byte(values[0])
    if command == .updateControllerParameters {
      controller.id = id
      controller.reset()
    } else {
      if values[0] != Float(controller.id) {
        controller.id = id
        controller.reset()
      }
      let index = Int(OpenExoMessage.byte(values[1]))
      // The firmware would write into other memory.
      guard controller.parameters.indices.contains(index) else {
        controllers[joint] = controller
        refusedCommands += 1
        return
      }
      controller.parameters[index] = values[2]
      if options.acknowledges {
        turn.send(
          OpenExoMessage(
            command: .parameterAcknowledgement, joint: message.joint,
            values: [Float(id), Float(index), 1, 0]
          ).bytesFromExoskeleton)
      }
    }
    controllers[joint] = controller
    if joint == options.joint { motionCommands += 1 }
  }

  /// Amplitude, direction, smoothing, whether a loop is closed, its three gains; of the others only
  /// the last four.
  private func parameterCount(of controller: UInt8) -> Int {
    controller == options.constantTorqueController ? 7 : 4
  }
}
