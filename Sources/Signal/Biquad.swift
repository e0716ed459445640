// Second-order sections: what every recursive filter here is made of.
//
// Real-time: `process` is bounded by sections × channels; no system calls.

import MathShim
public import RT

/// One second-order section, normalised so that a0 = 1.
///
/// H(z) = (b0 + b1 z⁻¹ + b2 z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²)
public struct Biquad: Equatable, Sendable, BitwiseCopyable {
  public var b0: Double
  public var b1: Double
  public var b2: Double
  public var a1: Double
  public var a2: Double

  public init(b0: Double, b1: Double, b2: Double, a1: Double, a2: Double) {
    self.b0 = b0
    self.b1 = b1
    self.b2 = b2
    self.a1 = a1
    self.a2 = a2
  }

  /// One-pole high-pass with unit gain at half the sample rate; removes the electrode offset.
  public static func dcRemoval(cornerHertz: Double, samplesPerSecond: Double) -> Biquad {
    let pole = math_exp(-2 * Double.pi * cornerHertz / samplesPerSecond)
    let gain = (1 + pole) / 2
    return Biquad(b0: gain, b1: -gain, b2: 0, a1: -pole, a2: 0)
  }

  /// A notch of −3 dB width f0 / quality, by the bilinear transform; the design of
  /// `scipy.signal.iirnotch` (Orfanidis, Introduction to Signal Processing, §11.3).
  public static func notch(
    centreHertz: Double, quality: Double, samplesPerSecond: Double
  ) -> Biquad {
    let centre = 2 * Double.pi * centreHertz / samplesPerSecond
    let half = centre / quality / 2
    let gain = 1 / (1 + math_sin(half) / math_cos(half))
    let cosine = math_cos(centre)
    return Biquad(
      b0: gain, b1: -2 * gain * cosine, b2: gain, a1: -2 * gain * cosine, a2: 2 * gain - 1)
  }

  /// Group delay in samples at a frequency given in radians per sample.
  func groupDelay(at frequency: Double) -> Double {
    Self.ramp(b0, b1, b2, frequency) - Self.ramp(1, a1, a2, frequency)
  }

  /// Re( Σ k cₖ e⁻ʲᵏʷ / Σ cₖ e⁻ʲᵏʷ ): the group delay of a polynomial in z⁻¹.
  private static func ramp(_ c0: Double, _ c1: Double, _ c2: Double, _ frequency: Double)
    -> Double
  {
    let (cos1, sin1) = (math_cos(frequency), math_sin(frequency))
    let (cos2, sin2) = (math_cos(2 * frequency), math_sin(2 * frequency))
    let real = c0 + c1 * cos1 + c2 * cos2
    let imaginary = -(c1 * sin1 + c2 * sin2)
    let rampedReal = c1 * cos1 + 2 * c2 * cos2
    let rampedImaginary = -(c1 * sin1 + 2 * c2 * sin2)
    return (rampedReal * real + rampedImaginary * imaginary)
      / (real * real + imaginary * imaginary)
  }
}

/// A cascade of sections over several channels, each channel with a state of its own.
///
/// Direct form II transposed. Shape of the state: channels × sections × 2.
@safe
public struct BiquadCascade: ~Copyable, @unchecked Sendable {
  public let sections: [Biquad]
  public let channelCount: Int
  private let sectionCount: Int
  private let coefficients: UnsafeMutablePointer<Biquad>
  private let state: UnsafeMutablePointer<Double>

  public init(_ sections: [Biquad], channelCount: Int) {
    precondition(!sections.isEmpty && channelCount > 0, "a filter has sections and channels")
    self.sections = sections
    self.channelCount = channelCount
    sectionCount = sections.count
    unsafe coefficients = .allocate(capacity: sections.count)
    for (index, section) in sections.enumerated() {
      unsafe (coefficients + index).initialize(to: section)
    }
    unsafe state = .allocate(capacity: 2 * sections.count * channelCount)
    unsafe state.initialize(repeating: 0, count: 2 * sections.count * channelCount)
  }

  deinit {
    unsafe coefficients.deallocate()
    unsafe state.deallocate()
  }

  /// Filters one sample of one channel.
  @_noLocks @_noAllocation
  public mutating func process(_ sample: Double, channel: Int) -> Double {
    let state = unsafe state(of: channel)
    var value = sample
    for index in 0..<sectionCount {
      let section = unsafe coefficients[index]
      let output = unsafe section.b0 * value + state[2 &* index]
      unsafe state[2 &* index] = section.b1 * value - section.a1 * output + state[2 &* index &+ 1]
      unsafe state[2 &* index &+ 1] = section.b2 * value - section.a2 * output
      value = output
    }
    return value
  }

  /// Puts a channel into the state that it would have after this value had stood for ever, so that
  /// a filter that starts on an electrode offset does not ring.
  @_noLocks @_noAllocation
  public mutating func settle(on sample: Double, channel: Int) {
    let state = unsafe state(of: channel)
    var value = sample
    for index in 0..<sectionCount {
      let section = unsafe coefficients[index]
      let gain = (section.b0 + section.b1 + section.b2) / (1 + section.a1 + section.a2)
      let output = gain * value
      unsafe state[2 &* index &+ 1] = section.b2 * value - section.a2 * output
      unsafe state[2 &* index] = output - section.b0 * value
      value = output
    }
  }

  @_noLocks @_noAllocation
  private func state(of channel: Int) -> UnsafeMutablePointer<Double> {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    // SAFETY: the channel was checked; the state holds 2 values for each of its sections.
    return unsafe state + 2 &* sectionCount &* channel
  }

  /// Forgets everything that was heard.
  @_noLocks @_noAllocation
  public mutating func reset() {
    for index in 0..<(2 &* sectionCount &* channelCount) { unsafe state[index] = 0 }
  }
}

/// What a stage costs in time, whatever the machine.
public struct StageDelay: Sendable, Equatable {
  /// "notch", "band-pass" …
  public var name: String
  public var delay: Nanoseconds
  /// The frequency at which it was computed; 0 when it is the same at all.
  public var atHertz: Double

  public init(name: String, delay: Nanoseconds, atHertz: Double) {
    self.name = name
    self.delay = delay
    self.atHertz = atHertz
  }
}

/// Group delay of a cascade at a frequency.
public func groupDelay(
  of sections: [Biquad], atHertz frequency: Double, samplesPerSecond: Double
) -> Nanoseconds {
  let radians = 2 * Double.pi * frequency / samplesPerSecond
  let samples = sections.reduce(0) { $0 + $1.groupDelay(at: radians) }
  return Nanoseconds(seconds: samples / samplesPerSecond)
}
