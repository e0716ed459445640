// The times that the amplifier was brought back, for the closing report.
//
// Real-time: decoding thread, once a recovery; no system calls.

import Monitor
import Signal

struct RecoveryLog {
  /// So many are kept, the first ones; all are counted.
  static var capacity: Int { @_noLocks @_noAllocation get { 32 } }

  private var recoveries = InlineArray<32, Recovery>(repeating: Recovery(rawValue: 0))
  private var samples = InlineArray<32, UInt64>(repeating: 0)
  private var gaps = InlineArray<32, UInt32>(repeating: 0)
  private var pauses = InlineArray<32, UInt32>(repeating: 0)
  private var count = 0

  /// A frame whose header tells of a recovery.
  @_noLocks @_noAllocation
  mutating func note(_ header: FrameHeader) {
    guard count < Self.capacity else { return }
    recoveries[count] = header.recovery
    samples[count] = header.sampleIndex
    gaps[count] = header.lostBefore
    pauses[count] = header.pausedBefore
    count += 1
  }

  /// For the report. Not on the real-time path.
  var records: [RecoveryRecord] {
    (0..<count).map { index in
      RecoveryRecord(
        sample: samples[index], cause: recoveries[index].cause?.text ?? "",
        remedy: recoveries[index].remedy?.text ?? "",
        milliseconds: recoveries[index].milliseconds,
        lost: UInt64(gaps[index] - pauses[index]), paused: UInt64(pauses[index]))
    }
  }
}
