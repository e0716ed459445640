// What the governor promises, state by state.

import RT
import Testing

@testable import Exoskeleton

/// A world in which nothing is wrong, and ways to make it wrong.
struct World {
  var input: GovernorInput

  init(_ now: Int64 = 10_000, position: Double = 10) {
    let present = MonotonicInstant(nanoseconds: now * 1_000_000)
    input = GovernorInput(
      now: present, lastFrame: present, lastDecision: present, demand: .moveTo(degrees: 50),
      lastAcknowledgement: present, isLinkGone: false,
      joint: JointState(
        deviceMicroseconds: 0, positionDegrees: position, velocityDegreesPerSecond: 0,
        effortNewtonMetres: 0, state: .neutral, faults: [], faultCode: 0),
      signal: SignalHealth(), lastHeartbeat: nil)
  }

  /// Time passes and everything stays fresh.
  mutating func wait(milliseconds: Int64 = 20) {
    let present = input.now + .milliseconds(milliseconds)
    input.now = present
    input.lastFrame = present
    input.lastDecision = present
    input.lastAcknowledgement = present
  }
}

/// A governor and the world that it is in.
struct Scene: ~Copyable {
  var governor: Governor
  var world = World()

  /// The command in the world as it is.
  mutating func step() -> Command { governor.step(world.input) }

  /// The same in a world changed for this step alone.
  mutating func step(_ change: (inout GovernorInput) -> Void) -> Command {
    var input = world.input
    change(&input)
    return governor.step(input)
  }
}

@Suite("The governor's states")
struct GovernorStateTests {
  /// Something that happens to a governor.
  enum Event: String, CaseIterable, Sendable {
    case good, noFrames, noDecisions, noDecisionYet, neutralDemanded, targetTooFar, targetNaN
    case lateStep, clockBackwards, noAcknowledgements, linkGone, jointOutside, jointNaN
    case jointUnknown, exoskeletonDisarmed, exoskeletonWatchdog, exoskeletonStopped
    case exoskeletonFault, signalUnfit, drift, tooFast, tooMuchEffort, notFollowing, wrongKind
    case arm, disarm, stop, release
  }

  enum Start: String, CaseIterable, Sendable {
    case disarmed, armed, active, neutral, latched, stopped
  }

  /// For each event, for each of the six states: the next state and the command of the next step.
  /// States: d(isarmed) a(rmed) x(active) n(eutral) l(atched neutral) s(topped).
  /// Commands: h(eartbeat) A(rm) D(isarm) M(otion) N(eutral) S(top); - where no step is made.
  static let table: [Event: String] = [
    //                    disarmed armed active neutral latched stopped
    .good: "                 dD     xM     xM     xM      lN      sS",
    .noFrames: "             dD     nN     nN     nN      lN      sS",
    .noDecisions: "          dD     nN     nN     nN      lN      sS",
    .noDecisionYet: "        dD     nN     nN     nN      lN      sS",
    .neutralDemanded: "      dD     nN     nN     nN      lN      sS",
    .targetTooFar: "         dD     nN     nN     nN      lN      sS",
    .targetNaN: "            dD     nN     nN     nN      lN      sS",
    .lateStep: "             dD     nN     nN     nN      lN      sS",
    .clockBackwards: "       dD     nN     nN     nN      lN      sS",
    .noAcknowledgements: "   dD     aN     nN     nN      lN      sS",
    .linkGone: "             dD     aN     lN     lN      lN      sS",
    .jointOutside: "         dD     aN     nN     nN      lN      sS",
    .jointNaN: "             dD     aN     nN     nN      lN      sS",
    .jointUnknown: "         dh     ah     lN     lN      lN      sS",
    .exoskeletonDisarmed: "  dh     aA     lN     lN      lN      sS",
    .exoskeletonWatchdog: "  dD     aD     lN     lN      lN      sS",
    .exoskeletonStopped: "   dh     sS     sS     sS      sS      sS",
    .exoskeletonFault: "     dD     aD     lN     lN      lN      sS",
    .signalUnfit: "          dD     aN     nN     nN      lN      sS",
    .drift: "                dD     nN     nN     nN      lN      sS",
    // What a person does with a joint that is not driven is no fault.
    .tooFast: "              dD     aN     lN     nN      lN      sS",
    .tooMuchEffort: "        dD     xM     lN     xM      lN      sS",
    .notFollowing: "         dD     xM     lN     xM      lN      sS",
    .wrongKind: "            dD     nN     nN     nN      lN      sS",
    .arm: "                  a-     a-     x-     n-      l-      s-",
    .disarm: "               d-     d-     d-     d-      d-      s-",
    .stop: "                 s-     s-     s-     s-      s-      s-",
    .release: "              d-     a-     x-     n-      l-      d-",
  ]

  /// A governor in a state, brought there as life would.
  static func scene(in start: Start) throws -> Scene {
    var scene = Scene(governor: Governor(limits: try GovernorLimits()))
    _ = scene.step()
    scene.world.wait()
    if start == .disarmed { return scene }
    scene.governor.arm()
    if start == .armed { return scene }
    for _ in 0..<2 {
      _ = scene.step()
      scene.world.wait()
    }
    switch start {
    case .disarmed, .armed, .active: break
    case .neutral: _ = scene.step { $0.demand = .neutral }
    case .latched: _ = scene.step { $0.isLinkGone = true }
    case .stopped: scene.governor.stop(.operatorCommand)
    }
    scene.world.wait()
    return scene
  }

  static func letter(_ state: GovernorState) -> Character {
    switch state {
    case .disarmed: "d"
    case .armed: "a"
    case .active: "x"
    case .neutral(let causes): causes.isDisjoint(with: .alwaysLatched) ? "n" : "l"
    case .stopped: "s"
    }
  }

  static func letter(_ command: Command) -> Character {
    switch command {
    case .heartbeat: "h"
    case .arm: "A"
    case .disarm: "D"
    case .motion: "M"
    case .exert: "E"
    case .neutral: "N"
    case .stop: "S"
    case .identify, .release: "?"
    }
  }

  static func happen(_ event: Event, to scene: inout Scene) -> Character {
    let world = scene.world
    var input = world.input
    let long = Nanoseconds.seconds(2)
    switch event {
    case .good: break
    case .noFrames: input.lastFrame = input.now - long
    case .noDecisions: input.lastDecision = input.now - long
    case .noDecisionYet: input.lastDecision = nil
    case .neutralDemanded: input.demand = .neutral
    case .targetTooFar: input.demand = .moveTo(degrees: 90.001)
    case .targetNaN: input.demand = .moveTo(degrees: .nan)
    case .lateStep:
      var later = world
      later.wait(milliseconds: 61)
      input = later.input
    case .clockBackwards:
      var earlier = world
      earlier.wait(milliseconds: -41)
      input = earlier.input
    case .noAcknowledgements: input.lastAcknowledgement = input.now - long
    case .linkGone: input.isLinkGone = true
    case .jointOutside: input.joint?.positionDegrees = -0.6
    case .jointNaN: input.joint?.positionDegrees = .nan
    case .jointUnknown: input.joint = nil
    case .exoskeletonDisarmed: input.joint?.state = .disarmed
    case .exoskeletonWatchdog: input.joint?.state = .watchdog
    case .exoskeletonStopped: input.joint?.state = .stopped
    case .exoskeletonFault: input.joint?.faults = .overload
    case .signalUnfit: input.signal.isFit = false
    case .drift: input.signal.isDrifting = true
    case .tooFast: input.joint?.velocityDegreesPerSecond = -60.1
    case .tooMuchEffort: input.joint?.effortNewtonMetres = -20.1
    case .notFollowing: input.joint?.positionDegrees = 30
    case .wrongKind: input.demand = .exert(newtonMetres: 1)
    case .arm: scene.governor.arm()
    case .disarm: scene.governor.disarm()
    case .stop: scene.governor.stop(.emergencyLine)
    case .release: scene.governor.release()
    }
    switch event {
    case .arm, .disarm, .stop, .release: return "-"
    default: return letter(scene.governor.step(input))
    }
  }

  @Test("every event in every state leads where the table says", arguments: Event.allCases)
  func table(event: Event) throws {
    let row = try #require(Self.table[event]).split(separator: " ")
    #expect(row.count == Start.allCases.count)
    for (start, expected) in zip(Start.allCases, row) {
      var scene = try Self.scene(in: start)
      let command = Self.happen(event, to: &scene)
      let state = Self.letter(scene.governor.state)
      #expect("\(state)\(command)" == String(expected), "\(start) × \(event)")
    }
  }

  @Test("a latched neutral ends with disarm and arm, and not before")
  func latch() throws {
    var scene = try Self.scene(in: .latched)
    for _ in 0..<100 {
      let command = scene.step()
      #expect(command == .neutral)
      scene.world.wait()
    }
    scene.governor.arm()
    let stillNeutral = scene.step()
    #expect(stillNeutral == .neutral)
    scene.governor.disarm()
    scene.world.wait()
    let disarming = scene.step()
    #expect(disarming == .disarm)
    scene.governor.arm()
    scene.world.wait()
    let moving = Self.letter(scene.step())
    #expect(moving == "M")
  }

  @Test("a stop outlasts everything but its release, and its release arms nothing")
  func stop() throws {
    var scene = try Self.scene(in: .active)
    scene.governor.stop(.signal)
    scene.governor.stop(.operatorCommand)
    var state = scene.governor.state
    #expect(state == .stopped(.signal))
    scene.governor.arm()
    scene.governor.disarm()
    var command = scene.step()
    #expect(command == .stop)
    scene.governor.release()
    state = scene.governor.state
    #expect(state == .disarmed)
    scene.world.wait()
    command = scene.step()
    #expect(command == .disarm)
    let stops = scene.governor.counts.stops
    #expect(stops == 1)
  }

  @Test("arming that the exoskeleton does not follow ends disarmed within a second, and says why")
  func armingTimeout() throws {
    let cases: [(ArmRefusal, (inout GovernorInput) -> Void)] = [
      (.linkGone, { $0.isLinkGone = true }),
      (.exoskeletonSilent, { $0.joint = nil }),
      (.exoskeletonSilent, { $0.lastAcknowledgement = nil }),
      (.exoskeletonNotArmed, { $0.joint?.state = .disarmed }),
      (.jointUnfit, { $0.joint?.positionDegrees = -1 }),
      (.jointUnfit, { $0.joint?.velocityDegreesPerSecond = 31 }),
    ]
    for (refusal, spoil) in cases {
      var scene = Scene(governor: Governor(limits: try GovernorLimits()))
      scene.governor.arm()
      for step in 0...51 {
        let command = Self.letter(scene.step(spoil))
        let state = scene.governor.state
        #expect(state == (step <= 50 ? .armed : .disarmed), "\(refusal) \(step)")
        #expect(command != "M", "\(refusal) \(step)")
        scene.world.wait()
      }
      let found = scene.governor.armRefusal
      #expect(found == refusal)
      let timeouts = scene.governor.counts.armingTimeouts
      #expect(timeouts == 1)
    }
  }

  /// The first motion command of a joint that stands somewhere.
  static func firstMotion(from position: Double) throws -> MotionSetpoint? {
    var scene = Scene(
      governor: Governor(limits: try GovernorLimits()), world: World(position: position))
    scene.governor.arm()
    if case .motion(let setpoint) = scene.step() { return setpoint }
    return nil
  }

  @Test("motion begins where the joint is, at rest")
  func start() throws {
    let setpoint = try #require(try Self.firstMotion(from: 23.5))
    #expect(setpoint.positionDegrees == 23.5)
    #expect(setpoint.velocityDegreesPerSecond == 0)
  }

  @Test(
    "within its play beyond a limit, a joint is led back inside from the limit",
    arguments: [(-0.4, 0.0), (90.4, 90.0)])
  func play(position: Double, start: Double) throws {
    #expect(try Self.firstMotion(from: position)?.positionDegrees == start)
  }

  @Test("each cause is counted once when it arises, not at every step that it lasts")
  func counts() throws {
    var scene = try Self.scene(in: .active)
    for _ in 0..<3 {
      for _ in 0..<5 {
        _ = scene.step {
          $0.lastFrame = $0.now - .seconds(1)
          $0.demand = .moveTo(degrees: -.infinity)
        }
        let causes = scene.governor.causes
        #expect(causes == [.noFrames, .refusedDemand])
        scene.world.wait()
      }
      _ = scene.step()
      let causes = scene.governor.causes
      #expect(causes.isEmpty)
      scene.world.wait()
    }
    let counts = [
      scene.governor.count(of: .noFrames), scene.governor.count(ofCauseBit: 5),
      scene.governor.counts.refusedDemands,
    ]
    #expect(counts == [3, 3, 15])
  }

  @Test("ages at their limit are young enough, a nanosecond more is too old")
  func edges() throws {
    let limits = try GovernorLimits()
    let ages: [(WritableKeyPath<GovernorInput, MonotonicInstant?>, Nanoseconds)] = [
      (\.lastDecision, limits.decisionTimeout),
      (\.lastAcknowledgement, limits.acknowledgementTimeout),
    ]
    for (path, limit) in ages {
      for (age, moves) in [
        (limit, true), (limit + Nanoseconds(1), false),
        // A control period ahead is the other thread's clock reading; more is a broken clock.
        (Nanoseconds.zero - limits.controlPeriod, true),
        (Nanoseconds.zero - limits.controlPeriod - Nanoseconds(1), false),
      ] {
        var scene = try Self.scene(in: .active)
        let command = Self.letter(scene.step { $0[keyPath: path] = $0.now - age })
        #expect((command == "M") == moves, "\(path) \(age)")
      }
    }
  }

  @Test("times at the ends of the clock do not trap, and do not move")
  func absurdTimes() throws {
    for time in [Int64.min, Int64.max, 0] {
      var scene = try Self.scene(in: .active)
      scene.world.input.lastFrame = MonotonicInstant(nanoseconds: time)
      var command = scene.step()
      #expect(command == .neutral)
      scene.world.input.now = MonotonicInstant(nanoseconds: time)
      command = scene.step()
      #expect(command == .neutral)
    }
  }
}

@Suite("The governor's limits")
struct GovernorLimitsTests {
  @Test("limits that are not safe are refused, and none is put right")
  func refused() {
    typealias Make = () throws -> GovernorLimits
    let cases: [(String, Make)] = [
      ("NaN", { try GovernorLimits(positionMinimum: .nan) }),
      ("infinite", { try GovernorLimits(positionMaximum: .infinity) }),
      ("inverted", { try GovernorLimits(positionMinimum: 50, positionMaximum: 40) }),
      ("equal", { try GovernorLimits(positionMinimum: 40, positionMaximum: 40) }),
      ("more than a turn", { try GovernorLimits(positionMaximum: 361) }),
      ("no velocity", { try GovernorLimits(velocityMaximum: 0) }),
      ("negative velocity", { try GovernorLimits(velocityMaximum: -30) }),
      ("NaN velocity", { try GovernorLimits(velocityMaximum: .nan) }),
      ("absurd velocity", { try GovernorLimits(velocityMaximum: 1001) }),
      ("no acceleration", { try GovernorLimits(accelerationMaximum: 0) }),
      ("infinite acceleration", { try GovernorLimits(accelerationMaximum: .infinity) }),
      ("no period", { try GovernorLimits(controlPeriod: .zero) }),
      ("long period", { try GovernorLimits(controlPeriod: .milliseconds(201)) }),
      ("frame timeout", { try GovernorLimits(frameTimeout: .milliseconds(19)) }),
      ("decision timeout", { try GovernorLimits(decisionTimeout: .zero) }),
      ("acknowledgement", { try GovernorLimits(acknowledgementTimeout: .milliseconds(-1)) }),
      ("endless timeout", { try GovernorLimits(frameTimeout: .seconds(6)) }),
    ]
    for (name, make) in cases {
      #expect(throws: GovernorFault.self, "\(name)") { _ = try make() }
    }
  }

  @Test("a table of demands refuses targets outside the limits and too many classes")
  func demands() throws {
    let limits = try GovernorLimits()
    let table = try DemandTable([.neutral, .hold, .moveTo(degrees: 90)], limits: limits)
    #expect(table.demand(ofClass: 1) == .hold)
    #expect(table.demand(ofClass: 2) == .moveTo(degrees: 90))
    // A class that there is not moves nothing.
    #expect(table.demand(ofClass: 3) == .neutral)
    #expect(table.demand(ofClass: -1) == .neutral)
    for degrees in [90.5, -0.1, .nan, .infinity] {
      #expect(throws: GovernorFault.self) {
        _ = try DemandTable([.moveTo(degrees: degrees)], limits: limits)
      }
    }
    #expect(throws: GovernorFault.tooManyDemands(count: 17, capacity: 16)) {
      _ = try DemandTable([Demand](repeating: .hold, count: 17), limits: limits)
    }
  }

  @Test("limits wider than the exoskeleton's own, or a watchdog that does not fit, are refused")
  func identity() throws {
    let identity = ExoskeletonIdentity(
      name: "knee", firmware: "1", watchdog: .read(.milliseconds(100)),
      positionDegrees: -10...120, velocityMaximum: 180)
    try GovernorLimits().check(against: identity)
    #expect(throws: GovernorFault.self) {
      try GovernorLimits(positionMinimum: -11).check(against: identity)
    }
    #expect(throws: GovernorFault.self) {
      try GovernorLimits(positionMaximum: 121).check(against: identity)
    }
    #expect(throws: GovernorFault.self) {
      try GovernorLimits(velocityMaximum: 181).check(against: identity)
    }
    var other = identity
    for milliseconds: Int64 in [0, 39, 501] {
      other.watchdog = .read(.milliseconds(milliseconds))
      #expect(throws: GovernorFault.self) { try GovernorLimits().check(against: other) }
    }
    // What cannot be read cannot be compared.
    for watchdog in [DriveWatchdog.none, .unknown(usual: .seconds(1))] {
      other.watchdog = watchdog
      try GovernorLimits().check(against: other)
    }
    other.positionDegrees = nil
    other.velocityMaximum = nil
    try GovernorLimits(positionMinimum: -300, velocityMaximum: 999).check(against: other)
  }

  @Test("every fault says what is wrong in one sentence")
  func messages() {
    let faults: [GovernorFault] = [
      .notFinite(name: "the position minimum"),
      .outOfRange(name: "the velocity maximum", value: 0, lowest: 1, highest: 2, unit: "deg/s"),
      .invertedPositions(minimum: 2, maximum: 1),
      .shorterThanControlPeriod(
        name: "the frame timeout", milliseconds: 1, controlPeriodMilliseconds: 20),
      .widerThanExoskeleton(
        name: "velocity maximum", own: 200, exoskeleton: 180, unit: "deg/s"),
      .unsuitableWatchdog(milliseconds: 0, minimum: 40, maximum: 500),
      .unsuitableWatchdog(milliseconds: 900, minimum: 40, maximum: 500),
      .tooManyDemands(count: 17, capacity: 16),
      .targetOutsideLimits(classIndex: 1, degrees: 95, minimum: 0, maximum: 90),
    ]
    for fault in faults { #expect(fault.message.contains(":"), "\(fault)") }
    #expect(Set(faults.map(\.message)).count == faults.count)
  }
}
