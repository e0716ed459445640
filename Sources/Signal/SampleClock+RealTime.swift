// Real-time: when samples were ready, from when they arrived. Acquisition thread; some sixty
// operations for a sample that is added, a dozen for one that is asked for; no system calls.
//
// Over USB or a serial line a sample comes late, never early: by a part of a frame's millisecond,
// in bunches, and now and then by half a second. The oscillator behind it is off by up to 2.5 % and
// hardly changes. So a Kalman filter of two states, the time of a sample and the period, in closed
// form (Bar-Shalom, Li and Kirubarajan 2001, chapter 6: white noise acceleration), with three
// changes:
//   - an arrival later than three standard deviations loses its weight with the fourth power, so
//     that a stall and the burst after it draw nothing; one that is earlier than five proves the
//     clock wrong and moves it at once; what stays late for two seconds is the new delay;
//   - the noise is learnt from the innovations, and so is how much neighbours resemble each other:
//     noise that resembles itself is averaged less;
//   - arrivals on a grid (USB: 1 ms) are spread over it. What of this spread the innovations do not
//     show creeps too slowly to be seen, as the beat of two crystals does, and stays in the error.
// The constant part of the delay cannot be seen by anybody and is in no error.

import MathShim
public import RT

/// A sample's time and its standard error, for any sample of a stream, freed from the jitter of its
/// way here.
///
///     var clock = SampleClock(nominalPeriod: .milliseconds(4))
///     let (time, error) = clock.add(index: last, arrival: completion)   // last sample of a bunch
///     let earlier = clock.prediction(of: last - 1)                      // the others of the bunch
///
/// Used by one thread at a time.
public struct SampleClock: BitwiseCopyable, Sendable {
  /// Whether a sample has come since the start or the last restart.
  public private(set) var hasBegun = false
  /// Nanoseconds between two samples, by the host's clock.
  public private(set) var period: Double

  private let nominal: Double
  /// Variance of a delay that is spread over the grid, ns².
  private let gridVariance: Double
  /// Growth of the period's variance a sample, (ns/sample)²: 0.3 ppm in a second.
  private let drift: Double

  // The newest sample that was added, and its time: whole nanoseconds and the rest.
  private var index: UInt64 = 0
  private var whole: Int64 = 0
  private var rest = 0.0
  // Covariance of time and period.
  private var timeVariance = 0.0
  private var covariance = 0.0
  private var periodVariance: Double

  /// Samples that have taught the noise.
  private var learnt = 0.0
  /// Mean squares of innovations: of all; of those as they were weighted, and of neighbours.
  private var innovationSquare: Double
  private var weightedSquare: Double
  private var neighbours: Double
  private var lastInnovation = 0.0
  /// Of a delay, without what creeps, ns².
  private var jitterVariance: Double
  private var isLate = false
  private var lateSince: Int64 = 0

  /// - Parameters:
  ///   - nominalPeriod: between two samples; the true one may be off by 2.5 %.
  ///   - arrivalGrid: what the arrivals' times are multiples of, in effect: 1 ms on a full-speed
  ///     bus, 125 µs on a high-speed one, 16 ms behind a tty with the FTDI's usual latency timer.
  public init(nominalPeriod: Nanoseconds, arrivalGrid: Nanoseconds = .milliseconds(1)) {
    precondition(nominalPeriod > .zero && arrivalGrid >= .zero, "samples have a period")
    nominal = Double(nominalPeriod.rawValue)
    period = nominal
    // The last sample of a bunch waits for less than a period, whatever the grid.
    let spread = min(Double(arrivalGrid.rawValue), nominal)
    gridVariance = max(Self.leastVariance, spread * spread / 12)
    drift = 9e-14 * nominal * nominal * nominal / 1e9
    periodVariance = 4e-4 * nominal * nominal
    jitterVariance = Self.firstVariance(nominal)
    innovationSquare = jitterVariance
    weightedSquare = jitterVariance
    neighbours = 0.9 * jitterVariance
  }

  /// Takes the arrival of a sample, of several that came together that of the last.
  ///
  /// Indices count lost samples too and rise; one that does not begins a `restart()`.
  ///
  /// - Returns: when the sample was ready, and the standard error of that.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func add(index: UInt64, arrival: MonotonicInstant)
    -> (time: MonotonicInstant, errorNanoseconds: UInt32)
  {
    guard hasBegun, index > self.index else {
      begin(index: index, arrival: arrival)
      return prediction(of: index)
    }
    let steps = Double(index - self.index)
    let advance = rest + steps * period
    let hidden = hiddenVariance
    // In ten seconds a delay that creeps may have passed for a change of the period.
    let creep = steps * nominal / 1e10
    var before =
      variance(after: steps) + hidden * creep * creep
    covariance += steps * periodVariance + drift * steps * steps / 2
    periodVariance += drift * steps
    let innovation = Double(arrival.nanoseconds - whole) - advance

    let expected = before + max(jitterVariance, gridVariance)
    let weight = weigh(innovation, expected: expected, arrival: arrival, variance: &before)
    let resemblance = min(0.98, max(0, neighbours / weightedSquare))
    let noise = jitterVariance * (1 + resemblance) / (1 - resemblance) + 99 * hidden
    let total = before + noise / weight
    let timeGain = before / total
    let periodGain = covariance / total
    let moved = advance + timeGain * innovation
    let step = math_floor(moved)
    whole += Int64(step)
    rest = moved - step
    period += periodGain * innovation
    periodVariance -= periodGain * covariance
    timeVariance = (1 - timeGain) * before
    covariance *= 1 - timeGain
    self.index = index
    learn(innovation, weight: weight, variance: before, expected: expected)
    return prediction(of: index)
  }

  /// When a sample is or was ready, near the newest one that was added or beyond a gap.
  @_noLocks @_noAllocation
  public func time(of index: UInt64) -> MonotonicInstant {
    precondition(hasBegun, "a clock that no sample was added to knows no time")
    return MonotonicInstant(nanoseconds: whole + Int64(math_rint(rest + steps(to: index) * period)))
  }

  /// The same with its standard error, which grows with the distance from the newest sample.
  @_noLocks @_noAllocation
  public func prediction(of index: UInt64)
    -> (time: MonotonicInstant, errorNanoseconds: UInt32)
  {
    let creep = steps(to: index) * nominal / 1e10
    let hidden = hiddenVariance * (1 + creep * creep)
    // A quarter more than the filter's own: it takes what it weighs for normal noise.
    let error = math_sqrt(1.6 * variance(after: steps(to: index)) + hidden)
    return (time(of: index), error < 4e9 ? UInt32(error + 0.5) : UInt32.max)
  }

  /// Forgets where the samples are, after which the index may be any. The period and the noise
  /// stay: it is still the same oscillator and the same line.
  @_noLocks @_noAllocation
  public mutating func restart() {
    hasBegun = false
    learnt = learnt < 100 ? learnt : 100
    // What a stop and a start may change: 20 ppm.
    let change = 2e-5 * nominal
    periodVariance += change * change
  }
}

extension SampleClock {
  @_noLocks @_noAllocation
  private mutating func begin(index: UInt64, arrival: MonotonicInstant) {
    if hasBegun { restart() }
    hasBegun = true
    self.index = index
    whole = arrival.nanoseconds
    rest = 0
    timeVariance = max(jitterVariance, Self.firstVariance(nominal))
    covariance = 0
    lastInnovation = 0
    isLate = false
  }

  @_noLocks @_noAllocation
  private func steps(to index: UInt64) -> Double {
    Double(Int64(bitPattern: index &- self.index))
  }

  /// Of the time of a sample so many steps from the newest.
  @_noLocks @_noAllocation
  private func variance(after steps: Double) -> Double {
    let distance = steps < 0 ? -steps : steps
    return timeVariance + 2 * steps * covariance + steps * steps * periodVariance
      + drift * distance * distance * distance / 3
  }

  /// Of delays that must be spread over the grid and are not seen to scatter: they creep.
  private var hiddenVariance: Double {
    @_noLocks @_noAllocation
    get { max(0, 0.75 * gridVariance - jitterVariance) }
  }

  /// How far to believe an arrival, 0…1.
  ///
  /// - Parameter variance: of the predicted time; widened where the arrival proves it wrong.
  @_noLocks @_noAllocation
  private mutating func weigh(
    _ innovation: Double, expected: Double, arrival: MonotonicInstant, variance: inout Double
  ) -> Double {
    let square = innovation * innovation
    guard innovation > 0 else {
      isLate = false
      if square > 25 * expected { variance += square }
      return 1
    }
    let excess = square / (9 * expected)
    if excess <= 1 {
      isLate = false
    } else if !isLate {
      isLate = true
      lateSince = arrival.nanoseconds
    } else if arrival.nanoseconds - lateSince > 2_000_000_000 {
      isLate = false
      variance += square
      return 1
    }
    return 1 / (1 + excess * excess)
  }

  /// Exponential means over the newest thousand, over all while there are fewer.
  @_noLocks @_noAllocation
  private mutating func learn(
    _ innovation: Double, weight: Double, variance: Double, expected: Double
  ) {
    learnt += 1
    let share = weight * max(1 / (learnt + 4), 1e-3)
    let limit = 3 * math_sqrt(expected)
    let weighted = max(-limit, min(limit, weight * innovation))
    weightedSquare += share * (weighted * weighted - weightedSquare)
    neighbours += share * (weighted * lastInnovation - neighbours)
    lastInnovation = weighted
    let square = min(innovation * innovation, 9 * expected)
    innovationSquare += share * (square - innovationSquare)
    // An innovation scatters by the delay and by what the prediction is off.
    jitterVariance = max(
      Self.leastVariance, innovationSquare - min(variance, 0.75 * innovationSquare))
  }

  /// A microsecond's: no completion is stamped better.
  private static var leastVariance: Double { @_noLocks @_noAllocation get { 1e6 } }

  /// Before anything is known: a millisecond's, or that of half a period.
  @_noLocks @_noAllocation
  private static func firstVariance(_ period: Double) -> Double {
    max(1e12, period * period / 4)
  }
}
