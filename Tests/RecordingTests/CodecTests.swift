import Foundation
import RT
import Signal
import TestSupport
import Testing

@testable import Recording

@Suite("The codecs")
struct CodecTests {
  @Test("every annotation reads back as it was written", arguments: 0..<50 as Range<UInt64>)
  func annotations(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let alphabet = Array("abc XYZ 019 .+- äöü µV 左 \u{1F9E0}")
    var bytes = TAL.encode(onset: Nanoseconds(seconds: 3), text: "")
    var written: [RecordedAnnotation] = []
    for _ in 0..<20 {
      let annotation = RecordedAnnotation(
        onset: Nanoseconds(Int64.random(in: -1_000_000...900_000_000_000_000_000, using: &random)),
        duration: Bool.random(using: &random)
          ? Nanoseconds(Int64.random(in: 0...1_000_000_000_000, using: &random)) : nil,
        text: String(
          (0...Int.random(in: 0...30, using: &random)).map { _ in
            alphabet.randomElement(using: &random)!
          }))
      written.append(annotation)
      bytes += TAL.encode(
        onset: annotation.onset, duration: annotation.duration, text: annotation.text)
    }
    bytes += [0, 0, 0]
    let block = TAL.decode(bytes)
    #expect(block.recordOnset == Nanoseconds.seconds(3))
    #expect(block.annotations == written)
    #expect(block.malformedCount == 0)
  }

  @Test("a separator in a text does not end it early")
  func separator() {
    let bytes = TAL.encode(onset: .zero, text: "a\u{14}b\u{0}c\u{15}d")
    #expect(TAL.decode(bytes).annotations.map(\.text) == ["a b c d"])
  }

  @Test("no bytes make the annotations' reader crash", arguments: 0..<20 as Range<UInt64>)
  func anyBytes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let alphabet: [UInt8] = Array("+-.0123456789a".utf8) + [0, 0x14, 0x15, 0xFF]
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        alphabet.randomElement(using: &random)!
      }
      let block = TAL.decode(bytes)
      #expect(block.annotations.allSatisfy { !$0.text.isEmpty })
    }
  }

  @Test(
    "a sample's onset leads back to the sample, for a year of recording",
    arguments: [62.5, 125, 250, 256, 500, 512, 1_000, 2_000, 16_000])
  func onsets(rate: Double) throws {
    let clock = try RecordClock.forRate(rate, frameByteCount: 27)
    #expect(clock.samplesPerSecond == rate)
    var random = SplitMix64(seed: 5)
    let year = UInt64(rate * 31_557_600)
    for index in Array(0..<1_000)
      + (0..<1_000).map({ _ in
        UInt64.random(in: 0..<year, using: &random)
      })
    {
      #expect(clock.sample(at: clock.onset(ofSample: index)) == index)
    }
  }

  @Test("the calendar is Foundation's", arguments: 0..<20 as Range<UInt64>)
  func calendar(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var gregorian = Calendar(identifier: .gregorian)
    gregorian.timeZone = try #require(TimeZone(identifier: "UTC"))
    for _ in 0..<50 {
      // 1901 to 2199.
      let seconds = Int64.random(in: -2_177_452_800...7_258_118_399, using: &random)
      let time = RecordedTime(nanoseconds: seconds * 1_000_000_000 + 999_999_999)
      let theirs = gregorian.dateComponents(
        [.year, .month, .day, .hour, .minute, .second],
        from: Date(timeIntervalSince1970: Double(seconds)))
      let ours = time.civil
      #expect(
        [ours.year, ours.month, ours.day, ours.hour, ours.minute, ours.second]
          == [
            theirs.year, theirs.month, theirs.day, theirs.hour, theirs.minute, theirs.second,
          ])
      let back = try #require(
        RecordedTime(
          year: ours.year, month: ours.month, day: ours.day, hour: ours.hour,
          minute: ours.minute, second: ours.second))
      #expect(back.nanoseconds == seconds * 1_000_000_000)
    }
  }

  @Test("a day that no month has is no date")
  func noDate() {
    #expect(
      RecordedTime(year: 2026, month: 2, day: 29, hour: 0, minute: 0, second: 0) == nil)
    #expect(
      RecordedTime(year: 2028, month: 2, day: 29, hour: 0, minute: 0, second: 0) != nil)
  }

  @Test("a header reads back as it was written", arguments: BDFHeader.Kind.allCases)
  func headers(kind: BDFHeader.Kind) throws {
    let header = try BDFHeader(
      kind: kind, patient: "X X X X", recording: "Startdate 20-NOV-2026 X X model",
      start: RecordedTime(nanoseconds: 1_795_170_896_000_000_000), recordCount: 17,
      recordNanoseconds: 250_000_000,
      signals: [
        BDFSignal(
          label: "C3", transducer: "Ag/AgCl", microvoltsPerCount: 4.5 / 1 / 8_388_607 * 1e6,
          prefilter: "HP:DC", samplesPerRecord: 64),
        .auxiliary(AuxiliarySignal.statusWords(1)[0], samplesPerRecord: 64),
        .annotations(samplesPerRecord: 100),
      ])
    let bytes = try header.encoded()
    #expect(bytes.count == 256 * 4)
    var back = try BDFHeader(decoding: bytes, path: "")
    // Eight characters hold ±4500000 µV, and the reserved field the exact size of a count.
    #expect(back.signals[0].physicalMinimum == -4_500_000)
    back.signals[0].physicalMinimum = header.signals[0].physicalMinimum
    back.signals[0].physicalMaximum = header.signals[0].physicalMaximum
    #expect(back == header)
    #expect(back.start == RecordedTime(nanoseconds: 1_795_170_896_000_000_000))
  }

  @Test(
    "numbers keep as many digits as eight characters hold",
    arguments: [
      (187_500.000_000_01, "187500"), (-187_500, "-187500"), (-4_500_000, "-4500000"),
      (0.022_351_744, "0.022352"), (-0.022_351_744, "-0.02235"), (1, "1"), (0.25, "0.25"),
      (-8_388_608, "-8388608"), (1.5, "1.5"),
    ])
  func numbers(value: Double, text: String) {
    #expect(HeaderNumber.text(value) == text)
  }

  @Test(
    "a decision's confidence reads back to the same number", arguments: 0..<20 as Range<UInt64>)
  func confidence(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<100 {
      let decision = RecordedDecision(
        sampleIndex: 5, className: "left hand",
        confidence: Double(
          sign: .plus, exponent: -Int.random(in: 0...60, using: &random),
          significand: Double.random(in: 1..<2, using: &random)))
      #expect(RecordedDecision(text: decision.text, sampleIndex: 5) == decision)
    }
  }
}
