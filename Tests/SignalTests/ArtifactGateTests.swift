// The gate, in diagrams: one character for each sample at 250 Hz.

import Foundation
import RT
import Signal
import TestSupport
import Testing

/// What goes in, which flags come out, and whether the gate is open (o) or closed (#).
///
/// In: a digit is a potential of 20 µV times itself; P and N stand at the converter's ends; L and l
/// have a watched electrode off (positive, negative input), u one that is not watched; C is a
/// corrupt frame, I an incomplete one; x is 5 with samples missing before it.
/// Flags: a amplitude, g gradient, f flat, s saturated, l lead-off, c corrupt, n gap,
/// i incomplete.
struct Diagram: Sendable, CustomTestStringConvertible {
  var name: String
  var script: String
  var flags: String
  var gate: String
  var testDescription: String { name }
}

private let diagrams = [
  Diagram(
    name: "a quiet signal keeps it open",
    script: "01010101010",
    flags: "...........",
    gate: " ooooooooooo"),
  Diagram(
    name: "amplitude closes it, and for three more samples",
    script: "12345678987654321",
    flags: ".......aaa.......",
    gate: " ooooooo######oooo"),
  Diagram(
    name: "a jump closes it twice, up and down",
    script: "010105101010",
    flags: ".....gg.....",
    gate: " ooooo#####oo"),
  Diagram(
    name: "standing still for four samples is flat",
    script: "0111110101",
    flags: "....ff....",
    gate: " oooo#####o"),
  Diagram(
    name: "standing still for three samples is not",
    script: "0111011101",
    flags: "..........",
    gate: " oooooooooo"),
  Diagram(
    name: "both ends of the converter saturate",
    script: "01P0101N01",
    flags: "..s....s..",
    gate: " oo####o###"),
  Diagram(
    name: "an electrode off closes it where it is watched",
    script: "01u1L1010l0101",
    flags: "....l....l....",
    gate: " oooo####o####o"),
  Diagram(
    name: "a corrupt frame closes it",
    script: "010C01010",
    flags: "...c.....",
    gate: " ooo####oo"),
  Diagram(
    name: "a frame with missing channels closes it",
    script: "010I01010",
    flags: "...i.....",
    gate: " ooo####oo"),
  Diagram(
    name: "a gap closes it, and no gradient is seen across it",
    script: "0101x45454",
    flags: "....n.....",
    gate: " oooo####oo"),
  Diagram(
    name: "the hold-off counts from the last flag",
    script: "010C0C01010",
    flags: "...c.c.....",
    gate: " ooo######oo"),
]

@Suite("Artifact gate")
struct ArtifactGateTests {
  static var thresholds: GateThresholds {
    var thresholds = GateThresholds()
    thresholds.holdOff = .milliseconds(12)
    thresholds.flatSpan = .milliseconds(16)
    thresholds.leadOffPositive = 0b01
    thresholds.leadOffNegative = 0b10
    return thresholds
  }

  @Test("closes and opens as drawn", arguments: diagrams)
  func diagram(_ each: Diagram) throws {
    var gate = try ArtifactGate(Self.thresholds, samplesPerSecond: 250, channelCount: 2)
    let frame = FrameMemory(channelCount: 2)
    var flags = ""
    var open = " "
    for character in each.script {
      var level = 0.0
      var count: Int32 = 0
      var statusWord: UInt32 = 0xC0_0000
      switch character {
      case "P": count = 8_388_607
      case "N": count = -8_388_608
      case "L": statusWord |= 0b01 << 12
      case "l": statusWord |= 0b10 << 4
      // Positive input of channel 2, negative of channel 1, and the GPIO bits.
      case "u": statusWord |= 0b10 << 12 | 0b01 << 4 | 0xF
      case "x": level = 100
      default: level = Double(character.wholeNumberValue ?? 0) * 20
      }
      if character == "C" {
        gate.refuse(.corrupt)
      } else if character == "I" {
        gate.refuse(.incomplete)
      } else {
        // Channel 2 is quiet throughout, and never the same twice.
        frame.set([count, 0], statusWord: statusWord)
        let other = gate.state.framesSinceArtifact % 2 == 0 ? 3.0 : -3.0
        var samples = [level, other]
        unsafe samples.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          unsafe gate.judge(frame.slot, raw: base, broadband: base, followsGap: character == "x")
        }
      }
      let names: [(ArtifactFlags, Character)] = [
        (.amplitude, "a"), (.gradient, "g"), (.flat, "f"), (.saturated, "s"), (.leadOff, "l"),
        (.corrupt, "c"), (.gap, "n"), (.incomplete, "i"),
      ]
      let seen = gate.state.flags
      flags.append(names.first { seen == $0.0 }?.1 ?? (seen.isEmpty ? "." : "?"))
      open.append(gate.state.isOpen ? "o" : "#")
    }
    #expect(flags == each.flags)
    #expect(open == each.gate)
  }

  @Test("says which channel it was")
  func channels() throws {
    var gate = try ArtifactGate(Self.thresholds, samplesPerSecond: 250, channelCount: 2)
    let frame = FrameMemory(channelCount: 2)
    frame.set([0, 8_388_607], statusWord: 0xC0_0000 | 1 << 12)
    let samples = [0.0, 200]
    unsafe samples.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe gate.judge(frame.slot, raw: base, broadband: base, followsGap: false)
    }
    let (first, second) = (gate.flags(ofChannel: 0), gate.flags(ofChannel: 1))
    #expect(first == [.leadOff])
    #expect(second == [.amplitude, .saturated])
    let state = gate.state
    #expect(state.flags == [.leadOff, .amplitude, .saturated])
  }

  @Test(
    "an electrode of any chip closes the gate, where its channel is watched",
    arguments: [(2, 4), (2, 8), (3, 6), (4, 8)])
  func severalChips(chips: Int, channelsPerChip: Int) throws {
    let channelCount = chips * channelsPerChip
    let last = channelCount - 1
    var thresholds = Self.thresholds
    thresholds.leadOffPositive = 1 << UInt32(last)
    thresholds.leadOffNegative = 1 << UInt32(channelsPerChip)
    let samples = [Double](repeating: 0, count: channelCount)
    for chip in 0..<chips {
      for bit in 0..<8 {
        for (place, watched) in [(12, last), (4, channelsPerChip)] {
          var gate = try ArtifactGate(
            thresholds, samplesPerSecond: 250, channelCount: channelCount)
          let frame = FrameMemory(channelCount: channelCount)
          frame.set(ArraySlice(repeating: 0, count: channelCount), statusWord: 0xC0_0000)
          var header = frame.slot.header
          header.chipCount = UInt16(chips)
          for other in 0..<chips {
            header.setStatusWord(
              0xC0_0000 | (other == chip ? 1 << UInt32(place + bit) : 0), ofChip: other)
          }
          frame.slot.header = header
          unsafe samples.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe gate.judge(frame.slot, raw: base, broadband: base, followsGap: false)
          }
          for channel in 0..<channelCount {
            let isOff =
              channel == watched && bit < channelsPerChip
              && channel == chip * channelsPerChip + bit
            let flags = gate.flags(ofChannel: channel)
            #expect(flags == (isOff ? [.leadOff] : []), "chip \(chip), bit \(bit), \(channel)")
          }
        }
      }
    }
  }

  @Test("words of an amplifier that is no ADS1299 are nobody's lead-off bits")
  func otherWords() throws {
    var thresholds = Self.thresholds
    thresholds.leadOffPositive = 0b11
    thresholds.leadOffNegative = 0b11
    for (chips, isOff) in [(1, true), (0, false)] as [(UInt16, Bool)] {
      var gate = try ArtifactGate(thresholds, samplesPerSecond: 250, channelCount: 2)
      let frame = FrameMemory(channelCount: 2)
      frame.set([0, 0], statusWord: 0xFF_FFFF)
      var header = frame.slot.header
      header.chipCount = chips
      header.otherStatusWords = [0xFF_FFFF, 0xFF_FFFF, 0xFF_FFFF]
      frame.slot.header = header
      let samples = [0.0, 0]
      unsafe samples.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        unsafe gate.judge(frame.slot, raw: base, broadband: base, followsGap: false)
      }
      let flags = gate.state.flags
      #expect(flags == (isOff ? [.leadOff] : []))
    }
  }

  @Test(
    "the same slope is judged alike at every rate",
    arguments: [125.0, 250, 500, 1000, 2000, 16_000])
  func gradientAtEveryRate(_ rate: Double) throws {
    // A ramp of 0.9 and of 1.1 times the limit, centred so that it stays within the amplitude.
    for (factor, isFlagged) in [(0.9, false), (1.1, true)] {
      var gate = try ArtifactGate(GateThresholds(), samplesPerSecond: rate, channelCount: 1)
      let frame = FrameMemory(channelCount: 1)
      var seen = ArtifactFlags()
      let frames = Int(0.02 * rate)
      for index in 0..<frames {
        var sample = (Double(index) / rate - 0.01) * 12_500 * factor
        unsafe gate.judge(frame.slot, raw: &sample, broadband: &sample, followsGap: false)
        seen.formUnion(gate.state.flags)
      }
      #expect(seen == (isFlagged ? [.gradient] : []), "factor \(factor)")
    }
  }

  @Test("opens and closes on a real recording where numpy says, and is open for most of it")
  func realRecording() throws {
    let theirs = [UInt8](
      try Oracle.python(script: "signal/gate.py", arguments: [RealRecording.path]))
    var chain = try SignalChain(SignalConfiguration(), montage: RealRecording.montage())
    let frame = FrameMemory(channelCount: 8)
    var ours: [UInt8] = []
    var seen = ArtifactFlags()
    for row in 0..<RealRecording.counts.count / 8 {
      frame.set(RealRecording.counts[row * 8..<row * 8 + 8])
      chain.process(frame.slot)
      seen.formUnion(chain.gate.flags)
      ours.append(chain.gate.isOpen ? 1 : 0)
    }
    #expect(ours.count == 31_250 && ours == theirs)
    #expect(seen == [.amplitude, .gradient])
    // 25 269 of 31 250, 80.9 %: this person blinks.
    #expect(ours.count { $0 == 1 } == 25_269)
  }
}
