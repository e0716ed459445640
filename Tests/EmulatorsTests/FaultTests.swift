// What goes wrong on purpose, against the truth about it.

import RT
import Signal
import TestSupport
import Testing

@testable import Emulators

/// The line as the truth tells it: packets whole, torn or missing.
private func frames(_ board: Rehearsal<CytonBoard>) throws -> [CytonFrame] {
  try CytonFrame.all(board.line)
}

private func run(
  _ faults: [Fault], daisy: Bool = false, seconds: Double = 2, seed: UInt64 = 1
) throws -> Rehearsal<CytonBoard> {
  var board = try cyton(daisy: daisy, faults: faults, seed: seed)
  board.tell("b")
  board.wait(seconds: seconds)
  return board
}

@Suite("Faults on demand")
struct FaultTests {
  @Test("a word is read for what it says")
  func words() throws {
    #expect(try Fault("lost=3@2") == Fault(.lost, count: 3, at: 2))
    #expect(try Fault("lost@0.5") == Fault(.lost, count: 1, at: 0.5))
    #expect(try Fault("silence=1500@1") == Fault(.silence, count: 1500, at: 1))
    #expect(try Fault("restart@2.25") == Fault(.restart, at: 2.25))
    #expect(try Fault("failure") == Fault(.failure))
    #expect(try Fault("mismatch") == Fault(.mismatch))
    #expect(try Fault("battery-low@3") == Fault(.batteryLow, at: 3))
    for kind in Fault.Kind.allCases { #expect(try Fault(kind.example).kind == kind) }
  }

  @Test(
    "a wrong word is refused, and what would be right is said",
    arguments: [
      ("", "KIND[=COUNT]@SECONDS"), ("lots=3@2", "KIND[=COUNT]@SECONDS"), ("lost=3", "lost=3@2"),
      ("lost=0@2", "1 to 1000000"), ("lost=x@2", "1 to 1000000"), ("lost=3@-1", "lost=3@2"),
      ("lost=3@soon", "lost=3@2"), ("lost=3@nan", "lost=3@2"), ("silence@2", "silence=1500@2"),
      ("restart=2@2", "takes none"), ("failure@3", "from the beginning"), ("=@", "KIND"),
    ])
  func refused(text: String, remedy: String) {
    do throws(EmulatorFault) {
      _ = try Fault(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.message.contains(remedy), "\(error.message)")
    }
  }

  @Test("a board is not given a fault that it cannot have")
  func unsuitable() throws {
    let playback = try noise()
    func message(_ body: () throws(EmulatorFault) -> Void) -> String {
      do throws(EmulatorFault) { try body() } catch { return error.message }
      return ""
    }
    func options(_ fault: Fault) -> BoardOptions { BoardOptions(faults: [fault]) }
    let half = message { () throws(EmulatorFault) in
      _ = try CytonBoard(playing: playback, options: options(Fault(.half)))
    }
    #expect(half.contains("'half'") && half.contains("lost"))
    let failure = message { () throws(EmulatorFault) in
      _ = try FreeRunningBoard(OpenEEGFormat(playing: playback), options: options(Fault(.failure)))
    }
    #expect(failure.contains("'failure'"))
    let torn = message { () throws(EmulatorFault) in
      _ = try CytonBoard(playing: playback, options: options(Fault(.torn, count: 33)))
    }
    #expect(torn.contains("1 to 32"))
    let rate = message { () throws(EmulatorFault) in
      _ = try CytonBoard(playing: playback, options: BoardOptions(rate: 0))
    }
    #expect(rate.contains("1 to 100 000 Hz"))
  }

  @Test("lost packets are made, counted and not sent", arguments: [1, 3, 300])
  func lost(count: Int) throws {
    let board = try run([Fault(.lost, count: count, at: 0.5)])
    let lost = board.packets.filter { $0.fate == .lost }
    #expect(lost.map(\.index) == (125..<(125 + UInt64(count))).map { $0 })
    let sent = board.packets.filter { $0.fate == .sent }
    #expect(try frames(board).map(\.counts) == sent.map(\.counts))
    #expect(board.packets.map(\.index) == board.packets.indices.map { UInt64($0) })
  }

  @Test("silence loses the packets of its time")
  func silence() throws {
    let board = try run([Fault(.silence, count: 1100, at: 0.5)])
    let lost = board.packets.filter { $0.fate == .lost }.map(\.index)
    #expect(lost == (125..<400).map { $0 })
    // Commands do not come through either.
    var silent = try run([Fault(.silence, count: 1000, at: 0.5)], seconds: 0.7)
    #expect(silent.tell("s") == "Failure: Communications timeout - Device failed to poll Host$$$")
    silent.wait(seconds: 1)
    #expect(silent.board.isStreaming)
    silent.tell("s")
    #expect(!silent.board.isStreaming)
  }

  @Test("halves that are lost are the Daisy's")
  func half() throws {
    let board = try run([Fault(.half, count: 5, at: 0.5)], daisy: true)
    let lost = board.packets.filter { $0.fate == .lost }.map(\.index)
    #expect(lost == [126, 128, 130, 132, 134])
  }

  @Test("garbage comes between two packets, headers in it, the same from the same seed")
  func garbage() throws {
    let board = try run([Fault(.garbage, count: 400, at: 0.5)])
    let bytes = board.line
    let before = try CytonFrame.all(Array(bytes[..<(125 * 33)]))
    let rubbish = bytes[(125 * 33)..<(125 * 33 + 400)]
    let after = try CytonFrame.all(Array(bytes[(125 * 33 + 400)...]))
    #expect((before + after).map(\.counts) == board.packets.map(\.counts))
    #expect(rubbish.contains(0xA0) && rubbish.contains(0xC0))
    #expect(Set(rubbish).count > 50)
    #expect(board.notes.contains("garbage 400"))
    #expect(try run([Fault(.garbage, count: 400, at: 0.5)]).line == bytes)
    #expect(try run([Fault(.garbage, count: 400, at: 0.5)], seed: 2).line != bytes)
  }

  @Test("a torn packet lacks its end")
  func torn() throws {
    let board = try run([Fault(.torn, count: 10, at: 0.5)])
    #expect(board.packets.filter { $0.fate == .torn }.map(\.index) == [125])
    var line = board.line
    let whole = try run([]).line
    line.insert(contentsOf: whole[(126 * 33 - 10)..<(126 * 33)], at: 126 * 33 - 10)
    #expect(line == whole)
  }

  @Test("a packet that comes twice is told once")
  func duplicate() throws {
    let board = try run([Fault(.duplicate, count: 2, at: 0.5)])
    let counters = try frames(board).map(\.counter)
    #expect(Array(counters[124..<130]) == [124, 125, 125, 126, 126, 127])
    #expect(board.packets.map(\.index) == board.packets.indices.map { UInt64($0) })
    #expect(board.notes.filter { $0 == "duplicate" }.count == 2)
  }

  @Test("a Cyton that resets forgets everything, says its boot text and waits to be started")
  func restart() throws {
    var board = try cyton(faults: [Fault(.restart, at: 0.5)])
    board.tell("x1100000X/2<b")
    board.wait(seconds: 2)
    #expect(board.packets.count == 125)
    #expect(board.notes.last == "restart")
    let tail = String(decoding: board.line.suffix(104), as: UTF8.self)
    #expect(tail.hasPrefix("OpenBCI V3 8-16 channel\r\n") && tail.hasSuffix("$$$"))
    #expect(board.tell("//") == "Success: default$$$")
    let before = board.line.count
    board.tell("b")
    board.wait(seconds: 0.5)
    let again = try CytonFrame.all(Array(board.line[before...]))
    #expect(again.first?.counter == 0)
    #expect(again.allSatisfy { $0.footer == 0xC0 && $0.counts[0] != 0 })
  }

  @Test("with firmware of different times packets begin A0 41 and stay as long")
  func mismatch() throws {
    let board = try run([Fault(.mismatch, at: 0)])
    for (place, packet) in board.packets.enumerated() {
      let bytes = Array(board.line[(place * 33)..<(place * 33 + 33)])
      #expect(bytes[0...1] == [0xA0, 0x41] && bytes[2] == UInt8(truncatingIfNeeded: place))
      #expect((0..<8).map { bigEndian24(bytes, at: 3 + 3 * $0) } == packet.counts)
      #expect(bytes[32] == 0xC0)
    }
  }

  @Test("whatever is lost or doubled, the line is what the truth tells", arguments: 0..<100)
  func anything(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let kinds: [Fault.Kind] = [.lost, .silence, .half, .duplicate, .restart]
    let faults = (0..<6).map { _ in
      let kind = kinds.randomElement(using: &random) ?? .lost
      return Fault(
        kind, count: Int.random(in: 1...(kind == .silence ? 400 : 20), using: &random),
        at: Double.random(in: 0...2, using: &random))
    }
    var board = try cyton(daisy: true, faults: faults, seed: seed)
    for _ in 0..<8 {
      board.tell("b")
      board.wait(seconds: 0.7, step: Double.random(in: 0.001...0.9, using: &random))
    }
    // The line again, from the truth; only what the truth does not carry is taken from the line.
    var rest = board.line[...]
    for (place, event) in board.events.enumerated() {
      guard case .packet(let packet) = event, packet.fate == .sent else { continue }
      // Boot texts, and the dongle's complaint about a board that is silent.
      while let first = rest.first, "OF".utf8.contains(first),
        let end = rest.firstIndex(of: UInt8(ascii: "$"))
      {
        rest = rest[(end + 3)...]
      }
      let copies = board.events.dropFirst(place + 1).first == .note("duplicate") ? 2 : 1
      for _ in 0..<copies {
        let frame = try #require(CytonFrame(rest.prefix(33)), "seed \(seed), \(packet.index)")
        #expect(frame.counter == packet.counter && frame.counts == packet.counts, "seed \(seed)")
        rest = rest.dropFirst(33)
      }
    }
    #expect(rest.first.map { "OF".utf8.contains($0) } ?? true, "seed \(seed): \(rest.count) left")
    #expect(board.packets.contains { $0.fate == .lost } || !faults.contains { $0.kind == .lost })
  }

  @Test("however late the board is looked at, nothing is skipped", arguments: 0..<30)
  func lateness(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let faults = [Fault(.lost, count: 4, at: 0.3), Fault(.garbage, count: 9, at: 0.9)]
    var prompt = try cyton(faults: faults)
    var late = try cyton(faults: faults)
    prompt.tell("b")
    late.tell("b")
    prompt.wait(seconds: 3, step: 0.0005)
    late.wait(seconds: 3, step: Double.random(in: 0.01...3, using: &random))
    #expect(late.line == prompt.line)
    #expect(late.events == prompt.events)
  }
}
