// What can be chosen of an emulated OpenExo, and a joint's name on its wire.

/// One of an OpenExo's joints: a side, and a place.
public enum OpenExoJoint: UInt8, CaseIterable, Sendable {
  case leftHip = 65
  case leftKnee = 66
  case leftAnkle = 68
  case leftElbow = 72
  case rightHip = 33
  case rightKnee = 34
  case rightAnkle = 36
  case rightElbow = 40
}

public struct OpenExoOptions: Equatable, Sendable {
  /// The joint that has a motor.
  public var joint = OpenExoJoint.leftAnkle
  /// Of what the exoskeleton tells when it is asked for its configuration, each 1 to 255: as many
  /// as the firmware has keys, 71 in the newest and 48 in older ones.
  public var configurationCount = 71
  /// Numbers in a real-time message: 13 in the newest firmware, 8 to 12 in older ones.
  public var realTimeCount = 13
  /// Which of them is the joint's angle in degrees; nil: none, as released. No released firmware
  /// sends an angle: a laboratory puts it where its own firmware has room. Here it takes the place
  /// of what else would stand there.
  public var angleIndex: Int? = 8
  /// Whether real-time data go over this line, `REAL_TIME_I2C 0`. As released it is 1, and they go
  /// over I2C.
  public var sendsRealTimeData = true
  public var realTimeMilliseconds: Int64 = 9
  /// Of the controller that applies a constant torque: 5 at ankle and hip of the newest firmware, 4
  /// at the hip and 3 at the knee of older ones.
  public var constantTorqueController: UInt8 = 5
  /// Newer firmware says 1B to a parameter and 1C to a reset; older says nothing.
  public var acknowledges = false
  /// What the motor can do at the joint.
  public var effortMax: Double = 50
  /// How long it waits to be asked for the configuration; everything else is lost meanwhile.
  public var handshakeSeconds: Double = 8
  /// How long each of the FSR's calibrations takes; the firmware's own time depends on steps taken.
  public var calibrationSeconds: Double = 5
  /// So long after the handshake it reports this error of its joint by itself; nil: never.
  public var reportedError: OpenExoError?

  public init() {}

  /// - Throws: `unsuitable`.
  func check() throws(EmulatorFault) {
    guard (1...99).contains(configurationCount), (1...16).contains(realTimeCount) else {
      throw .unsuitable(
        what: "an exoskeleton of \(configurationCount) keys and \(realTimeCount) real-time numbers",
        remedy: "choose 1 to 99 and 1 to 16")
    }
    if let angleIndex, !(0..<realTimeCount).contains(angleIndex) {
      throw .unsuitable(
        what: "an angle at index \(angleIndex) of \(realTimeCount) numbers",
        remedy: "choose an index below \(realTimeCount)")
    }
    guard effortMax.isFinite, effortMax > 0, (1...10_000).contains(realTimeMilliseconds),
      (0...3600).contains(handshakeSeconds), (0...3600).contains(calibrationSeconds)
    else {
      throw .unsuitable(
        what: "an exoskeleton without effort, or with such times",
        remedy: "choose an effort above zero, 1 to 10 000 ms and 0 to 3600 s")
    }
  }
}

public struct OpenExoError: Equatable, Sendable {
  public var afterSeconds: Double
  /// As the firmware numbers them.
  public var code: Float

  public init(afterSeconds: Double, code: Float) {
    self.afterSeconds = afterSeconds
    self.code = code
  }
}
