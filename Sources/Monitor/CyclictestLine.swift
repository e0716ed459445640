// The line that cyclictest prints for a thread, so that people and scripts find what they know.

public import RT

/// `T: 0 ( 1974) P:80 I:1000 C:   3000 Min:     16 Act:   17 Avg:   20 Max:     558`, in µs; the
/// layout of cyclictest 2.x, with the median in place of the last value, which a summary has not.
public struct CyclictestLine {
  public var text: String

  public init(priority: Int, intervalMicroseconds: Int64, summary: LatencySummary) {
    func microseconds(_ span: Nanoseconds) -> String { String(span.rawValue / 1_000) }
    text =
      "T: 0 (    0) P:\(String(priority).leading(2)) I:\(intervalMicroseconds) "
      + "C:\(String(summary.count).leading(7)) Min:\(microseconds(summary.min).leading(7)) "
      + "Act:\(microseconds(summary.p50).leading(5)) Avg:\(microseconds(summary.mean).leading(5)) "
      + "Max:\(microseconds(summary.max).leading(8))"
  }
}
