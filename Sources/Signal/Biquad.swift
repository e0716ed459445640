// Second-order sections: the form in which every recursive filter here is kept and run.
//
// `SectionCascade.process` is real-time: decoding thread; channels × sections × 9 operations; no
// system call.

public import RT

/// One second-order section, a₀ = 1: (b₀ + b₁z⁻¹ + b₂z⁻²) / (1 + a₁z⁻¹ + a₂z⁻²).
@frozen
public struct Biquad: Sendable, Equatable, BitwiseCopyable {
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

  func response(angle: Double) -> (value: Complex, delay: Double) {
    let above = evaluate([b0, b1, b2], angle: angle)
    let below = evaluate([1, a1, a2], angle: angle)
    return (above.value / below.value, above.delay - below.delay)
  }
}

extension [Biquad] {
  /// Ratio of amplitudes, output to input, of the sections one after the other.
  public func gain(at frequency: Hertz, samplesPerSecond: Double) -> Double {
    let angle = frequency.angle(samplesPerSecond: samplesPerSecond)
    return reduce(1) { $0 * $1.response(angle: angle).value.magnitude }
  }

  /// Group delay of the sections one after the other; not defined at a zero of the filter.
  public func groupDelay(at frequency: Hertz, samplesPerSecond: Double) -> Nanoseconds {
    let angle = frequency.angle(samplesPerSecond: samplesPerSecond)
    let samples = reduce(0) { $0 + $1.response(angle: angle).delay }
    return Nanoseconds(seconds: samples / samplesPerSecond)
  }
}

/// Sections one after the other, direct form II transposed, with a state for each channel.
///
/// The arithmetic, and its order, is that of scipy.signal.sosfilt. Starts at rest: the input is
/// taken to have been zero for ever. Without sections it hands its input on.
@safe
public struct SectionCascade: ~Copyable, FrameStage {
  public let channelCount: Int
  public let sectionCount: Int
  private let sections: Workspace<Biquad>
  /// Two rows of channels for each section.
  private let states: Workspace<Double>

  public init(_ sections: [Biquad], channelCount: Int) {
    self.channelCount = channelCount
    sectionCount = sections.count
    let blank = Biquad(b0: 1, b1: 0, b2: 0, a1: 0, a2: 0)
    self.sections = Workspace(count: sections.count, repeating: blank)
    // SAFETY: the workspace was made for exactly these sections.
    for (index, section) in sections.enumerated() { unsafe self.sections.base[index] = section }
    states = Workspace(count: 2 * sections.count * channelCount, repeating: 0)
  }

  /// Back to rest.
  @_noLocks @_noAllocation
  public mutating func reset() {
    // SAFETY: `states` holds two rows of channels for each section.
    for index in 0..<(2 * sectionCount * channelCount) { unsafe states.base[index] = 0 }
  }

  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafeMutablePointer<Double>) {
    // SAFETY: `samples` holds `channelCount` values; `states` two rows of them for each section.
    for index in 0..<sectionCount {
      let section = unsafe sections.base[index]
      let first = unsafe states.base + 2 * index * channelCount
      let second = unsafe first + channelCount
      for channel in 0..<channelCount {
        let x = unsafe samples[channel]
        let y = unsafe section.b0 * x + first[channel]
        unsafe first[channel] = atRest(section.b1 * x - section.a1 * y + second[channel])
        unsafe second[channel] = atRest(section.b2 * x - section.a2 * y)
        unsafe samples[channel] = y
      }
    }
  }
}

/// Zero for what is far below any electrode's noise, else the value itself.
///
/// A recursion fed with zeros (a dead electrode) dies away into subnormal numbers, on which many
/// processors take a hundred times as long; 1e-30 µV is 25 orders of magnitude under the noise.
@_noLocks @_noAllocation
@inline(__always)
func atRest(_ value: Double) -> Double { abs(value) < 1e-30 ? 0 : value }
