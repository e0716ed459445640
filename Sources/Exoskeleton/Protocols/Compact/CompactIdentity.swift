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
      watchdog: format.watchdog.map { .unknown(usual: $0) } ?? .none)
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
    return identity
  }
}
