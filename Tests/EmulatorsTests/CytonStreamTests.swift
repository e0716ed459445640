// What a Cyton streams: counters, counts and the six bytes beside them.

import RT
import TestSupport
import Testing

@testable import Emulators

/// Starts and lets it run; what came, without the answer to the start, which is none.
private func stream(_ board: inout Rehearsal<CytonBoard>, seconds: Double) throws -> [CytonFrame] {
  let first = board.tell(Array("b".utf8))
  let frames = try CytonFrame.all(first + board.wait(seconds: seconds))
  board.tell("s")
  return frames
}

@Suite("A Cyton's stream")
struct CytonStreamTests {
  @Test("counters begin at 0 with each start and wrap; the truth has what the packets have")
  func counters() throws {
    var board = try cyton()
    for _ in 0..<2 {
      let before = board.packets.count
      let frames = try stream(&board, seconds: 1.5)
      #expect(frames.map(\.counter) == frames.indices.map { UInt8(truncatingIfNeeded: $0) })
      let truth = board.packets[before...]
      #expect(truth.map(\.counts) == frames.map(\.counts))
      #expect(truth.map(\.index) == frames.indices.map { UInt64($0) })
      #expect(truth.map(\.counter) == frames.map { UInt32($0.counter) })
      #expect(truth.allSatisfy { $0.fate == .sent })
    }
    #expect(board.notes.filter { $0 == "command b" }.count == 2)
  }

  @Test("channel k plays channel k modulo the recorded ones, and the recording begins again")
  func playback() throws {
    let recording = try noise(channels: 3, samples: 100)
    var board = Rehearsal(
      try CytonBoard(
        playing: recording, options: BoardOptions(), now: Rehearsal<CytonBoard>.powerUp))
    let frames = try stream(&board, seconds: 1)
    #expect(frames.count > 200)
    for (sample, frame) in frames.enumerated() {
      for channel in 0..<8 {
        let microvolts = recording.microvolts(sample: sample % 100, channel: channel % 3)
        #expect(frame.counts[channel] == count(microvolts, gain: 24))
      }
    }
  }

  @Test("each gain has its scale", arguments: zip(0..<7, [1, 2, 4, 6, 8, 12, 24]))
  func gains(code: Int, gain: Int) throws {
    let recording = try noise()
    var board = try cyton()
    board.tell("x2\(String(code))" + "0")  // half a command…
    board.wait(seconds: 1.1)  // …is forgotten
    board.tell("x20\(code)0110X")
    let frame = try #require(try stream(&board, seconds: 0.02).dropFirst(2).first)
    #expect(
      frame.counts[1] == count(recording.microvolts(sample: 2, channel: 1), gain: Double(gain)))
    #expect(frame.counts[0] == count(recording.microvolts(sample: 2, channel: 0), gain: 24))
  }

  @Test("a channel that is off sends zeros, and comes back as it was set")
  func off() throws {
    var board = try cyton()
    board.tell("x4020110X4")
    #expect(try stream(&board, seconds: 0.1).allSatisfy { $0.counts[3] == 0 && $0.counts[2] != 0 })
    board.tell("$")
    let before = board.packets.count
    _ = try stream(&board, seconds: 0.1)
    let recording = try noise()
    for (sample, packet) in board.packets[before...].enumerated() {
      let played = recording.microvolts(sample: before + sample, channel: 3)
      #expect(packet.counts[3] == count(played, gain: 4))
    }
  }

  @Test(
    "the test signals are square waves of the converter's own",
    arguments: [("-", 1875.0, 128), ("=", 1875, 64), ("[", 3750, 128), ("]", 3750, 64)])
  func testSignals(command: String, microvolts: Double, half: Int) throws {
    var board = try cyton()
    board.tell(command)
    for (sample, frame) in try stream(&board, seconds: 2).enumerated() {
      let sign: Double = (sample / half).isMultiple(of: 2) ? 1 : -1
      #expect(frame.counts == Array(repeating: count(sign * microvolts, gain: 24), count: 8))
    }
    board.tell("p")
    let level = count(3750, gain: 24)
    #expect(try stream(&board, seconds: 0.5).allSatisfy { $0.counts.allSatisfy { $0 == level } })
    board.tell("0")
    #expect(try stream(&board, seconds: 0.5).allSatisfy { $0.counts.allSatisfy { $0 == 0 } })
  }

  @Test("supply and temperature can be measured; what is beyond the range clips")
  func internals() throws {
    var board = try cyton()
    board.tell("x1003110Xx3003110Xx5004110Xx6063110X")
    let counts = try #require(try stream(&board, seconds: 0.01).first).counts
    #expect(counts[0] == count(2_500_000, gain: 1))
    #expect(counts[2] == count(825_000, gain: 1))
    #expect(counts[4] == count(145_300, gain: 1))
    #expect(counts[5] == 0x7F_FFFF)
  }

  @Test(
    "the impedance drive is 6 nA through the electrode and the board's 2.2 kΩ, at 31.25 Hz",
    arguments: [0.0, 5_000, 100_000])
  func impedance(ohms: Double) throws {
    let recording = try noise()
    var board = try cyton(ohms: ohms)
    board.tell("z301Z")
    for (sample, frame) in try stream(&board, seconds: 0.5).enumerated() {
      let wave = [-1, -2.0 / 3, 2.0 / 3, 1, 1, 2.0 / 3, -2.0 / 3, -1]
      let drop = 6e-9 * (ohms + 2_200) * 1e6 * wave[sample % 8]
      #expect(
        frame.counts[2] == count(recording.microvolts(sample: sample, channel: 2) + drop, gain: 24))
      #expect(
        frame.counts[1] == count(recording.microvolts(sample: sample, channel: 1), gain: 24))
    }
  }

  @Test("the accelerometer is fresh 25 times a second and zero in between")
  func acceleration() throws {
    var board = try cyton()
    for (sample, frame) in try stream(&board, seconds: 2).enumerated() {
      #expect(frame.footer == 0xC0)
      if sample.isMultiple(of: 10) {
        #expect(frame.words == CytonAuxiliarySource.acceleration(reading: UInt64(sample / 10)))
        let squares = frame.words.map { Double($0) * Double($0) }.reduce(0, +)
        // About 1 g of 0.125 mg.
        #expect((7_500...8_500).contains(squares.squareRoot()))
      } else {
        #expect(frame.words == [0, 0, 0])
      }
    }
  }

  @Test("analog, digital and marker mode send pins and markers, under footer C1")
  func pins() throws {
    var board = try cyton()
    board.tell("/2")
    for (sample, frame) in try stream(&board, seconds: 0.5).enumerated() {
      #expect(frame.footer == 0xC1)
      #expect(frame.words == [Int16(sample), Int16(1023 - sample), 512])
    }
    board.tell("/3")
    for (sample, frame) in try stream(&board, seconds: 3).enumerated() {
      let seconds = UInt8(sample / 250)
      #expect(frame.aux == [seconds & 1, seconds >> 1 & 1, 0, 0, 0, 0])
    }
    board.tell("/4`Q")
    let frames = try stream(&board, seconds: 0.1)
    #expect(frames[0].aux == [0, UInt8(ascii: "Q"), 0, 0, 0, 0])
    #expect(frames.dropFirst().allSatisfy { $0.footer == 0xC1 && $0.aux.allSatisfy { $0 == 0 } })
  }

  @Test("time stamps: one packet says that they begin, and each has the board's milliseconds")
  func stamps() throws {
    var board = try cyton()
    board.wait(seconds: 0.5)
    board.tell("<")
    let frames = try stream(&board, seconds: 0.3)
    #expect(frames.map(\.footer) == [0xC3] + Array(repeating: 0xC4, count: frames.count - 1))
    for (sample, frame) in frames.enumerated() {
      #expect(frame.milliseconds == 501 + 4 * UInt32(sample))
      let axis = sample % 10 - 7
      let reading = CytonAuxiliarySource.acceleration(reading: UInt64(sample / 10))
      #expect(frame.words[0] == (axis < 0 ? 0 : reading[axis]))
    }
    board.tell("/2")
    let analog = try stream(&board, seconds: 0.1)
    #expect(analog.map(\.footer) == [0xC5] + Array(repeating: 0xC6, count: analog.count - 1))
    #expect(analog.enumerated().allSatisfy { $1.words[0] == Int16($0) })
    board.tell(">")
    #expect(try stream(&board, seconds: 0.1).allSatisfy { $0.footer == 0xC1 })
  }

  @Test("a command amid the stream costs a packet; one that writes registers starts it anew")
  func commandsWhileStreaming() throws {
    var board = try cyton()
    board.tell("b")
    board.wait(seconds: 0.1)
    board.tell("?")
    board.wait(seconds: 0.1)
    #expect(board.packets.map(\.fate).filter { $0 == .lost }.count == 1)
    let before = board.packets.count
    board.tell("x1000110X")
    board.wait(seconds: 0.1)
    let after = board.packets[before...]
    #expect(after.map(\.index) == (0..<UInt64(after.count)).map { $0 })
    #expect(after.first?.fate == .lost)
    #expect(after.dropFirst().allSatisfy { $0.fate == .sent })
    // Only packets came: no answer in between.
    _ = try CytonFrame.all(board.line)
  }

  @Test("with a Daisy, odd counters carry the board's means and even ones the Daisy's")
  func daisy() throws {
    let recording = try noise()
    var board = try cyton(daisy: true)
    board.tell("xQ020110X")
    let frames = try stream(&board, seconds: 1.5)
    for (sample, frame) in frames.enumerated() {
      let first = sample.isMultiple(of: 2) ? 8 : 0
      for channel in 0..<8 {
        let gain: Double = first + channel == 8 ? 4 : 24
        func played(_ sample: Int) -> Int32 {
          count(recording.microvolts(sample: sample, channel: (first + channel) % 5), gain: gain)
        }
        #expect(frame.counts[channel] == (played(max(0, sample - 1)) + played(sample)) / 2)
      }
    }
    // Without the Daisy every packet is the board's.
    board.tell("c")
    let before = board.packets.count
    let single = try #require(try stream(&board, seconds: 0.1).first)
    #expect(single.counts[0] == count(recording.microvolts(sample: before, channel: 0), gain: 24))
  }

  @Test("a rate that the radio does not carry falls back to 250 Hz when the stream starts")
  func fallsBack() throws {
    var board = try cyton()
    board.tell("x1100000X~4")
    #expect(board.tell("~~") == "Success: Sample rate is 1000Hz$$$")
    #expect(try stream(&board, seconds: 1).count == 251)
    #expect(board.tell("~~") == "Success: Sample rate is 250Hz$$$")
    #expect(!board.board.frontEnd.channels[0].isPoweredDown)
  }
}
