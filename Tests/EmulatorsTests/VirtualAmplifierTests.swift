// A board on a real pseudo-terminal: who opens it, who closes it, and what the truth says.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators

/// What a truth file says.
struct TruthTable {
  var packets: [Packet] = []
  var notes: [String] = []

  init(_ path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# ") {
        notes.append(String(line.dropFirst(2)))
        continue
      }
      let words = line.split(separator: " ")
      packets.append(
        Packet(
          index: try #require(UInt64(words[0])), counter: try #require(UInt32(words[1])),
          fate: try #require(PacketFate(rawValue: String(words[2]))),
          counts: try words.dropFirst(3).map { try #require(Int32($0)) }))
    }
  }

  var sent: [Packet] { packets.filter { $0.fate == .sent } }
}

@Suite("A virtual amplifier")
struct VirtualAmplifierTests {
  @Test("what goes over the line is what the truth says was sent")
  func truth() throws {
    let folder = try TemporaryFolder()
    let board = try CytonBoard(
      playing: try noise(), options: BoardOptions(faults: [Fault(.lost, count: 5, at: 0.2)]))
    let amplifier = try VirtualAmplifier(
      board: board, link: folder.path("port"), truth: folder.path("truth"))
    try amplifier.start()
    let port = try Port(folder.path("port"))
    port.write(Array("V".utf8))
    #expect(try port.read(9) == Array("v3.1.2$$$".utf8))
    port.write(Array("b".utf8))
    let frames = try CytonFrame.all(try port.read(200 * 33))
    let statistics = try amplifier.stop()
    let truth = try TruthTable(folder.path("truth"))
    #expect(frames.map(\.counts) == truth.sent.prefix(200).map(\.counts))
    #expect(frames.map { UInt32($0.counter) } == truth.sent.prefix(200).map(\.counter))
    #expect(
      truth.packets.filter { $0.fate == .lost }.prefix(5).map(\.index) == [50, 51, 52, 53, 54])
    #expect(truth.notes.prefix(2) == ["command V", "command b"])
    #expect(truth.notes.contains("aux 10 C0 FC3601E51EDD"))
    #expect(statistics.made == UInt64(truth.packets.count))
  }

  @Test("the board goes on when nobody is there; what nobody took is not kept for the next")
  func alone() throws {
    let folder = try TemporaryFolder()
    let amplifier = try VirtualAmplifier(
      board: try FreeRunningBoard(OpenEEGFormat(playing: try noise()), options: BoardOptions()),
      truth: folder.path("truth"))
    try amplifier.start()
    for _ in 0..<3 {
      usleep(200_000)
      let port = try Port(amplifier.path)
      let bytes = try port.read(17 * 20)
      #expect(bytes[0...2] == [0xA5, 0x5A, 2])
      for place in stride(from: 17, to: bytes.count, by: 17) {
        #expect(bytes[place + 3] == bytes[place - 17 + 3] &+ 1)
      }
    }
    try amplifier.stop()
    let truth = try TruthTable(folder.path("truth"))
    #expect(truth.packets.map(\.index) == truth.packets.indices.map { UInt64($0) })
    // Three times somebody listened, and before each of them nobody did.
    let changes = zip(truth.packets, truth.packets.dropFirst()).filter { $0.fate != $1.fate }
    #expect(changes.count >= 5)
    #expect(truth.packets.first?.fate == .lost)
  }

  @Test("a reader that stands still loses whole packets, and the truth knows which")
  func standstill() throws {
    let folder = try TemporaryFolder()
    // 1.7 MB a second: the line is full soon.
    let amplifier = try VirtualAmplifier(
      board: try FreeRunningBoard(
        OpenEEGFormat(playing: try noise()), options: BoardOptions(rate: 100_000)),
      truth: folder.path("truth"))
    let port = try Port(amplifier.path)
    try amplifier.start()
    // Until more was made than the terminal and the backlog hold.
    while try !lostAmidStream(folder.path("truth")) { usleep(200_000) }
    let packetCount = 50_000
    let bytes = try port.read(17 * packetCount)
    try amplifier.stop()
    let sent = try TruthTable(folder.path("truth")).sent
    // From the first packet that came on, every one that was sent came, in order and whole.
    try #require(sent.count >= packetCount)
    for place in 0..<packetCount {
      let packet = Array(bytes[(place * 17)..<(place * 17 + 17)])
      let counts = (0..<6).map { Int32(packet[4 + 2 * $0]) << 8 | Int32(packet[5 + 2 * $0]) }
      let isEqual = packet[3] == UInt8(sent[place].counter) && counts == sent[place].counts
      try #require(isEqual, "packet \(place)")
    }
  }

  /// Whether something was sent, and later something lost.
  private func lostAmidStream(_ path: String) throws -> Bool {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let first = text.range(of: " sent ") else { return false }
    return text[first.upperBound...].contains(" lost ")
  }

  @Test("what is in the way of link or truth is left alone, and named")
  func inTheWay() throws {
    let folder = try TemporaryFolder()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: folder.path("file")))
    func amplifier(link: String? = nil, truth: String? = nil) throws(EmulatorFault) {
      let playback: Playback
      do { playback = try noise() } catch { return }
      _ = try VirtualAmplifier(
        board: try FreeRunningBoard(OpenEEGFormat(playing: playback), options: BoardOptions()),
        link: link, truth: truth)
    }
    #expect(throws: EmulatorFault.linkOccupied(path: folder.path("file"))) {
      try amplifier(link: folder.path("file"))
    }
    #expect(throws: EmulatorFault.truthExists(path: folder.path("file"))) {
      try amplifier(truth: folder.path("file"))
    }
    #expect(throws: EmulatorFault.truthNotWritten(path: folder.path("no/file"), errno: 2)) {
      try amplifier(truth: folder.path("no/file"))
    }
    #expect(try String(contentsOfFile: folder.path("file"), encoding: .utf8) == "mine")
  }
}
