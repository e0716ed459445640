// How an OpenExo is known: by its configuration, its joint's controller and its real-time data.

internal import RT

extension ExoskeletonLink {
  /// Not real-time. Asking for the configuration ends the wait of 8 s that follows power-up, too.
  ///
  /// - Throws: also `unsuitable`, for a joint that it does not have, and for real-time data that do
  ///   not come or hold no angle where one is said to be.
  mutating func identifyOpenExo(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    let openExo = settings.openExo
    guard settings.mode == .effort else {
      throw .unsuitable(
        path: port.path,
        what: "an OpenExo, which is led by effort alone,",
        remedy: "give the classes efforts instead of positions")
    }
    if let complaint = openExo.complaint(address: settings.address) {
      throw .unsuitable(path: port.path, what: complaint.what, remedy: complaint.remedy)
    }
    let address = UInt8(clamping: settings.address)
    _ = try askOpenExo(
      OpenExoCode.getConfiguration, 0, answer: OpenExoCode.configuration, until: deadline)
    do throws(LinkFault) {
      _ = try askOpenExo(
        OpenExoCode.getControllerParameters, address, answer: OpenExoCode.controllerParameters,
        until: deadline)
    } catch .garbled, .silent {
      throw .unsuitable(
        path: port.path,
        what: "an OpenExo answers, but it has no joint \(address)",
        remedy: "set the address to one of its joints")
    }
    var identity = ExoskeletonIdentity(
      name: "OpenExo, joint \(address)", firmware: "", watchdog: .none)
    identity.jointCount = 1
    identity.loopHertz = 500
    identity.remarks.append(
      "it has no watchdog: when the line dies it keeps the last torque, so that only a switch at"
        + " the exoskeleton ends it; its messages have no checksum either")
    if settings.controlPeriod < .milliseconds(10) {
      identity.remarks.append(
        "it looks at one message in 2 ms: with a control period under 10 ms commands pile up")
    }
    guard openExo.angleIndex != nil else {
      identity.remarks.append(
        "none of its real-time numbers is said to be the joint's angle, so that the position is"
          + " not known and the governor will not arm: set the index of the angle")
      return identity
    }
    try identifyRealTimeData(until: deadline)
    // Hundredths in 16 bits: beyond them an angle would come back as another one.
    let ends = [-327.68, 327.67].map { settings.gearing.jointDegrees($0) }
    identity.positionDegrees = min(ends[0], ends[1])...max(ends[0], ends[1])
    return identity
  }

  /// Learns how long its real-time messages are.
  private mutating func identifyRealTimeData(until deadline: MonotonicInstant) throws(LinkFault) {
    let data: OpenExoMessage
    do throws(LinkFault) {
      data = try askOpenExo(
        OpenExoCode.getRealTimeData, 0, answer: OpenExoCode.realTimeData, until: deadline)
    } catch .garbled, .silent {
      throw .unsuitable(
        path: port.path,
        what: "an OpenExo answers, but sends no real-time data",
        remedy: "build its firmware with REAL_TIME_I2C 0")
    }
    let openExo = settings.openExo
    let indices = [openExo.angleIndex, openExo.velocityIndex, openExo.torqueReadingIndex]
    if let index = indices.compactMap({ $0 }).first(where: { $0 >= data.numberCount }) {
      throw .unsuitable(
        path: port.path,
        what: "real-time messages have \(data.numberCount) numbers, and none with index \(index),",
        remedy: "correct the index, which counts from 0")
    }
    wire.openExo.realTimeCount = data.numberCount
  }

  private mutating func askOpenExo(
    _ command: UInt8, _ joint: UInt8, answer: UInt8, until deadline: MonotonicInstant
  ) throws(LinkFault) -> OpenExoMessage {
    // What a host before us has left it doing ends here: nothing else would end it.
    let question = bytes { out in
      OpenExoFrame.put(OpenExoCode.motorEnable, 0, into: &out)
      OpenExoFrame.put(command, joint: joint, into: &out)
    }
    var isEchoed = false
    // One that is not answered must leave time for those behind it.
    let now = MonotonicInstant.now()
    let share = min(deadline, now + Nanoseconds((deadline - now).rawValue / 2))
    do throws(LinkFault) {
      return try ask(question, until: share) { queue in
        while let message = OpenExoFrame.take(from: &queue) {
          if message.command == command { isEchoed = true }
          if message.command == answer, message.joint == joint { return message }
        }
        return nil
      }
    } catch {
      throw isEchoed ? .echo(path: port.path) : error
    }
  }
}
