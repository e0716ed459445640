// From log band powers to an intent.
//
// Real-time: decoding thread; bounded by classes × channels; no system calls.

import MathShim
public import RT

/// Softmax of linear scores, with hysteresis and dwell.
///
/// A class other than rest is entered after it was the most probable and above `enterProbability`
/// for `dwellDecisions` decisions in a row; it is held until its probability falls below
/// `exitProbability`, and then rest is what remains. Features that are no numbers mean rest at
/// once, with confidence 0.
@safe
public struct LinearDecoder: ~Copyable, @unchecked Sendable {
  private let classCount: Int
  private let channelCount: Int
  private let enter: Double
  private let exit: Double
  private let dwell: Int
  private let centres: UnsafeMutablePointer<Double>
  private let biases: UnsafeMutablePointer<Double>
  private let weights: UnsafeMutablePointer<Double>
  private let probabilities: UnsafeMutablePointer<Double>
  private var held = 0
  private var candidate = 0
  private var candidateCount = 0

  public init(model: LinearModel, rule: DecisionRule) {
    classCount = model.classes.count
    channelCount = model.channels.count
    enter = rule.enterProbability
    exit = rule.exitProbability
    dwell = rule.dwellDecisions
    unsafe centres = Self.memory(model.centres)
    unsafe biases = Self.memory(model.biases)
    unsafe weights = Self.memory(model.weights.flatMap { $0 })
    unsafe probabilities = Self.memory([Double](repeating: 0, count: classCount))
  }

  /// Not on the real-time path: takes memory and fills it.
  private static func memory(_ values: [Double]) -> UnsafeMutablePointer<Double> {
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: values.count)
    for (index, value) in values.enumerated() { unsafe (memory + index).initialize(to: value) }
    return unsafe memory
  }

  deinit {
    unsafe centres.deallocate()
    unsafe biases.deallocate()
    unsafe weights.deallocate()
    unsafe probabilities.deallocate()
  }

  /// Decides.
  ///
  /// - Parameter features: ln µV², one a channel of the model.
  /// - Returns: the class that is held now, with the model's probability of it.
  @_noLocks @_noAllocation
  public mutating func decide(
    features: UnsafePointer<Double>, sampleIndex: UInt64, time: MonotonicInstant
  ) -> Intent {
    guard unsafe score(features) else {
      reset()
      return Intent(classIndex: 0, confidence: 0, sampleIndex: sampleIndex, time: time)
    }
    var best = 0
    for index in 1..<classCount {
      if unsafe probabilities[index] > probabilities[best] { best = index }
    }
    if held != 0, unsafe probabilities[held] < exit { held = 0 }
    if best != held, unsafe probabilities[best] >= enter {
      candidateCount = best == candidate ? candidateCount &+ 1 : 1
      candidate = best
      if candidateCount >= dwell { held = best }
    } else {
      candidateCount = 0
    }
    if best == held { candidateCount = 0 }
    return Intent(
      classIndex: held, confidence: unsafe probabilities[held], sampleIndex: sampleIndex,
      time: time)
  }

  /// The probability of each class at the last decision; it is not held to the rule.
  @_noLocks @_noAllocation
  public func probability(ofClass index: Int) -> Double {
    precondition(index >= 0 && index < classCount, "a decoder has probabilities of its classes")
    return unsafe probabilities[index]
  }

  /// Softmax, with the largest score taken off first so that nothing overflows.
  ///
  /// - Returns: false, and 0 for every class, when a score is no finite number.
  @_noLocks @_noAllocation
  private func score(_ features: UnsafePointer<Double>) -> Bool {
    // SAFETY: `features` and each row of `weights` hold `channelCount` values, `biases` and
    // `probabilities` hold `classCount`.
    var isFinite = true
    var largest = -Double.infinity
    for row in 0..<classCount {
      var sum = unsafe biases[row]
      for channel in 0..<channelCount {
        unsafe sum +=
          weights[row &* channelCount &+ channel]
          * (features[channel] - centres[channel])
      }
      unsafe probabilities[row] = sum
      isFinite = isFinite && sum.isFinite
      if sum > largest { largest = sum }
    }
    guard isFinite else {
      for row in 0..<classCount { unsafe probabilities[row] = 0 }
      return false
    }
    var total = 0.0
    for row in 0..<classCount {
      let value = unsafe math_exp(probabilities[row] - largest)
      unsafe probabilities[row] = value
      total += value
    }
    for row in 0..<classCount { unsafe probabilities[row] /= total }
    return true
  }

  /// Back at rest.
  @_noLocks @_noAllocation
  public mutating func reset() {
    held = 0
    candidate = 0
    candidateCount = 0
  }
}
