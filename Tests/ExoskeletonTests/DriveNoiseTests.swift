// Every drive's protocol under any bytes, any commands and any silences; and connecting to who
// answers anything at all.

import Foundation
import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

/// Answers what it is asked with a wrong number now and then, or babbles.
private struct BabblingDrive: Drive {
  let name = "a drive that babbles"
  let status = DriveStatus(
    state: "babbling", isDriven: false, positionDegrees: 0, velocityDegreesPerSecond: 0,
    effortNewtonMetres: 0, motionCommands: 0, refusedCommands: 0, watchdogTrips: 0, badFrames: 0)
  var nextInstant: MonotonicInstant? { nil }
  var drive: AnsweringDrive
  var random: SplitMix64
  /// The higher, the more of what it says is an answer.
  let sense: Int

  mutating func receive(_ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn) {
    drive.whims = CaseScript((0..<4096).map { _ in .random(in: 0...255, using: &random) })
    drive.seldom = [0, 3, 31, 255][sense]
    if sense == 0 || Int.random(in: 0..<8, using: &random) > 2 * sense {
      turn.send(
        (0..<Int.random(in: 1...300, using: &random)).map { _ in
          .random(in: 0...255, using: &random)
        })
    } else {
      turn.send(drive.answer(bytes))
    }
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
    for number in 0..<60 {
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
    for seed in 0..<3 as Range<UInt64> {
      var settings = DriveSettings(
        kind: kind, mode: kind == .openExo ? .effort : .position,
        address: kind == .odrive ? 0 : 68)
      settings.openExo.angleIndex = 8
      var script = CaseScript([])
      settings.compact = CaseFormats.format(UInt8(seed), &script)
      let peer = try DriveUnderWay(
        BabblingDrive(
          drive: AnsweringDrive(settings), random: SplitMix64(seed: seed), sense: sense))
      var link = ExoskeletonLink(
        port: try SerialPort(path: peer.drive.path, baud: kind.usualBaud), settings: settings)
      do throws(LinkFault) {
        let identity = try link.connect(timeout: .milliseconds(80))
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
}
