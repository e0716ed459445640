// How a drive that speaks compact frames is known: by its format, once it has answered in it.

internal import RT

extension ExoskeletonLink {
  /// Not real-time.
  mutating func identifyCompact(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    guard let format = settings.compact else {
      throw .unsuitable(
        path: port.path, what: "no layout is given for compact frames",
        remedy: "name the file of a format")
    }
    guard format.canLead(by: settings.mode) else {
      let command = settings.mode == .effort ? "exert" : "motion"
      throw .unsuitable(
        path: port.path,
        what: "the format \(format.name) has no [commands.\(command)], which the targets ask for,",
        remedy: "add it, or give targets of the other kind")
    }
    for field in (format.commands.values.flatMap(\.fields) + format.replies.flatMap(\.fields))
    where field.meaning == .address && !field.number.range.contains(Int64(settings.address)) {
      throw .unsuitable(
        path: port.path,
        what: "the joint's address \(settings.address) does not fit the format's"
          + " \(field.number.rawValue)", remedy: "correct the address")
    }
    var wire = CompactWire(settings)
    let hasIdentify = format.commands[.identify] != nil
    var echoes = 0
    // A host before us may have left it driven: neutral, and only then the question.
    let question = bytes { out in
      _ = wire.encode(.neutral, sequence: 0, at: .now(), into: &out)
      if hasIdentify { _ = wire.encode(.identify, sequence: 1, at: .now(), into: &out) }
    }
    do throws(LinkFault) {
      try ask(question, until: deadline) { queue in
        while let reply = wire.next(&queue, at: .now()) {
          if reply.isEcho { echoes += 1 } else { return () }
        }
        return nil
      }
    } catch {
      throw echoes > 0 ? .echo(path: port.path) : error
    }
    var identity = ExoskeletonIdentity(
      name: format.name, firmware: "",
      watchdog: format.watchdog.map { .unknown(usual: $0) } ?? .none,
      positionDegrees: format.reachOfJoint(settings))
    if let watchdog = format.watchdog {
      identity.remarks.append(
        "its own watchdog is said to be \(Int(watchdog.milliseconds)) ms and cannot be read: try"
          + " it before the first session, by pulling the cable while it is driven")
    } else {
      identity.remarks.append(
        "its format names no watchdog: when the line dies it may keep the last command for ever")
    }
    if !format.replies.contains(where: { format.has(.state, in: $0) }) {
      identity.remarks.append("it does not tell its state, which is taken to be what it was told")
    }
    let isNumbered = format.replies.allSatisfy { format.has(.sequence, in: $0) }
    if !isNumbered, format.commands[.query] == nil {
      identity.remarks.append(
        "its format has neither a `sequence` in every reply nor a `query`: should the drive send by"
          + " itself, its messages are taken for acknowledgements even if our line to it is cut")
    }
    return identity
  }
}

extension CompactFormat {
  /// The joint's angles that the numbers of motions and of replies hold: beyond them an angle would
  /// come back as another one, so that wider limits are refused when the governor's are checked
  /// against the identity. Nil: all.
  fileprivate func reachOfJoint(_ settings: DriveSettings) -> ClosedRange<Double>? {
    let messages =
      replies + (settings.mode == .position ? [commands[.motion]] : []).compactMap(\.self)
    var lowest = -Double.infinity
    var highest = Double.infinity
    for field in messages.flatMap(\.fields)
    where field.meaning == .position && !field.number.isReal {
      let ends = [field.number.range.lowerBound, field.number.range.upperBound].map {
        settings.gearing.jointDegrees((Double($0) - field.offset) / field.scale)
      }
      lowest = max(lowest, min(ends[0], ends[1]))
      highest = min(highest, max(ends[0], ends[1]))
    }
    if lowest == -.infinity, highest == .infinity { return nil }
    // Numbers that have no angle in common allow none.
    return lowest <= highest ? lowest...highest : 0...0
  }
}
