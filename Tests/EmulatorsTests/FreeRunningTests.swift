// OpenEEG and FreeEEG32: boards that stream from power-up on.

import RT
import TestSupport
import Testing

@testable import Emulators

private func openEEG(_ options: BoardOptions = BoardOptions()) throws
  -> Rehearsal<FreeRunningBoard<OpenEEGFormat>>
{
  Rehearsal(
    try FreeRunningBoard(
      OpenEEGFormat(playing: try noise()), options: options,
      now: Rehearsal<CytonBoard>.powerUp))
}

private func freeEEG32(extraBytes: Int = 0, _ options: BoardOptions = BoardOptions()) throws
  -> Rehearsal<FreeRunningBoard<FreeEEG32Format>>
{
  Rehearsal(
    try FreeRunningBoard(
      try FreeEEG32Format(playing: try noise(), extraByteCount: extraBytes), options: options,
      now: Rehearsal<CytonBoard>.powerUp))
}

@Suite("Boards that stream from power-up")
struct FreeRunningTests {
  @Test("OpenEEG: 17 bytes, ten bits high byte first, buttons, 256 a second")
  func openEEGPackets() throws {
    let recording = try noise()
    var board = try openEEG()
    let line = board.wait(seconds: 3 - 1e-6)
    #expect(line.count == 3 * 256 * 17)
    for sample in 0..<(3 * 256) {
      let bytes = Array(line[(sample * 17)..<(sample * 17 + 17)])
      #expect(bytes[0...2] == [0xA5, 0x5A, 2])
      #expect(bytes[3] == UInt8(truncatingIfNeeded: sample))
      for channel in 0..<6 {
        let count = Int(bytes[4 + 2 * channel]) << 8 | Int(bytes[5 + 2 * channel])
        let microvolts = recording.microvolts(sample: sample, channel: channel)
        #expect(count == Int(min(max((microvolts / 0.5).rounded() + 512, 0), 1023)))
        #expect(board.packets[sample].counts[channel] == Int32(count))
      }
      #expect(bytes[16] == UInt8(sample / 256))
    }
  }

  @Test(
    "FreeEEG32: 32 channels of 24 bits and as many extra bytes as asked", arguments: [0, 1, 30])
  func freeEEGPackets(extra: Int) throws {
    let recording = try noise()
    var board = try freeEEG32(extraBytes: extra)
    let line = board.wait(seconds: 1 - 1e-6)
    let length = 99 + extra
    #expect(line.count == 512 * length)
    for sample in 0..<512 {
      let bytes = Array(line[(sample * length)..<(sample * length + length)])
      #expect(bytes[0] == 0xA0 && bytes[length - 1] == 0xC0)
      #expect(bytes[1] == UInt8(truncatingIfNeeded: sample))
      for channel in 0..<32 {
        let microvolts = recording.microvolts(sample: sample, channel: channel)
        let count = Int32((microvolts / (2.5e6 / 8 / 8_388_608)).rounded())
        #expect(bigEndian24(bytes, at: 2 + 3 * channel) == count)
        #expect(board.packets[sample].counts[channel] == count)
      }
    }
    #expect(throws: EmulatorFault.self) { try freeEEG32(extraBytes: 129) }
  }

  @Test("after a reset the stream begins again with counter 0, half a second later")
  func restart() throws {
    var board = try freeEEG32(BoardOptions(faults: [Fault(.restart, at: 1)]))
    board.wait(seconds: 1.499)
    #expect(board.packets.map(\.index) == (0..<512).map { $0 })
    #expect(board.notes == ["restart"])
    board.wait(seconds: 0.5)
    let after = board.packets.dropFirst(512)
    #expect(after.count == 256)
    #expect(after.map(\.index) == (0..<256).map { $0 })
    #expect(after.first?.counter == 0)
  }

  @Test(
    "as many packets a second as asked, by an oscillator as wrong as asked",
    arguments: [(nil, 0.0, 7680), (512.0, 0, 15360), (nil, 25_000, 7872), (250, -10_000, 7425)])
  func rates(rate: Double?, ppm: Double, packets: Int) throws {
    var board = try openEEG(BoardOptions(rate: rate, partsPerMillion: ppm))
    board.wait(seconds: 30 - 1e-4, step: 0.01)
    #expect(board.packets.count == packets)
  }

  @Test("the faults of all boards fall upon these, too")
  func faults() throws {
    let faults = [
      Fault(.lost, count: 2, at: 0.5), Fault(.torn, count: 5, at: 1),
      Fault(.garbage, count: 30, at: 1.5), Fault(.duplicate, count: 1, at: 1.75),
    ]
    var board = try openEEG(BoardOptions(faults: faults))
    let line = board.wait(seconds: 2 - 1e-6)
    #expect(line.count == 512 * 17 - 2 * 17 - 5 + 30 + 17)
    #expect(board.packets.filter { $0.fate == .lost }.map(\.index) == [128, 129])
    #expect(board.packets.filter { $0.fate == .torn }.map(\.index) == [256])
  }

  @Test("what they are told they do not hear")
  func deaf() throws {
    var board = try openEEG()
    var other = try openEEG()
    board.tell("vbs")
    other.wait(seconds: 0.001)
    #expect(board.wait(seconds: 1) == other.wait(seconds: 1))
  }
}
