// What must be known of an OpenExo that it does not tell: it is configured on its memory card.

/// Source of the defaults: OpenExo, ExoCode/src/ParseIni.h and ControllerData.h.
public struct OpenExoSettings: Equatable, Sendable {
  /// The controller that applies a constant torque at this joint: 5 at ankle and hip of the newest
  /// firmware; older firmware numbers otherwise.
  public var controller: UInt8 = 5
  /// Of its parameters, the torque in N·m.
  public var torqueIndex: UInt8 = 0
  /// Of its parameters, the one that turns the torque round; it is set to 0.
  public var directionIndex: UInt8 = 1
  /// Of the numbers in a real-time message, the joint's angle in degrees; nil: none of them is, and
  /// the joint cannot be armed. No released firmware sends one: a laboratory adds it to its own.
  public var angleIndex: Int?
  /// The joint's velocity in degrees per second; nil: taken from the angle's change.
  public var velocityIndex: Int?
  /// The torque that the drive measures, in N·m; nil: not told.
  public var torqueReadingIndex: Int?

  public init() {}

  /// Numbers that a message can hold: its receiver takes 64 bytes.
  static var realTimeCountMax: Int { @_noLocks @_noAllocation get { 31 } }

  /// What cannot be; nil: nothing.
  func complaint(address: Int) -> (what: String, remedy: String)? {
    guard (1...255).contains(address) else {
      return (
        "\(address) is no joint of an OpenExo",
        "65, 66, 68 are the left hip, knee and ankle, 33, 34, 36 the right ones"
      )
    }
    guard torqueIndex != directionIndex, torqueIndex < 32, directionIndex < 32 else {
      return (
        "parameters \(torqueIndex) and \(directionIndex) cannot be torque and direction",
        "choose two different ones below 32"
      )
    }
    for index in [angleIndex, velocityIndex, torqueReadingIndex].compactMap({ $0 })
    where !(0..<Self.realTimeCountMax).contains(index) {
      return (
        "a real-time message has no number \(index)",
        "choose one below \(Self.realTimeCountMax)"
      )
    }
    return nil
  }
}
