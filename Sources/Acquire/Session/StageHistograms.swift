// One histogram for each stage of the chain.

import Monitor
import RT

/// Memory for all stages, taken at assembly.
struct StageHistograms: ~Copyable {
  var edgeToWake = LatencyHistogram()
  var read = LatencyHistogram()
  var ring = LatencyHistogram()
  var signal = LatencyHistogram()
  var decode = LatencyHistogram()
  var govern = LatencyHistogram()
  var write = LatencyHistogram()
  var edgeToCommand = LatencyHistogram()
  var firmware = LatencyHistogram()
  /// The emergency line opened → the stop was handed to the driver.
  var lineToStop = LatencyHistogram()

  /// Touches every histogram.
  mutating func warmUp() {
    edgeToWake.record(.zero)
    reset()
  }

  /// Forgets everything.
  mutating func reset() {
    edgeToWake.reset()
    read.reset()
    ring.reset()
    signal.reset()
    decode.reset()
    govern.reset()
    write.reset()
    edgeToCommand.reset()
    firmware.reset()
    lineToStop.reset()
  }

  func summary(of stage: Stage) -> LatencySummary {
    switch stage {
    case .edgeToWake: edgeToWake.summary
    case .read: read.summary
    case .ring: ring.summary
    case .signal: signal.summary
    case .decode: decode.summary
    case .govern: govern.summary
    case .write: write.summary
    case .edgeToCommand: edgeToCommand.summary
    case .firmware: firmware.summary
    }
  }
}
