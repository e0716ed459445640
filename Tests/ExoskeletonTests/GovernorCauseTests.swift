// Each cause of neutral by itself, arming, efforts, changes of target, and what a panel asks.

import RT
import Testing

@testable import Exoskeleton

@Suite("What the governor goes by")
struct GovernorCauseTests {
  /// A governor that moves the joint, and asks for a heartbeat, which comes.
  static func moving(alsoLatching: NeutralCauses = []) throws -> Scene {
    var scene = Scene(
      governor: Governor(
        limits: try GovernorLimits(
          heartbeatTimeout: .milliseconds(200), burstClosings: 5, burstWindow: .milliseconds(400),
          alsoLatching: alsoLatching)))
    scene.governor.arm()
    for _ in 0..<3 { _ = pass(&scene) }
    return scene
  }

  /// Time passes, everything stays fresh, and a step is made.
  static func pass(_ scene: inout Scene, _ change: (inout GovernorInput) -> Void = { _ in })
    -> Command
  {
    scene.world.wait()
    scene.world.input.lastHeartbeat = scene.world.input.now
    let command = scene.step(change)
    // The joint follows.
    switch command {
    case .motion(let setpoint):
      scene.world.input.joint?.positionDegrees = setpoint.positionDegrees
      scene.world.input.joint?.state = .moving
    case .exert: scene.world.input.joint?.state = .moving
    default: break
    }
    return command
  }

  /// What brings about the cause of a bit, and nothing else.
  static func bringAbout(_ bit: Int, _ input: inout GovernorInput) {
    switch NeutralCauses(rawValue: 1 << UInt32(bit)) {
    case .noFrames: input.lastFrame = input.now - .seconds(1)
    case .noDecisions: input.lastDecision = nil
    case .noAcknowledgements: input.lastAcknowledgement = input.now - .seconds(1)
    case .linkGone: input.isLinkGone = true
    case .jointUnfit: input.joint?.positionDegrees = -0.6
    case .refusedDemand: input.demand = .exert(newtonMetres: 1)
    case .demanded: input.demand = .neutral
    case .exoskeletonFault: input.joint?.faults = .drive
    case .exoskeletonLeft: input.joint?.state = .disarmed
    case .lateStep:
      let late = input.now + .milliseconds(41)
      input.now = late
      input.lastFrame = late
      input.lastDecision = late
      input.lastAcknowledgement = late
    case .signalUnfit: input.signal.isFit = false
    case .signalBurst: input.signal.closings = 10
    case .drift: input.signal.isDrifting = true
    case .noHeartbeat: input.lastHeartbeat = input.now - .milliseconds(201)
    case .overspeed: input.joint?.velocityDegreesPerSecond = -60.1
    case .overEffort: input.joint?.effortNewtonMetres = -20.1
    case .notFollowing: input.joint?.positionDegrees = 30
    case .overBudget: input.isOverBudget = true
    default: Issue.record("there is no cause \(bit)")
    }
  }

  @Test("each cause is neutral at once, and latched where the page says so", arguments: 0..<18)
  func causes(bit: Int) throws {
    let cause = NeutralCauses(rawValue: 1 << UInt32(bit))
    for latches in [false, true] {
      var scene = try Self.moving(alsoLatching: latches ? cause : [])
      var letter = GovernorStateTests.letter(Self.pass(&scene))
      #expect(letter == "M")
      let command = Self.pass(&scene) { Self.bringAbout(bit, &$0) }
      #expect(command == .neutral)
      let causes = scene.governor.causes
      #expect(causes == cause)
      // What was counted is not taken back.
      if cause == .signalBurst { scene.world.input.signal.closings = 10 }
      scene.world.wait()
      for _ in 0..<30 { letter = GovernorStateTests.letter(Self.pass(&scene)) }
      let isLatched = try latches || SafetyPage.latched()[bit]
      #expect(letter == (isLatched ? "N" : "M"))
      let latched = scene.governor.latchedCauses
      #expect(latched == (isLatched ? cause : []))
    }
  }

  @Test("a burst of trouble keeps it neutral until the window has passed")
  func burst() throws {
    var scene = try Self.moving()
    for closing in 1...5 {
      let unfit = Self.pass(&scene) {
        $0.signal.isFit = false
        $0.signal.closings += 1
      }
      #expect(unfit == .neutral)
      scene.world.input.signal.closings += 1
      let next = GovernorStateTests.letter(Self.pass(&scene))
      #expect(next == (closing < 5 ? "M" : "N"), "\(closing)")
    }
    // The first of the five was nine periods of 20 ms ago, and the window is twenty of them.
    for period in 10...25 {
      let command = GovernorStateTests.letter(Self.pass(&scene))
      #expect(command == (period <= 20 ? "N" : "M"), "\(period) periods after the first")
    }
    // Whoever arms knows of what was before.
    scene.world.input.signal.closings += 5
    let again = Self.pass(&scene)
    #expect(again == .neutral)
    scene.governor.disarm()
    _ = Self.pass(&scene)
    scene.governor.arm()
    let armed = GovernorStateTests.letter(Self.pass(&scene))
    #expect(armed == "M")
  }

  @Test("a joint that is moved by hand while nothing drives it is neither overspeed nor effort")
  func byHand() throws {
    var scene = try Self.moving()
    _ = Self.pass(&scene) { $0.demand = .neutral }
    for _ in 0..<3 {
      _ = Self.pass(&scene) {
        $0.demand = .neutral
        $0.joint?.velocityDegreesPerSecond = 200
        $0.joint?.effortNewtonMetres = 30
      }
      let causes = scene.governor.causes
      #expect(causes == .demanded)
    }
    // Nor is an effort that the drive cannot tell.
    for _ in 0..<3 {
      let command = Self.pass(&scene) { $0.joint?.effortNewtonMetres = .nan }
      #expect(GovernorStateTests.letter(command) == "M")
    }
  }

  @Test("arming needs a signal that is fit")
  func armingWithoutSignal() throws {
    var scene = Scene(governor: Governor(limits: try GovernorLimits()))
    scene.governor.arm()
    for _ in 0...51 {
      let command = GovernorStateTests.letter(Self.pass(&scene) { $0.signal.isFit = false })
      #expect(command != "M")
    }
    let state = scene.governor.state
    #expect(state == .disarmed)
    let refusal = scene.governor.armRefusal
    #expect(refusal == .signalUnfit)
    scene.governor.arm()
    let command = GovernorStateTests.letter(Self.pass(&scene))
    #expect(command == "M")
  }

  @Test("a change of target goes by way of rest")
  func changeOfTarget() throws {
    var scene = try Self.moving()
    var before = 0.0
    var slowest = Double.infinity
    var fastestAfterRest = 0.0
    var last: MotionSetpoint?
    for period in 0..<400 {
      // On the same way, only not as far.
      let target: Double = period < 50 ? 80 : 60
      guard case .motion(let setpoint) = Self.pass(&scene, { $0.demand = .moveTo(degrees: target) })
      else {
        Issue.record("does not move")
        return
      }
      let velocity = setpoint.velocityDegreesPerSecond
      #expect(velocity >= -1e-9)
      if period == 49 { before = velocity }
      if period >= 50, setpoint.positionDegrees < 55 {
        slowest = min(slowest, velocity)
        if slowest < 1 { fastestAfterRest = max(fastestAfterRest, velocity) }
      }
      last = setpoint
    }
    #expect(before > 20)
    #expect(slowest < 1)
    #expect(fastestAfterRest > 10)
    #expect(last?.positionDegrees == 60)
    #expect(last?.velocityDegreesPerSecond == 0)
  }

  @Test(
    "a drive that does not follow yet is told to stay, and then led as if it began then",
    arguments: [MotionMode.position, .effort])
  func notYetDriven(mode: MotionMode) throws {
    var scene = Scene(governor: Governor(limits: try GovernorLimits(), mode: mode))
    scene.governor.arm()
    scene.world.input.demand =
      mode == .position ? .moveTo(degrees: 60) : .exert(newtonMetres: 15)
    let start = try #require(scene.world.input.joint?.positionDegrees)
    /// How far the command is from where it began.
    func told(_ command: Command) -> Double? {
      switch command {
      case .motion(let setpoint): setpoint.positionDegrees - start
      case .exert(let setpoint): setpoint.newtonMetres
      default: nil
      }
    }
    for _ in 0..<20 {
      for state in [ExoskeletonState.armed, .neutral] {
        let command = Self.pass(&scene) { $0.joint?.state = state }
        #expect(told(command) == 0)
      }
    }
    let first = told(Self.pass(&scene) { $0.joint?.state = .moving })
    #expect((0...1).contains(first ?? .nan))
    var last = first
    for _ in 0..<300 { last = told(Self.pass(&scene)) }
    #expect(last == (mode == .position ? 60 - start : 15))
  }

  @Test("a joint that goes on by itself before its drive follows is not fetched back")
  func goesOnByItself() throws {
    var scene = Scene(governor: Governor(limits: try GovernorLimits()))
    scene.governor.arm()
    scene.world.input.demand = .moveTo(degrees: 60)
    for position in [10.0, 12, 14, 15] {
      scene.world.wait()
      let command = scene.step {
        $0.joint?.positionDegrees = position
        $0.joint?.state = .neutral
      }
      guard case .motion(let setpoint) = command else {
        Issue.record("does not move")
        return
      }
      #expect(setpoint.positionDegrees == position)
    }
  }

  @Test("a drive that does not follow for a second is let go, latched")
  func neverFollows() throws {
    var scene = Scene(governor: Governor(limits: try GovernorLimits()))
    scene.governor.arm()
    scene.world.input.demand = .moveTo(degrees: 60)
    var letters = ""
    for _ in 0..<60 {
      letters.append(GovernorStateTests.letter(Self.pass(&scene) { $0.joint?.state = .armed }))
    }
    // Fifty periods of 20 ms after the first motion.
    #expect(letters == String(repeating: "M", count: 51) + String(repeating: "N", count: 9))
    let latched = scene.governor.latchedCauses
    #expect(latched == .notFollowing)
  }

  @Test("an effort begins at nothing and keeps to its rate; a demand of the other kind is refused")
  func efforts() throws {
    var scene = Scene(governor: Governor(limits: try GovernorLimits(), mode: .effort))
    scene.governor.arm()
    scene.world.input.demand = .exert(newtonMetres: 15)
    var efforts: [Double] = []
    for period in 0..<60 {
      if period == 30 { scene.world.input.demand = .exert(newtonMetres: -20) }
      guard case .exert(let setpoint) = Self.pass(&scene) else {
        Issue.record("does not push")
        return
      }
      efforts.append(setpoint.newtonMetres)
    }
    #expect(efforts[0] == 0)
    #expect(efforts[29] == 15)
    // 40 N·m a second are 0.8 in 20 ms.
    for (one, next) in zip(efforts, efforts.dropFirst()) { #expect(abs(next - one) <= 0.8 + 1e-9) }
    #expect(abs(efforts[59] - (15 - 30 * 0.8)) < 1e-9)
    for demand in [
      Demand.exert(newtonMetres: 20.1), .exert(newtonMetres: .nan), .moveTo(degrees: 10), .hold,
    ] {
      let command = Self.pass(&scene) { $0.demand = demand }
      #expect(command == .neutral)
      let causes = scene.governor.causes
      #expect(causes == .refusedDemand)
    }
    guard case .exert(let anew) = Self.pass(&scene) else {
      Issue.record("does not push again")
      return
    }
    #expect(anew.newtonMetres == 0)
  }
}

@Suite("What is asked of a governor that runs")
struct OperatorPanelTests {
  @Test("whatever else is asked with it, a stop wins", arguments: StopCause.allCases)
  func stops(cause: StopCause) throws {
    for start in GovernorStateTests.Start.allCases {
      for others in 0..<8 {
        for isFirst in [true, false] {
          var scene = try GovernorStateTests.scene(in: start)
          let panel = OperatorPanel()
          if isFirst { panel.stop(cause) }
          if others & 1 != 0 { panel.release() }
          if others & 2 != 0 { panel.arm() }
          if others & 4 != 0 { panel.disarm() }
          if !isFirst { panel.stop(cause) }
          #expect(panel.isStopAsked)
          let asked = panel.apply(to: &scene.governor)
          #expect(asked.isAny && !asked.isRelease)
          let command = scene.step()
          #expect(command == .stop, "\(start) \(others)")
          // Asked once, done once.
          #expect(!panel.isStopAsked)
          let nothing = panel.apply(to: &scene.governor)
          #expect(!nothing.isAny)
        }
      }
    }
  }

  @Test("of arming and disarming at once the one that moves less is done")
  func disarms() throws {
    var scene = try GovernorStateTests.scene(in: .active)
    let panel = OperatorPanel()
    panel.disarm()
    panel.arm()
    panel.apply(to: &scene.governor)
    let state = scene.governor.state
    #expect(state == .disarmed)
  }

  @Test("the emergency line's stop lasts while it is open, and until it is released")
  func emergencyLine() throws {
    var scene = try GovernorStateTests.scene(in: .active)
    let panel = OperatorPanel()
    let opened = MonotonicInstant(nanoseconds: 77)
    // Open for a moment only: before anybody has looked it is closed again.
    panel.setLine(isOpen: true, edge: opened)
    panel.setLine(isOpen: false)
    #expect(panel.isStopAsked && !panel.isLineOpen)
    let told = panel.apply(to: &scene.governor).lineOpened
    var state = scene.governor.state
    #expect(state == .stopped(.emergencyLine))
    #expect(told == opened)
    // Once; and an opening that nobody saw begin has no time.
    panel.setLine(isOpen: true)
    let unseen = panel.apply(to: &scene.governor).lineOpened
    #expect(unseen == nil)
    panel.setLine(isOpen: false)

    panel.setLine(isOpen: true, edge: opened)
    panel.release()
    panel.arm()
    var asked = panel.apply(to: &scene.governor)
    #expect(!asked.isRelease)
    for _ in 0..<10 {
      panel.release()
      asked = panel.apply(to: &scene.governor)
      state = scene.governor.state
      #expect(state.name == "stopped" && !asked.isRelease)
    }
    panel.setLine(isOpen: false)
    panel.apply(to: &scene.governor)
    state = scene.governor.state
    #expect(state.name == "stopped")
    panel.release()
    asked = panel.apply(to: &scene.governor)
    state = scene.governor.state
    #expect(state == .disarmed && asked.isRelease)
  }
}
