// The accounts of those who counted apart from one another, brought together at the end.

import Amplifiers
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

extension DecodingWorkspace {
  /// - Parameters:
  ///   - sink: where the amplifier's frames went through.
  ///   - endedAt: when the amplifier's loop had ended.
  ///   - recorder: after it has closed the file.
  mutating func ledger(
    _ sink: borrowing FrameSink, endedAt: MonotonicInstant, plan: SessionPlan,
    recorder: RecorderStatus
  ) -> FrameLedger {
    let delivered = sink.delivered
    let refusedByDecoder = sink.refusedByDecoder
    let refusedByRecorder = sink.refusedByRecorder
    let spoiled = recorder.notStoredSamples - min(recorder.notStoredSamples, refusedByRecorder)
    return FrameLedger(
      due: delivered.due,
      dueByClock: delivered.dueByClock(rate: plan.montage.samplesPerSecond),
      delivered: delivered.frames, late: delivered.late,
      corrupt: delivered.corrupt, incomplete: delivered.incomplete,
      losses: Self.losses(delivered, usual: plan.usualLoss), paused: delivered.paused,
      awaited: plan.awaited(from: delivered, until: endedAt),
      shares: [
        LedgerShare(
          taker: "decoding", verb: snapshot.decodes ? "decoded" : "seen", taken: snapshot.frames,
          refused: refusedByDecoder),
        LedgerShare(
          taker: "recorder", verb: plan.records ? "stored" : "taken, nothing is recorded",
          taken: recorder.takenFrames, spoiled: spoiled, refused: refusedByRecorder),
      ],
      recordedSamples: plan.records && recorder.fault == nil && recorder.notStoredSamples == 0
        ? recorder.storedSamples : nil,
      commands: actuation?.link.counts.ledger)
  }

  private static func losses(_ delivered: DeliveryAccount, usual: String) -> [FrameLedger.Loss] {
    delivered.lostByCause.indices.compactMap { raw in
      let count = delivered.lostByCause[raw]
      guard count > 0 else { return nil }
      return FrameLedger.Loss(
        cause: Recovery.Cause(rawValue: UInt8(raw))?.text ?? usual, count: count)
    }
  }
}

extension SessionPlan {
  /// What takes a conversion away when nothing is broken.
  fileprivate var usualLoss: String {
    switch configuration.amplifier.kind {
    case "ads1299", "model": "reading them too late"
    case "replay": "a gap of the recording that was played"
    default: "the line on the way here"
    }
  }

  /// Whole periods without a frame at the end; 0 while no more are missing than may be on the way.
  fileprivate func awaited(from delivered: DeliveryAccount, until end: MonotonicInstant) -> UInt64 {
    guard delivered.frames > 0, end > delivered.lastEdge else { return 0 }
    let rate = montage.samplesPerSecond
    let onTheWay = (gathering ?? .zero).seconds + 0.1
    let silence = (end - delivered.lastEdge).seconds
    return silence > onTheWay + 2 / rate ? UInt64(silence * rate) : 0
  }
}

extension LinkCounts {
  fileprivate var ledger: CommandLedger {
    CommandLedger(
      sent: commands, acknowledged: acknowledged, unacknowledged: unacknowledged,
      inFlight: inFlight, unasked: unasked, heldBack: heldBack + writeRefusals + withheld)
  }
}
