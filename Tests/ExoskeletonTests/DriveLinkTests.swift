// The drivers of other makers' drives against emulated ones: a session from the first question to
// neutral, and what may befall it.

import Emulators
import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

@testable import Exoskeleton

@Suite("The link to another maker's drive")
struct DriveLinkTests {
  @Test(
    "an armed joint goes where it is told, rests there, and is free in neutral",
    arguments: DriveRig.allCases)
  func moves(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    #expect(!bench.drive.status.isDriven)
    bench.governor.arm()
    let isThere = bench.run(.moveTo(degrees: 40)) { $0.isAt(40) }
    #expect(isThere, "\(bench.drive.status)")
    let isHeld = bench.run(.moveTo(degrees: 40)) { $0.link.joint?.state == .moving }
    #expect(isHeld)
    let joint = bench.link.joint
    #expect(abs((joint?.positionDegrees ?? .nan) - 40) < 1)
    #expect(joint?.effortNewtonMetres.isFinite == true)
    let isFree = bench.run(.neutral) {
      $0.link.joint?.state == .neutral && !$0.drive.status.isDriven
    }
    #expect(isFree)
    let counts = bench.link.counts
    #expect(counts.acknowledged > 20)
    #expect(counts.checksumErrors == 0)
    #expect(
      counts.commands
        == counts.acknowledged + counts.unacknowledged + counts.inFlight + counts.unasked)
    // It never jumped on its way: the first goal was where it stood.
    let positions = bench.drive.changes.map(\.positionDegrees)
    #expect(abs((positions.first ?? .nan) - 10) < 1)
  }

  @Test(
    "the joint does not move when it is armed, nor when motion begins with holding it",
    arguments: DriveRig.allCases)
  func holds(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    let start = bench.drive.status.positionDegrees
    bench.governor.arm()
    let isHeld = bench.run(.hold) { $0.link.joint?.state == .moving }
    #expect(isHeld)
    for _ in 0..<100 {
      bench.step(.hold)
      usleep(2_000)
      #expect(abs(bench.drive.status.positionDegrees - start) < 0.3)
    }
  }

  @Test(
    "a stop frees the joint, and needs a release and a new arming", arguments: DriveRig.allCases)
  func stop(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    try bench.startMoving()
    bench.governor.stop(.operatorCommand)
    let isStopped = bench.run(.moveTo(degrees: 60)) {
      $0.link.joint?.state == .stopped && !$0.drive.status.isDriven
    }
    #expect(isStopped)
    bench.governor.release()
    bench.governor.arm()
    // The link's memory of it stops the governor again.
    let isStoppedAgain = bench.run(.moveTo(degrees: 60)) {
      $0.governor.state == .stopped(.exoskeleton)
    }
    #expect(isStoppedAgain)
    let isReleased = bench.link.insist(on: .release, until: [.disarmed], timeout: .seconds(20))
    #expect(isReleased)
    bench.governor.release()
    bench.governor.arm()
    let isMoving = bench.run(.moveTo(degrees: 60)) { $0.drive.status.isDriven }
    #expect(isMoving)
  }

  @Test(
    "when we fall silent its watchdog bites, and motion needs a deliberate act again",
    arguments: DriveRig.allCases)
  func silence(rig: DriveRig) throws {
    var bench = try DriveBench(rig, watchdog: .milliseconds(500))
    try bench.startMoving()
    let drive = bench.drive
    let isBitten = LinkTests.wait { drive.status.watchdogTrips == 1 }
    #expect(isBitten)
    let isLatched = bench.run(.moveTo(degrees: 60)) { !$0.governor.latchedCauses.isEmpty }
    #expect(isLatched)
    let isFree = bench.run(.moveTo(degrees: 60)) { !$0.drive.status.isDriven }
    #expect(isFree)
    let joint = bench.link.joint
    #expect(joint?.state == .watchdog)
    #expect(joint?.faults.contains(.watchdog) == true)
    let motions = drive.status.motionCommands
    for _ in 0..<100 {
      bench.step(.moveTo(degrees: 60))
      usleep(2_000)
    }
    #expect(drive.status.motionCommands == motions)
    #expect(!drive.status.isDriven)
    bench.governor.disarm()
    let isDisarmed = bench.run(.moveTo(degrees: 60)) { $0.link.joint?.state == .disarmed }
    #expect(isDisarmed)
    bench.governor.arm()
    let isMoving = bench.run(.moveTo(degrees: 60)) { $0.drive.status.isDriven }
    #expect(isMoving)
  }

  @Test("a drive's own fault is told by its number, frees the joint and latches")
  func faults() throws {
    var bench = try DriveBench(.odrive)
    try bench.startMoving()
    bench.drive.raiseFault()
    let isTold = bench.run(.moveTo(degrees: 60)) {
      $0.link.joint?.faultCode == 0x4000 && $0.link.joint?.state != .moving
    }
    #expect(isTold)
    let faults = bench.link.joint?.faults
    #expect(faults == .drive)
    let isLatched = bench.run(.moveTo(degrees: 60)) {
      $0.governor.latchedCauses.contains(.exoskeletonFault)
    }
    #expect(isLatched)
    #expect(!bench.drive.status.isDriven)
  }

  @Test("damaged answers are counted, and no position comes of them", arguments: DriveRig.allCases)
  func garbled(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    try bench.startMoving()
    bench.drive.disturb(.garbled(every: 7))
    let isCounted = bench.run(.moveTo(degrees: 60)) { $0.link.counts.checksumErrors > 5 }
    #expect(isCounted, "\(bench.link.counts)")
    let position = bench.link.joint?.positionDegrees ?? .nan
    #expect((5...65).contains(position))
    bench.drive.disturb(.none)
    // What got lost on the way may have latched: a goal that is skipped is a step of effort.
    bench.governor.disarm()
    let isDisarmed = bench.run(.hold) { $0.link.joint?.state == .disarmed }
    #expect(isDisarmed)
    bench.governor.arm()
    let isThere = bench.run(.moveTo(degrees: 60)) { $0.isAt(60) }
    #expect(isThere, "\(bench.governor.state) \(bench.link.counts)")
  }

  @Test(
    "answers that are lost are neutral; when they return, arming moves it again",
    arguments: DriveRig.allCases)
  func mute(rig: DriveRig) throws {
    var bench = try DriveBench(rig, watchdog: .milliseconds(2500))
    try bench.startMoving()
    bench.drive.disturb(.mute)
    let isNeutral = bench.run(.moveTo(degrees: 60)) {
      $0.governor.causes.contains(.noAcknowledgements) && !$0.drive.status.isDriven
    }
    #expect(isNeutral)
    bench.drive.disturb(.none)
    let isLatched = bench.run(.moveTo(degrees: 60)) {
      $0.governor.latchedCauses.contains(.exoskeletonLeft)
    }
    #expect(isLatched)
    #expect(!bench.drive.status.isDriven)
    bench.governor.disarm()
    let isDisarmed = bench.run(.hold) { $0.link.joint?.state == .disarmed }
    #expect(isDisarmed)
    bench.governor.arm()
    let isMoving = bench.run(.moveTo(degrees: 60)) { $0.drive.status.isDriven }
    #expect(isMoving)
  }

  @Test("a command that comes while a servo's answer is due is withheld, and counted as that")
  func withheld() throws {
    var bench = try DriveBench(.dynamixel)
    bench.drive.disturb(.mute)
    bench.link.send(.heartbeat)
    let outcome = bench.link.send(.heartbeat)
    #expect(outcome == .withheld)
    let counts = bench.link.counts
    #expect(counts.withheld == 1)
    #expect(counts.writeRefusals == 0)
  }

  @Test(
    "a cable that is pulled is neutral, and the drive's watchdog bites",
    arguments: DriveRig.allCases)
  func unplugged(rig: DriveRig) throws {
    var bench = try DriveBench(rig, watchdog: .milliseconds(500))
    try bench.startMoving()
    bench.drive.unplug()
    let isNoticed = bench.run(.moveTo(degrees: 60)) { $0.governor.causes.contains(.linkGone) }
    #expect(isNoticed)
    let drive = bench.drive
    let isBitten = LinkTests.wait { drive.status.watchdogTrips == 1 }
    #expect(isBitten)
  }

  @Test("at the end neutral is written until it is acknowledged", arguments: DriveRig.allCases)
  func ending(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    try bench.startMoving()
    let isNeutral = bench.link.sendNeutralBlocking(deadline: .now() + .seconds(20))
    #expect(isNeutral)
    #expect(!bench.drive.status.isDriven)
  }

  @Test("a session makes no heap call", arguments: DriveRig.allCases)
  func heap(rig: DriveRig) throws {
    var bench = try DriveBench(rig)
    try bench.startMoving()
    let table = try DemandTable(
      [.moveTo(degrees: 20), .hold, .neutral], limits: bench.governor.limits)
    var calls: UInt64 = 0
    let acknowledged = bench.link.counts.acknowledged
    for index in 0..<1500 {
      if index == 700 { bench.drive.disturb(.garbled(every: 3)) }
      if index == 900 { bench.drive.disturb(.none) }
      let now = MonotonicInstant.now()
      let before = heap_counter_calls_of_this_thread()
      bench.link.poll(roundTrips: &bench.roundTrips)
      if index % 10 == 0 {
        let command = bench.governor.step(
          GovernorInput(
            now: now, lastFrame: now, lastDecision: now,
            demand: table.demand(ofClass: index / 100 % 3),
            lastAcknowledgement: bench.link.lastAcknowledgement, isLinkGone: bench.link.isGone,
            joint: bench.link.joint, signal: SignalHealth(), lastHeartbeat: nil))
        bench.link.send(command)
      }
      calls += heap_counter_calls_of_this_thread() - before
      usleep(2_000)
    }
    #expect(calls == 0)
    let acknowledgedLater = bench.link.counts.acknowledged
    #expect(acknowledgedLater > acknowledged + 20)
  }
}
