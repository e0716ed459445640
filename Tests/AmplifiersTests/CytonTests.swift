// What is said to a Cyton, what its packets hold, and what is refused before anything is said.

import RT
import Signal
import Testing

@testable import Amplifiers

@Suite("Cyton")
struct CytonTests {
  private func commands(_ change: (inout ADS1299Configuration) -> Void = { _ in }) throws
    -> [String]
  {
    var chip = ADS1299Configuration()
    change(&chip)
    return try CytonCommands(CytonConfiguration(chips: [chip])).settings
  }

  @Test("every channel gets its gain, input, bias and references, digit by digit")
  func channels() throws {
    let found = try commands { chip in
      chip.connectsSRB1 = false
      for index in 0..<8 { chip.channels[index].connectsSRB2 = true }
      chip.channels[1].gain = .x1
      chip.channels[2].input = .shorted
      chip.channels[3].isPoweredDown = true
      chip.channels[4].connectsSRB2 = false
      chip.channels[5].input = .temperature
      chip.bias = .init(positive: [], negative: .init(rawValue: 0b0000_0001))
    }
    #expect(
      found == [
        "~6", "x1060110X", "x2000010X", "x3061010X", "x4160010X", "x5060000X", "x6064010X",
        "x7060010X", "x8060010X", "/0",
      ])
  }

  @Test("the firmware's version is what the banner says, and nothing where it says none")
  func version() {
    let banner = "OpenBCI V3 8-16 channel\r\nOn Board ADS1299 Device ID: 0x3E\r\n"
    #expect(CytonCommands.version(banner + "Firmware: v3.1.2\r\n") == "v3.1.2")
    #expect(CytonCommands.version(banner + "Firmware:v2.0.1 (beta)\nmore") == "v2.0.1")
    #expect(CytonCommands.version(banner + "Firmware: \r\nLIS3DH Device ID: 0x33") == nil)
    #expect(CytonCommands.version(banner) == nil)
  }

  @Test("SRB1 is said to every channel, and the Daisy's channels are Q to I")
  func daisy() throws {
    let chips = [ADS1299Configuration(), ADS1299Configuration(gain: .x8)]
    let found = try CytonCommands(CytonConfiguration(chips: chips, hasTimeStamps: true)).settings
    #expect(found.count == 19)
    #expect(found[1] == "x1060101X")
    #expect(found[9...16].map { $0.prefix(2) } == ["xQ", "xW", "xE", "xR", "xT", "xY", "xU", "xI"])
    #expect(found[9] == "xQ040101X")
    #expect(found[17...] == ["/0", "<"])
  }

  @Test("the test signal is switched before the channels, which it would change")
  func testSignal() throws {
    let found = try commands { chip in
      chip.testSource = .init(isInternal: true, isDoubled: true, frequency: .fast)
      chip.channels[7].input = .testSignal
    }
    #expect(found[1] == "]")
    #expect(found[9] == "x8065101X")
  }

  @Test("currents flow where an electrode is measured, and nowhere else")
  func currents() throws {
    let found = try commands { chip in
      chip.connectsSRB1 = false
      for index in 0..<8 { chip.channels[index].connectsSRB2 = true }
      chip.channels[0].input = .shorted
      chip.measureImpedance()
    }
    #expect(found.filter { $0.hasPrefix("z") }.first == "z201Z")
    #expect(found.filter { $0.hasPrefix("z") }.count == 7)
    let silent = try commands()
    #expect(!silent.contains { $0.hasPrefix("z") })
  }

  @Test("what the board or its radio cannot do is refused")
  func refusals() {
    func refused(_ change: (inout ADS1299Configuration) -> Void) -> Bool {
      do { _ = try commands(change) } catch { return error is AmplifierFault }
      return false
    }
    #expect(refused { $0.dataRate = .sps500 })
    #expect(refused { $0.leadOff = .init(positive: .first(8)) })
    #expect(refused { $0.measureImpedance(current: .nanoamperes24) })
    #expect(refused { $0.measureImpedance(frequency: .quarterRate) })
    #expect(refused { $0 = ADS1299Configuration(variant: .fourChannels) })
    #expect(throws: AmplifierFault.self) {
      try CytonCommands(CytonConfiguration(chips: []))
    }
  }

  @Test("radios of different firmware are told from noise")
  func explanation() {
    let mixed = (0..<30).flatMap { [0xA0, 0x41, UInt8($0)] + [UInt8](repeating: 7, count: 30) }
    #expect(CytonCommands.explain(mixed).contains("different firmware"))
    #expect(!CytonCommands.explain([UInt8](repeating: 0x41, count: 900)).contains("different"))
    #expect(CytonCommands.explain([]).contains("does not stream"))
  }

  @Test("acceleration, a marker and the board's clock come beside the channels")
  func auxiliaries() throws {
    func words(_ configuration: CytonConfiguration, _ packet: [UInt8]) throws -> [Int32] {
      var settings = StreamSettings()
      settings.cyton = configuration
      let profile = try Cyton.profile(settings)
      var header = FrameHeader()
      unsafe packet.withUnsafeBytes {
        unsafe profile.format.decodeAuxiliaries($0.baseAddress!, into: &header)
      }
      return profile.auxiliaries.indices.map { Int32(bitPattern: header.statusWord(ofChip: $0)) }
    }
    let chips = [ADS1299Configuration()]
    let head = [0xA0, 1] + [UInt8](repeating: 0, count: 24)
    #expect(
      try words(.init(chips: chips), head + [0xFF, 0xFE, 0x00, 0x10, 0x1F, 0x40, 0xC0])
        == [0, -2, 16, 8_000])
    #expect(
      try words(
        .init(chips: chips, hasTimeStamps: true), head + [0, 5, 0x12, 0x34, 0x56, 0x78, 0xC4])
        == [4, 5, 0x1234, 0x5678])
    let marked = CytonConfiguration(chips: chips, boardMode: .marker)
    #expect(try words(marked, head + [0, 77, 0, 0, 0, 0, 0xC1]) == [1, 77, 0, 0])
  }
}

@Suite("FTDI")
struct FTDITests {
  @Test(
    "divisors are those of the application note",
    arguments: [
      (57_600, 0xC034, 0), (115_200, 0x001A, 0), (230_400, 0x000D, 0), (460_800, 0x4006, 0),
      (921_600, 0x8003, 0), (1_000_000, 0x0003, 0), (9_600, 0x4138, 0), (3_000_000, 0, 0),
      (2_000_000, 1, 0),
    ] as [(UInt32, UInt16, UInt16)])
  func divisors(baud: UInt32, value: UInt16, index: UInt16) {
    let divisor = FTDI.divisor(baud: baud)
    #expect(divisor.value == value && divisor.index == index)
  }

  @Test("every 64 bytes lose two of status, wherever a transfer ends", arguments: 0...200)
  func strip(_ count: Int) {
    let source = (0..<count).map { UInt8($0 % 64 < 2 ? 0 : $0 & 0xFF) }
    var target = [UInt8](repeating: 0xEE, count: 256)
    var errors = LineErrors()
    let copied = unsafe target.withUnsafeMutableBytes { bytes in
      unsafe FTDI.strip(source, count, into: bytes.baseAddress!, &errors)
    }
    let expected = source.indices.filter { $0 % 64 >= 2 }.map { source[$0] }
    #expect(copied == expected.count)
    #expect(Array(target[..<copied]) == expected)
    #expect(target[copied...].allSatisfy { $0 == 0xEE })
    #expect(errors == LineErrors())
  }

  @Test("overruns, parity, framing and breaks are counted apart")
  func lineErrors() {
    var errors = LineErrors()
    var target = [UInt8](repeating: 0, count: 64)
    for status in [0x02, 0x04, 0x08, 0x10, 0x82, 0x60] as [UInt8] {
      let copied = unsafe target.withUnsafeMutableBytes { bytes in
        unsafe FTDI.strip([0x01, status, 7], 3, into: bytes.baseAddress!, &errors)
      }
      #expect(copied == 1)
    }
    #expect(errors == LineErrors(overruns: 2, parity: 1, framing: 1, breaks: 1))
  }
}
