// Every drive's protocol under any bytes, any commands and any silences; and connecting to who
// answers anything at all.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

/// Answers what it is asked with a wrong number now and then and babbles in between, or babbles
/// alone.
private struct BabblingDrive: Drive {
  let name = "a drive that babbles"
  let status = DriveStatus(
    state: "babbling", isDriven: false, positionDegrees: 0, velocityDegreesPerSecond: 0,
    effortNewtonMetres: 0, motionCommands: 0, refusedCommands: 0, watchdogTrips: 0, badFrames: 0)
  var nextInstant: MonotonicInstant? { nil }
  var drive: AnsweringDrive
  var random: SplitMix64
  /// 0: none at all; the higher, the fewer of its answers are wrong.
  let sense: Int

  mutating func receive(_ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn) {
    drive.whims = CaseScript((0..<4096).map { _ in .random(in: 0...255, using: &random) })
    drive.seldom = [0, 3, 15, 127][sense]
    let most = sense == 0 ? 300 : 8
    if sense == 0 || random.next() & 7 == 0 {
      turn.send(
        (0..<Int.random(in: 1...most, using: &random)).map { _ in
          .random(in: 0...255, using: &random)
        })
    }
    if sense > 0 { turn.send(drive.answer(bytes)) }
  }

  mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {}
  mutating func disturb(_ disturbance: DriveDisturbance) {}
}

@Suite("Noise on the line of a drive")
struct DriveNoiseTests {
  @Test("the fuzzer's seeds, and what it found, are conversations that nothing is wrong with")
  func seeds() throws {
    let folder = Repository.path("Tests/Fuzz/seeds/drives")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 30)
    for name in names {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let outcome = DriveCase.outcome([UInt8](data))
      #expect(outcome?.complaint == nil, "\(name)")
      // Else everything might be right because nothing happens.
      guard name.hasSuffix("session") else { continue }
      #expect((outcome?.motions ?? 0) >= 4, "\(name)")
      #expect((outcome?.acknowledged ?? 0) >= 12, "\(name)")
    }
  }

  @Test("so are random scripts", arguments: DriveKind.allCases.indices, 0..<8 as Range<UInt64>)
  func random(kind: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed << 8 + UInt64(kind))
    for number in 0..<80 {
      var input = [UInt8(kind)]
      for _ in 0..<Int.random(in: 4...160, using: &random) {
        input.append(.random(in: 0...255, using: &random))
      }
      // Half of them begin in service.
      if number & 1 == 0 { input.insert(0x7F, at: kind == 6 ? 4 : 3) }
      let complaint = DriveCase.outcome(input)?.complaint
      #expect(complaint == nil, "seed \(seed), script \(number)")
    }
  }

  @Test(
    "who answers anything at all is somebody, or a sentence says why not",
    arguments: DriveKind.allCases, 0..<4)
  func connect(kind: DriveKind, sense: Int) throws {
    for seed in 0..<(sense == 0 ? 1 : 4) as Range<UInt64> {
      var settings = DriveSettings(
        kind: kind, mode: kind == .openExo ? .effort : .position,
        address: kind == .odrive ? 0 : 68)
      settings.openExo.angleIndex = 8
      var script = CaseScript([])
      settings.compact = CaseFormats.format(UInt8(seed & 3), &script)
      let peer = try DriveUnderWay(
        BabblingDrive(
          drive: AnsweringDrive(settings), random: SplitMix64(seed: seed), sense: sense))
      var link = ExoskeletonLink(
        port: try SerialPort(path: peer.drive.path, baud: kind.usualBaud), settings: settings)
      do throws(LinkFault) {
        let identity = try link.connect(timeout: .milliseconds(20 + 25 * Int64(sense)))
        #expect(link.joint != nil)
        #expect(identity.positionDegrees.map { $0.lowerBound <= $0.upperBound } != false)
        #expect(identity.velocityMaximum.map { $0 >= 0 || identity.loopHertz != nil } != false)
      } catch {
        #expect(error.message.contains(peer.drive.path))
        #expect(error.message.utf8.allSatisfy { $0 >= 0x20 })
        let identity = link.identity
        #expect(identity == nil || link.joint == nil)
      }
    }
  }

  // MARK: What was found

  @Test(
    "what is no number, or none that the wire holds, moves nothing; what is one does",
    arguments: DriveKind.allCases, [MotionMode.position, .effort])
  func figures(kind: DriveKind, mode: MotionMode) throws {
    guard kind.leads(by: mode) else { return }
    var pair = try ServedPair(kind, mode)
    for figure in [1, .nan, .infinity, 1, -.infinity, 1e300, -.greatestFiniteMagnitude, 1] {
      let command = mode == .position ? DriveCase.motion(figure, 0, 0) : DriveCase.effort(figure)
      let bytes = pair.wire.encode(command, after: .milliseconds(70)).bytes
      #expect(!bytes.isEmpty)
      let leads = WireMotion.all(in: bytes, pair.drive.settings).contains { motion in
        switch motion {
        case .position(let told, _), .effort(let told, _): told != 0
        case .velocity, .on, .foreign: false
        }
      }
      #expect(leads == (figure == 1), "\(figure)")
      _ = pair.converse(bytes)
    }
  }

  @Test("a goal whose answer is read late, by a host that stood still, switches no torque on")
  func lateGoal() throws {
    for (span, isOn) in [(Nanoseconds.milliseconds(10), true), (.seconds(2), false)] {
      var pair = try ServedPair(.dynamixel)
      let goal = pair.wire.encode(DriveCase.motion(20, 0, 0)).bytes
      pair.wire.now = pair.wire.now + span
      let (_, next) = pair.goOn(after: pair.drive.answer(goal))
      let motions = WireMotion.all(in: next, pair.drive.settings)
      #expect(motions.contains { if case .on = $0 { true } else { false } } == isOn)
      // The next goal, answered in time, does.
      _ = pair.converse(next)
      let again = pair.wire.encode(DriveCase.motion(20, 0, 0)).bytes
      let replies = pair.converse(again)
      #expect(replies.last?.joint?.state == .moving)
    }
  }

  @Test("a stop that the line took nothing of is not acknowledged by what answers a goal")
  func refusedStop() throws {
    var pair = try ServedPair(.dynamixel)
    let goal = pair.wire.encode(DriveCase.motion(20, 0, 0)).bytes
    _ = pair.wire.encode(.stop, after: .milliseconds(1))
    pair.wire.wire.withdraw()
    let late = pair.converse(goal)
    #expect(late.isEmpty)
    let stop = pair.wire.encode(.stop, after: .milliseconds(20))
    #expect(stop.asks)
    let replies = pair.converse(stop.bytes)
    #expect(replies.last?.joint?.state == .stopped)
    // An ODrive's question that did not go out keeps none behind it waiting.
    var other = try ServedPair(.odrive)
    let first = other.wire.encode(.heartbeat)
    #expect(first.asks)
    other.wire.wire.withdraw()
    let second = other.wire.encode(.heartbeat, after: .milliseconds(1))
    #expect(second.asks)
  }
}

/// A wire that is in service, and who answers it.
private struct ServedPair: ~Copyable {
  var wire: WireCase
  var drive: AnsweringDrive

  init(_ kind: DriveKind, _ mode: MotionMode = .position) throws {
    var settings = DriveSettings(
      kind: kind, mode: mode, gearing: try Gearing(ratio: 1, newtonMetresPerAmpere: 1),
      address: kind == .odrive ? 0 : 68)
    settings.openExo.angleIndex = 8
    var script = CaseScript([])
    settings.compact = CaseFormats.format(0, &script)
    drive = AnsweringDrive(settings)
    wire = WireCase(settings)
    wire.wire.openExo.realTimeCount = 13
    wire.wire.dynamixel.amperesPerCount = 0.00269
    wire.wire.dynamixel.currentMaximum = 1193
    wire.wire.dynamixel.noteIdentified(isTorqueOn: false)
    wire.wire.odrive.noteIdentified(
      ODriveVocabulary(axis: 0, generation: .five, tellsCurrent: true, watchdogSeconds: 0.1))
    for _ in 0..<4 { _ = converse(wire.encode(.arm, after: .milliseconds(70)).bytes) }
  }

  /// What is understood of bytes, and what goes out at once because of them.
  mutating func goOn(after bytes: [UInt8]) -> ([DriveReply], out: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe wire.wire.freeMemory().copyMemory(from: $0) }
    wire.wire.received(byteCount: bytes.count)
    var replies: [DriveReply] = []
    var memory = [UInt8](repeating: 0, count: 512)
    let time = wire.now
    let count = unsafe memory.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return 0 }
      var out = unsafe ByteWriter(base, capacity: memory.count)
      while let reply = wire.wire.next(at: time, into: &out) { replies.append(reply) }
      return out.byteCount
    }
    return (replies, Array(memory[..<count]))
  }

  /// To the end of what a command begins.
  mutating func converse(_ bytes: [UInt8]) -> [DriveReply] {
    var replies: [DriveReply] = []
    var bytes = bytes
    for _ in 0..<12 where !bytes.isEmpty {
      let (more, out) = goOn(after: drive.answer(bytes))
      replies += more
      bytes = out
    }
    return replies
  }
}
