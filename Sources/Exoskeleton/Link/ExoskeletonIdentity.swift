// Who answered, and what it says of itself: the same for every protocol.

public import RT

/// What watches over the drive when its host is dead.
public enum DriveWatchdog: Equatable, Sendable {
  /// Nothing: it keeps the last command for ever.
  case none
  /// It has one that cannot be read; so it usually is.
  case unknown(usual: Nanoseconds)
  /// Read from the drive; where the protocol can set it, after it was set.
  case read(Nanoseconds)

  /// "100 ms", "none".
  public var text: String {
    switch self {
    case .none: "none: without commands it keeps the last one"
    case .unknown(let usual): "cannot be read, usually \(Int(usual.milliseconds)) ms"
    case .read(let span): "\(Int(span.milliseconds)) ms"
    }
  }
}

/// Who stands at the other end, as far as it can tell.
public struct ExoskeletonIdentity: Equatable, Sendable {
  public var name: String
  /// Empty: it does not tell.
  public var firmware: String
  /// The drive's own, as its maker's tools write it. Empty: it does not tell.
  public var serialNumber = ""
  public var jointCount = 1
  /// How often its firmware looks at the line and at the joint.
  public var loopHertz: Double?
  public var watchdog: DriveWatchdog
  /// What it accepts by itself.
  public var positionDegrees: ClosedRange<Double>?
  public var velocityMaximum: Double?
  /// What a person should know, a sentence each.
  public var remarks: [String] = []

  public init(
    name: String, firmware: String, watchdog: DriveWatchdog, loopHertz: Double? = nil,
    positionDegrees: ClosedRange<Double>? = nil, velocityMaximum: Double? = nil
  ) {
    self.name = name
    self.firmware = firmware
    self.watchdog = watchdog
    self.loopHertz = loopHertz
    self.positionDegrees = positionDegrees
    self.velocityMaximum = velocityMaximum
  }

  init(_ framed: FramedIdentity) {
    let milliseconds = Int64(framed.watchdogMilliseconds)
    self.init(
      name: "\(framed.name)", firmware: framed.firmwareVersionText,
      // Our own protocol asks for one: 0 is read, and refused.
      watchdog: .read(.milliseconds(milliseconds)),
      loopHertz: Double(framed.loopHertz), velocityMaximum: framed.velocityMaximum)
    jointCount = Int(framed.jointCount)
    let lowest = Double(framed.positionMinMillidegrees) / 1000
    let highest = Double(framed.positionMaxMillidegrees) / 1000
    // Limits the wrong way round allow nothing, which `GovernorLimits.check` will say.
    positionDegrees = lowest <= highest ? lowest...highest : 0...0
  }
}

extension FramedIdentity {
  fileprivate var velocityMaximum: Double { Double(velocityMaxMillidegreesPerSecond) / 1000 }
}
