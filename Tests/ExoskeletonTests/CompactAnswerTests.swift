// What is believed of a drive that speaks compact frames: a place that is told anew, a stop that
// was answered, and nothing after a silence.

import Emulators
import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("Answers in compact frames")
struct CompactAnswerTests {
  /// One reply that tells where the joint is, and one that only acknowledges.
  static func twoReplies() -> CompactCase {
    var bench = CompactCase()
    bench.replies.append(
      CompactMessage(code: 0x81, fields: [CompactField(.fault, at: 2, .u8)]))
    return bench
  }

  @Test("an acknowledgement alone is no place: a position that is not told anew is soon not known")
  func frozen() throws {
    var wire = try Self.twoReplies().wire()
    let period = Nanoseconds.milliseconds(20)
    _ = wire.encode(.arm, after: period)
    let first = wire.receive(CompactCase.reply("64 00 00 00 01 00 00 00")).first
    #expect(first?.joint?.positionDegrees == 1)
    let bytes = [UInt8](hex: "55 81 00 00 00 00 00 00 00 00")
    let empty = bytes + [bytes.reduce(0, &+)]
    var known: [Bool] = []
    for _ in 0..<6 {
      _ = wire.encode(.neutral, after: period)
      let reply = wire.receive(empty).first
      #expect(reply?.sequence != nil)
      known.append(reply?.joint?.positionDegrees == 1)
    }
    #expect(known == [true, true, true, false, false, false])
    _ = wire.encode(.neutral, after: period)
    let again = wire.receive(CompactCase.reply("C8 00 00 00 03 00 00 00")).first
    #expect(again?.joint?.positionDegrees == 2)
  }

  @Test("a drive that says that it moves has not stopped, whatever it was told")
  func movesOn() throws {
    var wire = try CompactCase().wire()
    _ = wire.encode(.arm)
    _ = wire.receive(CompactCase.reply("64 00 00 00 01 00 00 00"))
    _ = wire.encode(.stop)
    let moving = CompactCase.reply("64 00 00 00 02 00 00 00")
    #expect(wire.receive(moving).first?.joint?.state == .moving)
    _ = wire.encode(.stop)
    let free = CompactCase.reply("64 00 00 00 03 00 00 00")
    #expect(wire.receive(free).first?.joint?.state == .stopped)
    #expect(wire.receive(moving).first?.joint?.state == .moving)
  }

  @Test("a stop that was not written, or that an older answer was on its way before, is no stop")
  func notYetStopped() throws {
    var bench = CompactCase()
    bench.replies[0].fields.removeAll { $0.meaning == .state }
    bench.states = [:]
    var wire = try bench.wire()
    let reply = CompactCase.reply("64 00 00 00 00 00 00 00")
    _ = wire.encode(.arm)
    _ = wire.receive(reply)
    let stop = wire.encode(.stop)
    #expect(stop.asks)
    // The driver had no room for it; the drive speaks by itself.
    wire.wire.withdraw()
    #expect(wire.receive(reply).first?.joint?.state == .armed)
    _ = wire.encode(.stop)
    #expect(wire.receive(reply).first?.joint?.state == .stopped)
    // With numbers each answer tells of the command that it answers.
    for name in Array(bench.commands.keys) {
      bench.commands[name]?.fields = [CompactField(.sequence, at: 2, .u8)]
    }
    bench.commands[.motion]?.fields.append(CompactField(.position, at: 6, .u16))
    bench.commands[.exert] = nil
    bench.replies[0].fields.append(CompactField(.sequence, at: 9, .u8))
    var numbered = try bench.wire()
    for command in [Command.arm, .neutral, .stop] { _ = numbered.encode(command) }
    let states = ["00", "01", "02", "01"].map { number in
      numbered.receive(CompactCase.reply("64 00 00 00 00 00 00 " + number)).first?.joint?.state
    }
    #expect(states == [.armed, .neutral, .stopped, .stopped])
  }

  @Test("out of service a drive that tells no state is let go by every heartbeat")
  func heartbeats() throws {
    var bench = CompactCase()
    bench.commands[.heartbeat] = CompactMessage(code: 0x02)
    bench.commands[.stop] = CompactMessage(code: 0x30)
    let beat = "AA 02"
    var telling = try bench.wire()
    #expect(telling.encode(.heartbeat).bytes.hex.hasPrefix(beat))
    bench.replies[0].fields.removeAll { $0.meaning == .state }
    bench.states = [:]
    var wire = try bench.wire()
    #expect(wire.encode(.heartbeat).bytes.hex.hasPrefix("AA 22"))
    _ = wire.encode(.arm)
    #expect(wire.encode(.heartbeat).bytes.hex.hasPrefix(beat))
    _ = wire.encode(.disarm)
    #expect(wire.encode(.heartbeat).bytes.hex.hasPrefix("AA 22"))
    _ = wire.encode(.stop)
    #expect(wire.encode(.heartbeat).bytes.hex.hasPrefix("AA 30"))
  }

  @Test("a drive that was silent for a boot gets no motion before it is armed anew")
  func reboot() throws {
    var settings = DriveSettings(kind: .compact, address: 3)
    settings.compact = try CompactCase().format()
    var wire = WireCase(settings, silenceMaximum: settings.silenceMaximum)
    let period = Nanoseconds.milliseconds(20)
    let free = CompactCase.reply("64 00 00 00 03 00 00 00")
    _ = wire.encode(.arm, after: period)
    _ = wire.receive(free)
    #expect(wire.encode(try Setpoints.motion(1), after: period).bytes.hex.hasPrefix("AA 20"))
    _ = wire.receive(free)
    for _ in 0..<15 { _ = wire.encode(.neutral, after: period) }
    var told: ExoskeletonState?
    for _ in 0..<4 {
      #expect(wire.encode(try Setpoints.motion(1), after: period).bytes.hex.hasPrefix("AA 22"))
      if let joint = wire.receive(free).last?.joint { told = joint.state }
    }
    #expect(told == .watchdog)
    _ = wire.encode(.disarm, after: period)
    #expect(wire.receive(free).first?.joint?.state == .neutral)
    _ = wire.encode(.arm, after: period)
    #expect(wire.encode(try Setpoints.motion(1), after: period).bytes.hex.hasPrefix("AA 20"))
  }

  @Test(
    "limits that its numbers do not hold are refused, and an acknowledgement by anything is said")
  func identity() throws {
    var bench = CompactCase()
    var settings = DriveSettings(kind: .compact)
    bench.replies[0].fields = [
      CompactField(.position, at: 2, .i16, scale: 100),
      CompactField(.effort, at: 6, .i16, scale: 100), CompactField(.state, at: 8, .u8),
      CompactField(.fault, at: 9, .u8),
    ]
    settings.compact = try bench.format()
    settings.gearing = try Gearing(ratio: 2, zeroDegrees: 7.67, isReversed: true)
    let session = try DriveSession(CompactDrive(.eleven, watchdog: .seconds(20)), settings)
    let told = session.link.identity
    let identity = try #require(told)
    let reach = try #require(identity.positionDegrees)
    #expect(abs(reach.lowerBound - -160) < 1e-9)
    #expect(abs(reach.upperBound - 167.675) < 1e-9)
    let limits = try GovernorLimits(positionMinimum: -161, positionMaximum: 90)
    #expect(throws: GovernorFault.self) { try limits.check(against: identity) }
    #expect(identity.remarks.contains { $0.contains("taken for acknowledgements") })
    bench.commands[.query] = CompactMessage(code: 0x02)
    settings.compact = try bench.format()
    let asking = try DriveSession(CompactDrive(.eleven, watchdog: .seconds(20)), settings)
    let asked = asking.link.identity?.remarks ?? []
    #expect(!asked.contains { $0.contains("taken for acknowledgements") })
  }
}
