// Taking what has come once in a while: how seldom it may be, and that only time is lost by it.

import RT
import Signal
import TestSupport
import Testing

@testable import Amplifiers

private let places: [AmplifierPlace] = [
  .serial(path: "/dev/ttyUSB0"), .usb(serialNumber: "", sparing: nil),
]

@Suite("Gathering")
struct GatheringTests {
  @Test("of whatever speed, half of what the line holds stays free", arguments: places)
  func longest(place: AmplifierPlace) throws {
    var random = SplitMix64(seed: 11)
    for round in 0..<2_000 {
      var profile = try #require(StreamCase.profile(round))
      profile.packetsPerSecond *= .random(in: 0.1...20, using: &random)
      let span = profile.longestGathering(at: place)
      let next = span + .milliseconds(1)
      let bytesPerSecond = Double(profile.format.byteCount) * profile.packetsPerSecond
      // What comes meanwhile: bytes in a terminal's buffer, or transfers, of which there is one for
      // a packet at least and, but for bulk endpoints, one for a millisecond.
      func share(of span: Nanoseconds) -> Double {
        if case .serial = place { return span.seconds * bytesPerSecond / 4_095 }
        let each = Double(profile.usb.transferByteCount)
        let transfers = max(
          span.seconds * profile.packetsPerSecond, span.seconds * bytesPerSecond / each,
          profile.usb.interface == .bulk ? 0 : span.seconds * 1_000)
        return transfers / Double(profile.usb.transferCount)
      }
      #expect(share(of: span) <= 0.5 + 1e-9, "\(profile.kind) \(profile.packetsPerSecond)")
      #expect(share(of: next) > 0.5 - 1e-9, "\(profile.kind) \(profile.packetsPerSecond)")
      if span > .zero { try profile.gather(every: span, at: place) }
      #expect(throws: AmplifierFault.self) { try profile.gather(every: next, at: place) }
      #expect(profile.gathering.span == span)
    }
  }

  @Test("a refusal names the longest span, or says that there is none")
  func refusals() throws {
    var cyton = try #require(StreamCase.profile(0))
    for (place, longest) in zip(places, ["248 ms", "128 ms"]) {
      let fault = #expect(throws: AmplifierFault.self) {
        try cyton.gather(every: .milliseconds(400), at: place)
      }
      #expect(fault?.message.contains(longest) == true, "\(fault?.message ?? "")")
    }
    var biosemi = try #require(StreamCase.profile(4))
    let fault = #expect(throws: AmplifierFault.self) {
      try biosemi.gather(every: .milliseconds(10), at: places[0])
    }
    #expect(fault?.message.contains("leave out --gather") == true, "\(fault?.message ?? "")")
  }

  @Test("looks are a span apart on average, and all parts of the longest wait occur alike")
  func rhythm() {
    let gathering = Gathering(span: .milliseconds(100), longestWait: .milliseconds(4))
    var timer = GatheringTimer(gathering)
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    timer.advance(now)
    let first = timer.instant
    var quarters = [Int](repeating: 0, count: 4)
    for _ in 0..<1_000 {
      now = timer.instant
      timer.advance(now)
      #expect(timer.instant - now <= .milliseconds(104) && timer.instant - now >= .milliseconds(96))
      quarters[Int(timer.instant.nanoseconds % 100_000_000 / 1_000_000)] += 1
    }
    #expect(abs((timer.instant - first).rawValue - 100_000_000_000) < 4_000_000)
    #expect(quarters.allSatisfy { abs($0 - 250) < 10 }, "\(quarters)")
    // Whoever comes late takes all at once, and looks again a span later.
    now = timer.instant + .seconds(3)
    timer.advance(now)
    #expect(timer.instant > now && timer.instant - now <= .milliseconds(104))
  }

  @Test(
    "a loss of any length is counted to the packet, wherever in a bunch it is",
    arguments: [0, 2, 3], [1, 2, 3, 100, 192, 255, 256, 257, 300, 380, 512, 513, 700, 1_200])
  func losses(kind: Int, lost: Int) throws {
    for milliseconds in [10, 40, 100, 248, 470] as [Int64] {
      for seed in 0..<4 as Range<UInt64> {
        guard let run = try Gathered(kind, every: milliseconds, lost: lost, seed: seed) else {
          continue
        }
        let place: Comment = "\(milliseconds) ms, seed \(seed)"
        #expect(run.frames.map { Int($0.header.lostBefore) }.reduce(0, +) == lost, place)
        #expect(
          run.frames.first { $0.index > 0 && $0.header.lostBefore > 0 }?.index
            == UInt64(run.hole + lost), place)
        #expect(run.frames.count == run.sent, place)
        #expect(run.frames.allSatisfy { $0.header.configurationEpoch == 1 }, place)
      }
    }
  }

  @Test("sample times are as right as their standard error says", arguments: [0, 2, 3])
  func sampleTimes(kind: Int) throws {
    var squares = 0.0
    var sum = 0.0
    var count = 0.0
    for milliseconds in [10, 40, 100, 248, 470] as [Int64] {
      for seed in 100..<104 as Range<UInt64> {
        guard let run = try Gathered(kind, every: milliseconds, lost: 7, seed: seed) else {
          continue
        }
        // The clock has settled after ten seconds.
        for frame in run.frames where Double(frame.index) * run.period > 10e9 {
          let error = Double((frame.header.sampleTime - run.time(of: Int(frame.index))).rawValue)
          let sigma = Double(frame.header.sampleTimeErrorNanoseconds)
          #expect(abs(error) < 6 * sigma + 1e5, "\(milliseconds) ms, \(frame.index)")
          #expect(sigma < run.period, "\(milliseconds) ms, \(frame.index)")
          squares += error * error / (sigma * sigma)
          sum += error / run.period
          count += 1
        }
      }
    }
    #expect(count > 1_000)
    #expect(squares / count < 2, "of the variance that is claimed")
    #expect(abs(sum / count) < 0.1, "of a period, on average")
  }
}

/// A stream whose packets were taken once in a span.
private struct Gathered: ~Copyable {
  /// The device's own period, which is not quite what it should be; its first packet, in time.
  let period: Double
  private let begin: Double
  /// The first packet that was lost, and how many came.
  let hole: Int
  let sent: Int
  let frames: [Received]

  func time(of index: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(begin + Double(index) * period))
  }

  /// - Returns: nil where the line does not hold so much.
  init?(_ kind: Int, every milliseconds: Int64, lost: Int, seed: UInt64) throws {
    var profile = try #require(StreamCase.profile(kind))
    let place = AmplifierPlace.serial(path: "")
    let span = Nanoseconds.milliseconds(milliseconds)
    if span > profile.longestGathering(at: place) { return nil }
    try profile.gather(every: span, at: place)
    var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(lost))
    let rate = profile.packetsPerSecond
    let period = 1e9 / rate * (1 + .random(in: -2e-4...2e-4, using: &random))
    let hole = Int(.random(in: 4...6, using: &random) * rate)
    let total = hole + lost + Int(12 * rate)
    let packets = StreamCase.packets(profile, count: total, random: &random)
    var bench = StreamBench(profile)
    let begin = Double(bench.now.nanoseconds) + .random(in: 0...1e8, using: &random)
    var timer = GatheringTimer(profile.gathering)
    timer.advance(bench.now)
    var next = 0
    while next < total || bench.stream.pace.isHolding {
      var bytes: [UInt8] = []
      // A wake-up is late by up to 0.2 ms, too.
      let look = Double(timer.instant.nanoseconds) + .random(in: 0...2e5, using: &random)
      while next < total, begin + Double(next) * period <= look {
        if !(hole..<(hole + lost)).contains(next) { bytes += packets[next] }
        next += 1
      }
      bench.feed(bytes, periods: (look - Double(bench.now.nanoseconds)) / (1e9 / rate))
      timer.advance(bench.now)
    }
    self.period = period
    self.begin = begin
    self.hole = hole
    sent = total - lost
    frames = bench.frames
  }
}
