// For how long is a loop that never sleeps not running? Measured, of ordinary priority.

import RT

extension Rule {
  static let interruptions = Rule(.interruptions) { machine, _ in
    if let hindrance = machine.measuringHindrance {
      return [
        Finding(
          .interruptions, .note, "not measured: \(hindrance)",
          cost: "the measuring threads would take the session's CPUs from it",
          cure: "acquire doctor, when it has ended")
      ]
    }
    guard let gaps = machine.measurements?.gaps, !gaps.isEmpty else { return [] }
    return gaps.map { gap in
      let found =
        "CPU \(gap.cpu): a loop of ordinary priority stood still for up to \(gap.largest.text) in "
        + gap.watched.text
      if gap.largest < .milliseconds(1) { return Finding(.interruptions, .ok, found) }
      return Finding(
        .interruptions, .note, found,
        cost:
          "by other programs, which a real-time thread does not wait for, or by interrupts, the "
          + "firmware or a host, for which it does",
        cure: "acquire jitter --duration 60s tells which: it has real-time priority")
    }
  }
}
