// Real-time: decoding thread, once a decision; bounded by the channels; no system calls.
//
// A decoder judges features by where they lay when it was trained. Electrodes dry, a head warms, a
// person tires: the features wander, and a classifier that is sure of itself is wrong. What can be
// told without labels is that they have wandered.

import MathShim
public import RT

/// Whether the log band powers have left the model's centres, on average over a while.
@safe
public struct DriftWatch: ~Copyable, @unchecked Sendable {
  private let channelCount: Int
  private let centres: UnsafeMutablePointer<Double>
  /// Averages of feature minus centre, ln.
  private let offsets: UnsafeMutablePointer<Double>
  private let limit: Double
  private let span: Nanoseconds
  private var last: MonotonicInstant?
  private var isDriftingNow = false

  /// - Parameters:
  ///   - ratio: of band powers to what the model was trained on, up or down; more is drift.
  ///   - span: time constant of the average.
  public init(model: LinearModel, ratio: Double, span: Nanoseconds) {
    precondition(ratio > 1 && span > .zero, "a limit and a while")
    channelCount = model.channels.count
    limit = math_log(ratio)
    self.span = span
    unsafe centres = .allocate(capacity: channelCount)
    unsafe offsets = .allocate(capacity: channelCount)
    for (index, centre) in model.centres.enumerated() {
      unsafe (centres + index).initialize(to: centre)
      unsafe (offsets + index).initialize(to: 0)
    }
  }

  deinit {
    unsafe centres.deallocate()
    unsafe offsets.deallocate()
  }

  /// Takes the features of a decision: ln µV², one a channel of the model.
  ///
  /// - Returns: whether they drift; once they do, until every average is back within nine tenths
  ///   of the limit.
  @_noLocks @_noAllocation
  public mutating func note(features: UnsafePointer<Double>, at time: MonotonicInstant) -> Bool {
    guard let last else {
      self.last = time
      return isDriftingNow
    }
    let elapsed = time - last
    self.last = time
    // After a gap the average is as old as the gap.
    let weight = 1 - math_exp(-Double(max(0, elapsed.rawValue)) / Double(span.rawValue))
    let threshold = isDriftingNow ? 0.9 * limit : limit
    var isOutside = false
    for channel in 0..<channelCount {
      // SAFETY: the caller's promise of one feature a channel; the others are ours.
      let offset = unsafe offsets[channel]
      let now = unsafe features[channel] - centres[channel]
      // What is no number is the gate's business.
      if now - now == 0 { unsafe offsets[channel] = offset + weight * (now - offset) }
      if unsafe math_fabs(offsets[channel]) > threshold { isOutside = true }
    }
    isDriftingNow = isOutside
    return isOutside
  }

  /// As new: the averages stand at the centres.
  @_noLocks @_noAllocation
  public mutating func reset() {
    last = nil
    isDriftingNow = false
    for channel in 0..<channelCount { unsafe offsets[channel] = 0 }
  }
}
