// Interrupts, as far as rules ask for them.

import RT

/// A line of /proc/interrupts.
struct Interrupt: Sendable, Equatable {
  var number: Int
  /// On all CPUs together, since boot.
  var count: UInt64
  /// Chip, hardware number, and who listens: "GICv2 150 Level fe204000.spi".
  var description: String

  /// A line that `acquire` has claimed, by its consumer's name: DRDY, or an emergency line.
  var isClaimed: Bool { description.contains("acquire ") }

  /// Each CPU has its own, and nobody can move it.
  var isOfEachCPU: Bool {
    let last = description.words.last ?? ""
    return ["timer", "arch_timer", "vtimer", "ptimer", "arm-pmu", "cascade"].contains(last)
  }

  /// Whether this device listens. A controller may also be the chip of a claimed line.
  func serves(_ device: String) -> Bool {
    !isClaimed && description.words.contains { $0 == device || $0 == device + "," }
  }

  /// - Parameter table: /proc/interrupts.
  static func all(_ table: String) -> [Interrupt] {
    InterruptConditions.parse(table).map { line in
      Interrupt(
        number: line.number, count: line.count,
        description: (line.controller.words + line.name.words).joined(separator: " "))
    }
  }
}
