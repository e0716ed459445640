// The line that a person watches while a session runs.

public import RT

/// What the line shows, as of a moment.
public struct SessionStatus: Sendable, Equatable {
  public var elapsed: Nanoseconds
  public var frames: UInt64
  public var lost: UInt64
  /// Nil while it is not known.
  public var samplesPerSecond: Double?
  /// Edge → command: the newest, and the worst so far.
  public var latency: Nanoseconds
  public var worstLatency: Nanoseconds
  /// Class and probability of the newest decision; nil before the first and with the gate closed.
  public var decision: (name: String, confidence: Double)?
  public var exoskeletonState: String
  public var positionDegrees: Double?
  /// What stands in the way, such as "artifact" or "settling"; empty when nothing does.
  public var hindrance: String

  public init(
    elapsed: Nanoseconds, frames: UInt64, lost: UInt64, samplesPerSecond: Double?,
    latency: Nanoseconds, worstLatency: Nanoseconds,
    decision: (name: String, confidence: Double)?, exoskeletonState: String,
    positionDegrees: Double?, hindrance: String
  ) {
    self.elapsed = elapsed
    self.frames = frames
    self.lost = lost
    self.samplesPerSecond = samplesPerSecond
    self.latency = latency
    self.worstLatency = worstLatency
    self.decision = decision
    self.exoskeletonState = exoskeletonState
    self.positionDegrees = positionDegrees
    self.hindrance = hindrance
  }

  public static func == (a: SessionStatus, b: SessionStatus) -> Bool { a.line == b.line }

  /// "00:12  250.0 Hz  lost 0  edge→command 61 µs (worst 210 µs)  left 0.82  active 12.3°".
  public var line: String {
    let seconds = elapsed.rawValue / 1_000_000_000
    var parts = [
      two(seconds / 60) + ":" + two(seconds % 60)
    ]
    if let samplesPerSecond { parts.append(decimal(samplesPerSecond, places: 1) + " Hz") }
    parts.append("lost \(lost)")
    if worstLatency > .zero {
      parts.append("edge→command \(latency.readable) (worst \(worstLatency.readable))")
    }
    if let decision {
      parts.append(decision.name + " " + decimal(decision.confidence, places: 2))
    } else {
      parts.append(hindrance.isEmpty ? "no decision" : hindrance)
    }
    var exoskeleton = exoskeletonState
    if let positionDegrees { exoskeleton += " " + decimal(positionDegrees, places: 1) + "°" }
    if !exoskeleton.isEmpty { parts.append(exoskeleton) }
    return parts.joined(separator: "  ")
  }

  private func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}

/// Paints the status over itself on a terminal, or prints a plain line now and then.
public struct StatusDisplay {
  public let isTerminal: Bool
  private let columns: Int
  private var isPainted = false

  /// - Parameter columns: width of the terminal; the line is cut to it.
  public init(isTerminal: Bool, columns: Int) {
    self.isTerminal = isTerminal
    self.columns = max(20, columns)
  }

  /// Seconds between two lines: a terminal is repainted often, a log file is not flooded.
  public var interval: Nanoseconds { isTerminal ? .milliseconds(200) : .seconds(5) }

  /// The bytes to write for this status.
  public mutating func show(_ status: SessionStatus) -> String { paint(status.line) }

  /// The bytes to write for any line that takes the place of the one before.
  public mutating func paint(_ line: String) -> String {
    guard isTerminal else { return line + "\n" }
    isPainted = true
    return "\r\u{1B}[K" + String(line.prefix(columns - 1))
  }

  /// A message among the status lines, which stays.
  public mutating func say(_ sentence: String) -> String {
    defer { isPainted = false }
    return (isPainted ? "\r\u{1B}[K" : "") + sentence + "\n"
  }

  /// Leaves the line, so that what follows starts on a new one.
  public mutating func finish() -> String {
    defer { isPainted = false }
    return isPainted ? "\n" : ""
  }
}
