// The clock that is filtered from arrivals: against simulated ways of being late whose truth is
// known, and its period against a least-squares line of scipy's.

import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Signal

/// How a sample is late on its way.
private enum Way: String, Sendable, CaseIterable {
  /// Anything up to a millisecond.
  case uniform
  /// 3 ms exponential.
  case exponential
  /// Full-speed USB: at the next millisecond of the bus, and 20 µs exponential.
  case busFrames
  /// An FTDI behind a tty: all that came goes out every 16 ms; the last of each bunch is stamped.
  case bunches
  /// 300 µs exponential, and ten stalls of 50 to 600 ms, each with a burst of all that waited.
  case stalls
  /// 500 µs exponential, and four gaps of up to a minute and a half.
  case gaps

  var grid: Nanoseconds { self == .bunches ? .milliseconds(16) : .milliseconds(1) }
}

/// A stream of arrivals whose truth is known.
private struct Stream {
  var indices: [UInt64] = []
  /// When each sample was ready, and when it arrived, ns since some beginning.
  var truths: [Double] = []
  var arrivals: [Double] = []
  let nominal: Double
  let grid: Nanoseconds
  let origin: Int64

  /// - Parameter offset: of the oscillator's period, 0.01: a hundredth slower than nominal.
  init(_ way: Way, rate: Double, offset: Double, seconds: Double, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    nominal = 1e9 / rate
    grid = way.grid
    let period = (1e9 / rate) * (1 + offset)
    origin = Int64(random.uniform * 1e15)
    let phase = random.uniform
    let count = Int(seconds * rate)
    for index in 0..<count {
      let truth = (Double(index) + phase) * period
      indices.append(UInt64(index))
      truths.append(truth)
      switch way {
      case .uniform: arrivals.append(truth + 1e6 * random.uniform)
      case .exponential: arrivals.append(truth + random.exponential(3e6))
      case .stalls: arrivals.append(truth + random.exponential(3e5))
      case .gaps: arrivals.append(truth + random.exponential(5e5))
      case .busFrames:
        arrivals.append((truth / 1e6).rounded(.up) * 1e6 + random.exponential(2e4))
      case .bunches: arrivals.append((truth / 16e6).rounded(.up) * 16e6)
      }
    }
    switch way {
    case .bunches: keepLastOfBunches(&random)
    case .stalls: stall(&random, seconds: seconds)
    case .gaps: cut(&random, rate: rate)
    case .uniform, .exponential, .busFrames: break
    }
  }

  private mutating func keep(_ isKept: (Int) -> Bool) {
    let kept = indices.indices.filter(isKept)
    indices = kept.map { indices[$0] }
    truths = kept.map { truths[$0] }
    arrivals = kept.map { arrivals[$0] }
  }

  private mutating func keepLastOfBunches(_ random: inout SplitMix64) {
    let all = arrivals
    keep { $0 + 1 == all.count || all[$0 + 1] != all[$0] }
    for index in arrivals.indices { arrivals[index] += random.exponential(1e5) }
  }

  private mutating func stall(_ random: inout SplitMix64, seconds: Double) {
    for _ in 0..<10 {
      let first = random.uniform * seconds * 1e9
      let end = first + 5e7 + 5.5e8 * random.uniform
      var place = 0.0
      for index in arrivals.indices where arrivals[index] > first && arrivals[index] < end {
        arrivals[index] = end + place
        place += 1e4
      }
    }
  }

  private mutating func cut(_ random: inout SplitMix64, rate: Double) {
    let count = indices.count
    let gaps = (0..<4).map { _ in
      let first = 200 + Int(random.uniform * Double(count))
      return first..<(first + Int((1 + 89 * random.uniform) * rate))
    }
    keep { index in !gaps.contains { $0.contains(index) } }
  }

  func arrival(_ place: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: origin + Int64(arrivals[place].rounded()))
  }

  func clock() -> SampleClock {
    SampleClock(nominalPeriod: Nanoseconds(Int64(nominal.rounded())), arrivalGrid: grid)
  }

  /// Nanoseconds by which an estimate is later than the truth.
  func error(_ time: MonotonicInstant, _ place: Int) -> Double {
    Double(time.nanoseconds - origin) - truths[place]
  }
}

extension SplitMix64 {
  fileprivate var uniform: Double { mutating get { Double(next() >> 11) / 0x1p53 } }

  fileprivate mutating func exponential(_ mean: Double) -> Double { -mean * log(1 - uniform) }
}

/// What a clock made of a stream.
private struct Outcome {
  /// Later than the truth, the constant mean delay taken out, ns.
  var errors: [Double] = []
  var claimed: [Double] = []
  var clock: SampleClock
  /// Standard deviation of the delays of the arrivals themselves, ns.
  var raw = 0.0

  init(_ stream: Stream) {
    clock = stream.clock()
    for place in stream.indices.indices {
      let (time, error) = clock.add(index: stream.indices[place], arrival: stream.arrival(place))
      errors.append(stream.error(time, place))
      claimed.append(Double(error))
    }
    // The delay that is always there, from when the clock has had its time to learn.
    let settled = errors[(errors.count / 4)...]
    let mean = settled.reduce(0, +) / Double(settled.count)
    errors = errors.map { $0 - mean }
    let delays = zip(stream.arrivals, stream.truths).map { $0 - $1 }
    raw = Self.deviation(delays)
  }

  /// The part of the samples whose error is within three of its standard errors.
  var honesty: Double {
    let honest = zip(errors, claimed).count { abs($0) <= 3 * $1 }
    return Double(honest) / Double(errors.count)
  }

  /// Root mean square of the error after the first quarter.
  var scatter: Double { Self.deviation(Array(errors[(errors.count / 4)...])) }

  private static func deviation(_ numbers: [Double]) -> Double {
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    return (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count))
      .squareRoot()
  }
}

@Suite("The filtered clock")
struct SampleClockTests {
  @Test(
    "is several times nearer to the truth than the arrivals, and says how near, whatever the way",
    arguments: Way.allCases, [-0.025, 0.01, 0.025])
  fileprivate func everyWay(_ way: Way, offset: Double) {
    var samples = 0.0
    var honest = 0.0
    for seed in 1...4 as ClosedRange<UInt64> {
      let stream = Stream(
        way, rate: 250, offset: offset, seconds: way == .gaps ? 240 : 80, seed: seed)
      let outcome = Outcome(stream)
      samples += Double(outcome.errors.count)
      honest += outcome.honesty * Double(outcome.errors.count)
      // Bunches leave 5 000 stamps; the others 20 000.
      #expect(outcome.scatter * 15 < outcome.raw, "seed \(seed)")
      let period = stream.nominal * (1 + offset)
      #expect(abs(outcome.clock.period / period - 1) < 5e-6, "seed \(seed)")
    }
    #expect(honest / samples >= 0.99)
  }

  @Test(
    "its period is that of a least-squares line within a few ppm",
    arguments: [Way.uniform, .exponential, .busFrames, .bunches], [256.0, 2_048])
  fileprivate func oracle(_ way: Way, rate: Double) throws {
    let stream = Stream(way, rate: rate, offset: 0.01, seconds: 60, seed: 11)
    var points: [Double] = []
    for place in stream.indices.indices {
      // A line as steep as the period itself would leave the rest no digits.
      let index = Double(stream.indices[place])
      points += [index, stream.arrivals[place] - index * stream.nominal]
    }
    let input = unsafe points.withUnsafeBytes { unsafe Data($0) }
    let output = try Oracle.python(script: "signal/line.py", input: input)
    // SAFETY: the oracle's answer begins with a Double, the slope.
    let slope = unsafe output.withUnsafeBytes { unsafe $0.loadUnaligned(as: Double.self) }
    let line = stream.nominal + slope
    #expect(abs(Outcome(stream).clock.period / line - 1) < 6e-6)
  }

  @Test(
    "where the delay creeps, as two crystals that almost agree make it, the error says so",
    arguments: [0, 0.000_05, 0.000_2, 0.001])
  func beats(offset: Double) {
    let outcome = Outcome(Stream(.busFrames, rate: 250, offset: offset, seconds: 120, seed: 5))
    #expect(outcome.honesty >= 0.98)
    // Nobody can see a delay that stands still: the error is that of the grid.
    if offset == 0 { #expect(outcome.claimed.suffix(1_000).allSatisfy { $0 > 200_000 }) }
  }

  @Test("an oscillator that drifts by some ppm within a minute is followed")
  func drift() {
    var random = SplitMix64(seed: 9)
    var clock = SampleClock(nominalPeriod: .milliseconds(4))
    var truth = 1e15
    var errors: [(Double, Double)] = []
    for index in 0..<45_000 as Range<UInt64> {
      truth += 4e6 * (1.01 + 2e-6 * sin(2 * .pi * Double(index) / 15_000))
      let arrival = MonotonicInstant(nanoseconds: Int64(truth + 1e6 * random.uniform))
      let (time, error) = clock.add(index: index, arrival: arrival)
      errors.append((Double(time.nanoseconds) - truth - 5e5, Double(error)))
    }
    let honest = errors.count { abs($0.0) <= 3 * $0.1 }
    #expect(Double(honest) >= 0.99 * Double(errors.count))
  }

  @Test("locks within half a second: by then a millisecond's jitter is a third of what it was")
  func lock() {
    for seed in 1...50 as ClosedRange<UInt64> {
      let stream = Stream(.uniform, rate: 250, offset: 0.02, seconds: 0.5, seed: seed)
      var clock = stream.clock()
      var last = 0.0
      for place in stream.indices.indices {
        let time = clock.add(index: stream.indices[place], arrival: stream.arrival(place)).time
        last = stream.error(time, place) - 5e5
      }
      #expect(abs(last) < 333_000, "seed \(seed)")
    }
  }

  @Test("a stall of half a second and the burst after it move nothing")
  func stalled() {
    let (undisturbed, disturbed) = (
      Stream(.uniform, rate: 250, offset: 0.01, seconds: 20, seed: 3),
      Stream(.uniform, rate: 250, offset: 0.01, seconds: 20, seed: 3, stalledAt: 3_000)
    )
    var (a, b) = (undisturbed.clock(), disturbed.clock())
    var most = 0.0
    for place in undisturbed.indices.indices {
      let index = undisturbed.indices[place]
      let plain = a.add(index: index, arrival: undisturbed.arrival(place)).time
      let stalled = b.add(index: index, arrival: disturbed.arrival(place)).time
      if place >= 3_000 { most = max(most, abs(Double((stalled - plain).rawValue))) }
    }
    // Of arrivals that are late by up to half a second.
    #expect(most > 0 && most < 20_000)
  }

  @Test("a delay that is longer for good is taken over after two seconds, a shorter one at once")
  func shifts() {
    var clock = SampleClock(nominalPeriod: .milliseconds(4))
    var random = SplitMix64(seed: 21)
    func feed(_ indices: Range<UInt64>, delay: Double) -> Double {
      var last = 0.0
      for index in indices {
        let truth = Double(index) * 4e6
        let late = delay + 2e5 * random.uniform
        let arrival = MonotonicInstant(nanoseconds: Int64(truth + late))
        last = Double(clock.add(index: index, arrival: arrival).time.nanoseconds) - truth
      }
      return last
    }
    #expect(abs(feed(0..<5_000, delay: 0) - 1e5) < 50_000)
    #expect(feed(5_000..<5_400, delay: 2e7) < 1_000_000)
    #expect(abs(feed(5_400..<9_000, delay: 2e7) - 2.01e7) < 500_000)
    #expect(abs(feed(9_000..<9_100, delay: 0) - 1e5) < 2_000_000)
    #expect(abs(feed(9_100..<12_000, delay: 0) - 1e5) < 500_000)
  }

  @Test("other samples of a bunch lie whole periods from the newest, and are told as surely")
  func predictions() {
    let stream = Stream(.bunches, rate: 250, offset: 0.01, seconds: 60, seed: 2)
    var clock = stream.clock()
    var newest = clock.add(index: stream.indices[0], arrival: stream.arrival(0))
    for place in stream.indices.indices.dropFirst() {
      newest = clock.add(index: stream.indices[place], arrival: stream.arrival(place))
    }
    let last = stream.indices[stream.indices.count - 1]
    for distance in 0...4 as ClosedRange<UInt64> {
      let before = clock.prediction(of: last - distance)
      let span = Double((newest.time - before.time).rawValue)
      #expect(abs(span - Double(distance) * clock.period) <= 1)
      #expect(before.time == clock.time(of: last - distance))
      #expect(before.errorNanoseconds <= newest.errorNanoseconds + 1_000)
    }
    // Ten minutes ahead: a period that is off by a part of a ppm is off by so many microseconds.
    let ahead = clock.prediction(of: last + 150_000)
    #expect(ahead.errorNanoseconds > 20 * newest.errorNanoseconds)
    let truth = stream.truths[stream.truths.count - 1] + 150_000 * stream.nominal * 1.01
    let delay = stream.error(newest.time, stream.truths.count - 1)
    let off = Double(ahead.time.nanoseconds - stream.origin) - truth - delay
    #expect(abs(off) <= 3 * Double(ahead.errorNanoseconds))
  }

  @Test("after a restart, and where indices begin anew, the period is known and the time is not")
  func restarts() {
    let stream = Stream(.uniform, rate: 250, offset: -0.02, seconds: 40, seed: 8)
    for isTold in [true, false] {
      var clock = stream.clock()
      #expect(!clock.hasBegun)
      for place in 0..<8_000 {
        clock.add(index: stream.indices[place] + 7, arrival: stream.arrival(place))
      }
      let known = clock.period
      if isTold {
        clock.restart()
        #expect(!clock.hasBegun)
      }
      let first = clock.add(index: 0, arrival: stream.arrival(8_000))
      #expect(first.time == stream.arrival(8_000))
      #expect(first.errorNanoseconds >= 1_000_000)
      #expect(clock.period == known && abs(known / 3.92e6 - 1) < 1e-5)
      for place in 1..<2_000 {
        let now = clock.add(index: UInt64(place), arrival: stream.arrival(8_000 + place))
        let error = stream.error(now.time, 8_000 + place) - 5e5
        #expect(abs(error) <= 3 * Double(now.errorNanoseconds))
      }
      #expect(abs(clock.period / 3.92e6 - 1) < 1e-5)
    }
  }

  @Test("costs no heap call")
  func heap() {
    let stream = Stream(.stalls, rate: 250, offset: 0.01, seconds: 8, seed: 4)
    var clock = stream.clock()
    var sum: Int64 = 0
    let before = heap_counter_calls_of_this_thread()
    for place in 0..<stream.indices.count {
      let now = clock.add(index: stream.indices[place], arrival: stream.arrival(place))
      sum &+= now.time.nanoseconds &+ clock.time(of: stream.indices[place] &+ 1).nanoseconds
    }
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0 && sum != 0)
  }
}

extension Stream {
  /// The same stream, of which everything from a sample on waits for half a second.
  fileprivate init(
    _ way: Way, rate: Double, offset: Double, seconds: Double, seed: UInt64, stalledAt place: Int
  ) {
    self.init(way, rate: rate, offset: offset, seconds: seconds, seed: seed)
    let end = truths[place] + 5e8
    for index in place..<arrivals.count where arrivals[index] < end {
      arrivals[index] = end + Double(index - place) * 1e3
    }
  }
}
