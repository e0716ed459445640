// What the words behind jitter's options mean.

import ArgumentParser
import RT

/// The period of a timer: 200 (microseconds, as cyclictest has it), 62500ns, 1ms.
struct IntervalArgument: ExpressibleByArgument, Equatable {
  var span: Nanoseconds

  init(_ span: Nanoseconds) { self.span = span }

  init?(argument: String) {
    let isBare = argument.allSatisfy { $0.isNumber || $0 == "." }
    guard let found = DurationArgument(argument: isBare ? argument + "us" : argument) else {
      return nil
    }
    span = found.span
  }

  var defaultValueDescription: String { "1000" }
}

/// "2", "2-3,5", "!1": CPUs, or all but these; "all" for whatever is allowed.
struct CPUSetArgument: ExpressibleByArgument, Equatable {
  var isNegated = false
  /// Rising, none twice; nil: all.
  var cpus: [Int]?

  init?(argument: String) {
    if argument == CyclictestArguments.everything { return }
    isNegated = argument.hasPrefix("!")
    var found: Set<Int> = []
    for part in argument.dropFirst(isNegated ? 1 : 0).split(
      separator: ",", omittingEmptySubsequences: false)
    {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count <= 2, let first = Self.number(ends.first), let last = Self.number(ends.last),
        first <= last
      else { return nil }
      found.formUnion(first...last)
    }
    cpus = found.sorted()
  }

  private static func number(_ text: Substring?) -> Int? {
    guard let text, !text.isEmpty, text.allSatisfy("0123456789".contains), let number = Int(text),
      number < 4_096
    else { return nil }
    return number
  }

  /// In the order in which threads take them; may name CPUs that are not allowed, never when
  /// negated.
  func resolved(allowed: [Int]) -> [Int] {
    guard let cpus else { return allowed }
    return isNegated ? allowed.filter { !cpus.contains($0) } : cpus
  }
}

/// "4", or "all": one for each CPU.
struct ThreadCountArgument: ExpressibleByArgument, Equatable {
  /// Nil: one for each CPU.
  var count: Int?

  init?(argument: String) {
    if argument == CyclictestArguments.everything { return }
    guard let number = Int(argument) else { return nil }
    count = number
  }
}

/// As cyclictest names them, and SCHED_DEADLINE.
enum PolicyArgument: String, ExpressibleByArgument, CaseIterable {
  case other, normal, batch, idle, fifo, rr, deadline

  var hasPriority: Bool { self == .fifo || self == .rr }
}

extension WakeMeans: ExpressibleByArgument {}
