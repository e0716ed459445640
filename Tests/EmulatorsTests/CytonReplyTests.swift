// What a Cyton says to each of its commands.

import RT
import TestSupport
import Testing

@testable import Emulators

private let bootText =
  "OpenBCI V3 8-16 channel\r\nOn Board ADS1299 Device ID: 0x3E\r\n"
  + "LIS3DH Device ID: 0x33\r\nFirmware: v3.1.2\r\n$$$"

struct Exchange: CustomTestStringConvertible, Sendable {
  var said: String
  var answer: String
  var testDescription: String { said }

  init(_ said: String, _ answer: String) {
    self.said = said
    self.answer = answer
  }
}

private let exchanges = [
  Exchange("d", "updating channel settings to default$$$"),
  Exchange("D", "060110$$$"),
  Exchange("V", "v3.1.2$$$"),
  Exchange("c", ""),
  Exchange("C", "no daisy to attach!8$$$"),
  Exchange("x3060110X", "Success: Channel set for 3$$$"),
  Exchange("xI060110X", "Success: Channel set for 16$$$"),
  Exchange("z810Z", "Success: Lead off set for 8$$$"),
  Exchange("1!8*", ""),
  Exchange("0", "Success: Configured internal test signal.$$$"),
  Exchange("p", "Success: Configured internal test signal.$$$"),
  Exchange("~~", "Success: Sample rate is 250Hz$$$"),
  Exchange("~0", "Success: Sample rate is 16000Hz$$$"),
  Exchange("~5", "Success: Sample rate is 500Hz$$$"),
  Exchange("//", "Success: default$$$"),
  Exchange("/1", "Success: debug$$$"),
  Exchange("/2", "Success: analog$$$"),
  Exchange("/3", "Success: digital$$$"),
  Exchange("/4", "Success: marker$$$"),
  Exchange("/4//", "Success: marker$$$Success: marker$$$"),
  Exchange("<", ",Time stamp ON$$$"),
  Exchange(">", "Time stamp OFF$$$"),
  Exchange("`A", ""),
  Exchange("s", ""),
  Exchange("j", ""),
  Exchange("}", "Failure: Wifi not removed$$$"),
  Exchange("9 \n", ""),
  // What is malformed.
  Exchange("x3X", "Failure: too few chars$$$"),
  Exchange("x306011X", "Failure: too few chars$$$"),
  Exchange("x3060110YV", "Failure: Err: 9th char not X$$$v3.1.2$$$"),
  Exchange("z3Z", "Failure: too few chars$$$"),
  Exchange("z310YV", "Failure: Err: 5th char not Z$$$v3.1.2$$$"),
  Exchange("~7", "Failure: sample value out of bounds$$$"),
  Exchange("~x", "Failure: invalid sample value$$$"),
  Exchange("/6", "Failure: board mode value out of bounds.$$$"),
  Exchange("/x", "Failure: invalid board mode value.$$$"),
]

@Suite("A Cyton's answers")
struct CytonReplyTests {
  @Test("each command is answered as firmware 3.1.2 answers it", arguments: exchanges)
  func answers(exchange: Exchange) throws {
    var board = try cyton()
    #expect(board.tell(exchange.said) == exchange.answer)
  }

  @Test("a reset says what the board is, after half a second, and forgets the settings")
  func reset() throws {
    var board = try cyton()
    board.tell("x1100000X")
    #expect(board.board.frontEnd.channels[0].isPoweredDown)
    #expect(board.tell("v").isEmpty)
    #expect(String(decoding: board.wait(seconds: 0.51), as: UTF8.self) == bootText)
    #expect(!board.board.frontEnd.channels[0].isPoweredDown)
  }

  @Test("what comes while the board boots is answered when it is up")
  func held() throws {
    var board = try cyton()
    #expect(board.tell("vVd").isEmpty)
    let said = String(decoding: board.wait(seconds: 0.51), as: UTF8.self)
    #expect(said == bootText + "v3.1.2$$$updating channel settings to default$$$")
  }

  @Test("a Daisy is named in the boot text, comes off and goes on")
  func daisy() throws {
    var board = try cyton(daisy: true)
    board.tell("v")
    let text = String(decoding: board.wait(seconds: 0.51), as: UTF8.self)
    #expect(text.contains("On Daisy ADS1299 Device ID: 0x3E\r\n"))
    #expect(board.tell("C") == "16$$$")
    #expect(board.tell("c") == "daisy removed$$$")
    #expect(board.tell("c").isEmpty)
    #expect(board.tell("C") == "daisy attached16$$$")
  }

  @Test("half a command is given up after a second, whatever comes then is a new one")
  func patience() throws {
    var board = try cyton()
    let complaint =
      "Timeout processing multi byte message - please send all commands at once as of v2$$$"
    #expect(board.tell("x306").isEmpty)
    #expect(board.wait(seconds: 0.99).isEmpty)
    #expect(String(decoding: board.wait(seconds: 0.02), as: UTF8.self) == complaint)
    #expect(board.tell("V") == "v3.1.2$$$")
    // Slow, but within a second.
    for byte in "z110Z".dropLast() {
      #expect(board.tell(String(byte)).isEmpty)
      board.wait(seconds: 0.2)
    }
    #expect(board.tell("Z") == "Success: Lead off set for 1$$$")
  }

  @Test("a field that cannot be read takes its default, as the firmware has it")
  func unreadableFields() throws {
    var board = try cyton()
    #expect(board.tell("x3190110X") == "Success: Channel set for 3$$$")
    #expect(board.board.frontEnd.channels[2].settings.gainCode == 6)
    #expect(board.tell("x)000000X") == "Success: Channel set for 1$$$")
  }

  @Test("the registers show what was set")
  func registers() throws {
    var board = try cyton(daisy: true)
    board.tell("x2131001Xz310Z]")
    let text = board.tell("?")
    #expect(text.hasPrefix("\r\nBoard ADS Registers\r\nADS_ID, 00, 3E, 0, 0, 1, 1, 1, 1, 1, 0\r\n"))
    #expect(text.hasSuffix("\r\n$$$"))
    for line in [
      "CONFIG1, 01, B6, 1, 0, 1, 1, 0, 1, 1, 0", "CONFIG2, 02, D5, 1, 1, 0, 1, 0, 1, 0, 1",
      "CH1SET, 05, 6D, 0, 1, 1, 0, 1, 1, 0, 1", "CH2SET, 06, B5, 1, 0, 1, 1, 0, 1, 0, 1",
      "BIAS_SENSP, 0D, FD, 1, 1, 1, 1, 1, 1, 0, 1", "LOFF_SENSP, 0F, 04, 0, 0, 0, 0, 0, 1, 0, 0",
      "MISC1, 15, 20, 0, 0, 1, 0, 0, 0, 0, 0", "Daisy ADS Registers",
      "CONFIG1, 01, 96, 1, 0, 0, 1, 0, 1, 1, 0",
    ] {
      #expect(text.contains(line + "\r\n"), "\(line)")
    }
  }

  @Test("the radio answers for itself, and hears the board on its own channel only")
  func radio() throws {
    var board = try cyton()
    func said(_ text: String, _ number: UInt8) -> [UInt8] {
      Array("\(text)\(number)".utf8) + [number] + Array("$$$".utf8)
    }
    #expect(board.tell([0xF0, 0x07]) == Array("Success: System is Up$$$".utf8))
    #expect(
      board.tell([0xF0, 0x01, 9]) == said("Success: Host and Device on Channel number: ", 9))
    #expect(board.tell([0xF0, 0x00]) == said("Success: Host and Device on Channel number: ", 9))
    #expect(
      board.tell([0xF0, 0x01, 26])
        == Array("Failure: Verify channel number is less than 25$$$".utf8))
    #expect(board.tell([0xF0, 0x03]) == said("Success: Poll time: ", 80))
    #expect(board.tell([0xF0, 0x04, 64]) == said("Success: Poll time: ", 64))
    for (code, baud) in [(5, 115_200), (6, 230_400), (10, 921_600)] as [(UInt8, Int)] {
      #expect(
        board.tell([0xF0, code]) == Array("Success: Switch your baud rate to \(baud)$$$".utf8))
    }
    #expect(board.tell([0xF0, 0x02, 3]) == said("Success: Host override - Channel number: ", 3))
    #expect(board.tell([0xF0, 0x07]) == Array("Failure: System is Down$$$".utf8))
    #expect(board.tell([0xF0, 0x00]) == said("Failure: Host on Channel number: ", 3))
    #expect(
      board.tell("v") == "Failure: Communications timeout - Device failed to poll Host$$$")
    board.tell([0xF0, 0x02, 9])
    #expect(board.tell("V") == "v3.1.2$$$")
  }

  @Test("a firmware that refuses says so and keeps the settings; the handshake goes well")
  func refuses() throws {
    var board = try cyton(faults: [try Fault("failure")])
    #expect(board.tell("x1000000X").hasPrefix("Failure: "))
    #expect(board.tell("z110Z").hasPrefix("Failure: "))
    #expect(board.board.frontEnd.channels[0] == CytonChannel())
    #expect(board.tell("d") == "updating channel settings to default$$$")
  }

  @Test("in BLE mode nothing comes through the dongle any more")
  func ble() throws {
    var board = try cyton()
    #expect(board.tell("/5").isEmpty)
    #expect(board.tell("Vvb").isEmpty)
    #expect(board.wait(seconds: 1).isEmpty)
  }

  @Test(
    "whatever bytes come, the board lives, answers, and streams whole packets", arguments: 0..<60)
  func anything(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var board = try cyton(daisy: seed.isMultiple(of: 2), seed: seed)
    let words = Array("xXzZ12345678QWERTYUI06~`/dDcCbsv?V<>[]=-p0".utf8) + [0xF0, 0x00, 0x07]
    for _ in 0..<200 {
      let length = Int.random(in: 1...12, using: &random)
      board.tell(
        (0..<length).map { _ in
          Bool.random(using: &random)
            ? words.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
        })
      board.wait(seconds: Double.random(in: 0...0.3, using: &random))
    }
    // A second of silence ends half commands; the radio is brought back; the rest is a normal day.
    board.wait(seconds: 1.1)
    if board.board.auxiliary.mode == .ble { return }
    for channel in 1...25 as ClosedRange<UInt8> { board.tell([0xF0, 0x02, channel]) }
    let heard = (1...25 as ClosedRange<UInt8>).first { channel in
      board.tell([0xF0, 0x02, channel])
      // A stream may be running around the answer.
      let answer = board.tell([0xF0, 0x07])
      return answer.starts(with: "Success: System is Up$$$".utf8)
    }
    try #require(heard != nil, "seed \(seed)")
    board.tell("s")
    board.tell("v")
    board.wait(seconds: 0.6)
    #expect(board.tell("V") == "v3.1.2$$$", "seed \(seed)")
    board.tell("d>b")
    board.wait(seconds: 0.2)
    #expect(board.board.isStreaming, "seed \(seed)")
    #expect(board.packets.last?.fate == .sent, "seed \(seed)")
  }
}
