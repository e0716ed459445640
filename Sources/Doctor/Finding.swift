// What the doctor says: one finding for each thing that it looked at.

/// How bad it is, rising.
public enum Severity: String, Sendable, CaseIterable, Comparable {
  /// As it should be.
  case ok
  /// Worth knowing; also what cannot be known.
  case note
  /// A session runs, and frames may be late or figures not to be trusted.
  case warning
  /// A session does not start, or does something that nobody wants.
  case error

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// What `--fix` may do: harmless, and undone by the next boot.
public enum Repair: Sendable, Equatable {
  /// Writes a value into a file of /proc or /sys, from where it can be read back.
  case write(value: String, path: String)
  /// SCHED_FIFO for an interrupt's thread.
  case interruptPriority(thread: Int, name: String, priority: Int)

  /// The same as a command for root.
  public var command: String {
    switch self {
    case .write(let value, let path): "echo \(value) > \(path)"
    case .interruptPriority(let thread, _, let priority): "chrt -f -p \(priority) \(thread)"
    }
  }
}

public struct Finding: Sendable, Equatable {
  public var subject: Subject
  public var severity: Severity
  /// With its value: what is there.
  public var found: String
  /// What that does to a session; empty where it does nothing.
  public var cost: String
  /// The command or line that changes it, true for this machine; nil where nothing has to change.
  public var cure: String?
  /// Empty where a person must do it.
  public var repairs: [Repair]

  init(
    _ subject: Subject, _ severity: Severity, _ found: String, cost: String = "",
    cure: String? = nil, repairs: [Repair] = []
  ) {
    self.subject = subject
    self.severity = severity
    self.found = Self.printable(found)
    self.cost = Self.printable(cost)
    self.cure = cure.map(Self.printable)
    self.repairs = repairs
  }

  /// As it is told in a container: what belongs to the kernel is cured on the host alone.
  var inContainer: Finding {
    var told = self
    told.repairs = []
    guard let cure else { return told }
    if subject.isOfHost { told.cure = "on the host: " + cure }
    if subject == .spiDevice || subject == .serialPort {
      told.cure = "give the container the device (--device=); on the host: " + cure
    }
    return told
  }

  /// Files of a tree that somebody sent may hold what a terminal obeys, or a book.
  private static func printable(_ text: String) -> String {
    var kept = ""
    for scalar in text.unicodeScalars.prefix(2_000) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      kept.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return kept
  }

  /// Something that this user, or anybody, cannot read here.
  static func unknown(_ subject: Subject, _ what: String, cure: String? = nil) -> Finding {
    Finding(subject, .note, "cannot be known: \(what)", cure: cure)
  }
}
