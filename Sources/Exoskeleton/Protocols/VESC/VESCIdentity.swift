// How a VESC says who it is: its firmware's version, and the name of its hardware. A CubeMars is
// asked for its values alone: what it says to the other question is written nowhere.

internal import RT

extension DriveSettings {
  /// Where the drive can be sent, in its own degrees. A VESC's positions are those of an encoder,
  /// of one turn; a CubeMars counts turns, and 32 bits hold so many millionths.
  var vescReach: ClosedRange<Double> { kind == .cubemars ? -2147...2147 : 0...360 }
}

extension ExoskeletonLink {
  /// Not real-time.
  ///
  /// - Throws: also `unsuitable`, for a firmware whose values hold no position, and for efforts
  ///   without a torque constant.
  mutating func identifyVESC(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    if settings.mode == .effort, settings.gearing.newtonMetresPerAmpere == 0 {
      throw .unsuitable(
        path: port.path,
        what: "a joint without a torque constant, and targets that are efforts,",
        remedy: "no torque constant is set: set N·m for an ampere at the joint")
    }
    var name = settings.kind.rawValue
    var firmware = ""
    var serialNumber = ""
    if settings.kind == .vesc {
      // Our own question has one byte.
      let answer = try askVESC(VESCCode.firmwareVersion, atLeast: 3, until: deadline)
      let told = answer.dropFirst(3).prefix { $0 != 0 }
      // It goes to terminals and logs.
      let text = told.map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
      if !text.isEmpty { name = String(decoding: text, as: UTF8.self) }
      firmware = "\(answer[1]).\(answer[2])"
      // The processor's, behind the name and its end.
      let identifier = answer.dropFirst(3 + told.count + 1).prefix(12)
      if identifier.count == 12 {
        serialNumber = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      }
    }
    let values = try askVESC(VESCCode.values, atLeast: 2, until: deadline)
    guard values.count >= VESCValues.byteCountMin else {
      throw .unsuitable(
        path: port.path,
        what: "a drive whose values are \(values.count) bytes and hold no position",
        remedy: "update its firmware")
    }
    var identity = ExoskeletonIdentity(
      name: name, firmware: firmware, watchdog: .unknown(usual: .seconds(1)),
      positionDegrees: reachOfJoint)
    identity.serialNumber = serialNumber
    identity.remarks.append(
      "its own watchdog cannot be read over the UART and is usually 1000 ms, after which the joint"
        + " goes on free: set its timeout to 100 ms in the drive maker's tool")
    if settings.gearing.newtonMetresPerAmpere == 0 {
      identity.remarks.append("no torque constant is set, so that its effort is not watched")
    }
    if settings.kind == .cubemars {
      identity.remarks.append(
        "some firmware tells the wanted position instead of the real one: before the first session"
          + " turn the joint by hand and see that its position follows")
    } else if values.count <= VESCValues.statusOffset {
      identity.remarks.append(
        "its firmware is older than 5.3 and does not say when its watchdog has bitten")
    }
    return identity
  }

  /// The joint's angles that the drive can be sent to: limits beyond them are refused when the
  /// governor's are checked against the identity.
  private var reachOfJoint: ClosedRange<Double> {
    let ends = [settings.vescReach.lowerBound, settings.vescReach.upperBound].map {
      settings.gearing.jointDegrees($0)
    }
    return min(ends[0], ends[1])...max(ends[0], ends[1])
  }

  private mutating func askVESC(_ code: UInt8, atLeast count: Int, until deadline: MonotonicInstant)
    throws(LinkFault) -> [UInt8]
  {
    // What a host before us has left it doing ends here: our heartbeats would keep it alive.
    let question = bytes { out in
      VESCFrame.put(VESCCode.setCurrent, 0, into: &out)
      VESCFrame.put(code, into: &out)
    }
    var isEchoed = false
    do throws(LinkFault) {
      return try ask(question, until: deadline) { queue in
        while let payload = VESCFrame.find(in: &queue) {
          let bytes = unsafe Array(queue.bytes(payload.offset, count: payload.count))
          queue.drop(payload.offset + payload.count + 3)
          if bytes == [code] { isEchoed = true }
          if bytes.count >= count, bytes[0] == code { return bytes }
        }
        return nil
      }
    } catch {
      throw isEchoed ? .echo(path: port.path) : error
    }
  }
}
