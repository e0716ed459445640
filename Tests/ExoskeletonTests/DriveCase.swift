// What a drive's wire must make of any bytes and of any commands: the property behind both the
// tests and the fuzzer.

import RT

@testable import Exoskeleton

/// What a conversation showed.
struct DriveOutcome {
  /// What was wrong, with the place; nil: nothing.
  var complaint: String?
  /// Numbers that led the joint, and answers that acknowledged.
  var motions = 0
  var acknowledged = 0
}

/// A conversation with a drive, from a fuzzer's input, as the link leads it but without a line.
///
/// The first byte of an input is the drive, the second and third how it is set up; for compact
/// frames the fourth is the format. The rest is a script: what happens, one thing after another.
@safe
struct DriveCase: ~Copyable {
  private let settings: DriveSettings
  private var script: CaseScript
  private var wire: Wire
  private var drive: AnsweringDrive
  private var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)

  /// Where commands are put together; nothing may be written behind its end.
  private let memory: UnsafeMutableRawPointer
  private var nextSequence: UInt16 = 0
  private var inFlight = InFlightTable()
  /// The newest number that was.
  private var lastAcknowledged: UInt16?
  /// Went out, and the drive has not answered it.
  private var unheard: [UInt8] = []
  private var lastWritten: [UInt8] = []
  private var complaint: String?
  private var motionCount = 0
  private var acknowledgedCount = 0

  // Whether the joint may be led: never more than this, whatever the wire thinks.
  private var isArmed = false
  private var isStopped = false
  private var lastMotion: MonotonicInstant?
  private var firstUnanswered: MonotonicInstant?

  private init(_ settings: DriveSettings, _ script: CaseScript, _ second: UInt8) {
    self.settings = settings
    self.script = script
    wire = Wire(settings)
    drive = AnsweringDrive(settings)
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 8)
    learn(second)
  }

  deinit { unsafe memory.deallocate() }

  private static func settings(
    _ kind: DriveKind, _ first: UInt8, _ second: UInt8, _ script: inout CaseScript
  ) -> DriveSettings? {
    var settings = DriveSettings(
      kind: kind, mode: first & 1 == 0 ? .position : .effort, address: kind == .odrive ? 0 : 68)
    let gearing = try? Gearing(
      ratio: [1, 50, 0.01, 1000][Int(first >> 4 & 3)],
      zeroDegrees: [0, 180, -36_000, 12.5][Int(first >> 6)], isReversed: first & 2 != 0,
      newtonMetresPerAmpere: first & 4 != 0 ? 0 : 0.9, polePairs: 7)
    if let gearing { settings.gearing = gearing }
    settings.controlPeriod = second & 1 == 0 ? .milliseconds(20) : .milliseconds(5)
    settings.openExo.angleIndex = second & 2 == 0 ? 8 : nil
    settings.openExo.torqueReadingIndex = second & 4 == 0 ? 1 : nil
    settings.openExo.velocityIndex = second & 8 == 0 ? nil : 12
    settings.openExo.directionIndex = second & 16 == 0 ? 1 : 31
    if kind == .compact {
      guard let format = CaseFormats.format(script.byte(), &script) else { return nil }
      settings.compact = format
    }
    return settings
  }

  /// What a link learns before a session.
  private mutating func learn(_ second: UInt8) {
    wire.openExo.realTimeCount = 13
    wire.dynamixel.amperesPerCount = 0.00269
    wire.dynamixel.currentMaximum = second & 2 == 0 ? 1193 : 0x7FFF
    if second & 4 == 0 {
      wire.dynamixel.countsMinimum = -DynamixelUnit.countsMaximum
      wire.dynamixel.countsMaximum = DynamixelUnit.countsMaximum
    }
    wire.dynamixel.noteIdentified(isTorqueOn: second & 8 == 0)
    guard second & 16 == 0 else { return }
    wire.odrive.torqueConstant = 0.04
    wire.odrive.noteIdentified(
      ODriveVocabulary(
        axis: 0, generation: second & 2 == 0 ? .five : .six, tellsCurrent: second & 4 == 0,
        watchdogSeconds: settings.watchdog.seconds))
  }

  /// Nil: the input begins no conversation.
  static func outcome(_ input: [UInt8]) -> DriveOutcome? {
    guard input.count >= 4 else { return nil }
    var script = CaseScript(input, from: 3)
    let kind = DriveKind.allCases[Int(input[0]) % DriveKind.allCases.count]
    guard let settings = settings(kind, input[1], input[2], &script) else { return nil }
    var conversation = DriveCase(settings, script, input[2])
    return conversation.run()
  }

  private mutating func run() -> DriveOutcome {
    var steps = 0
    while !script.isAtEnd, complaint == nil, steps < 500 {
      step(script.byte())
      steps += 1
    }
    if complaint == nil { find() }
    return DriveOutcome(
      complaint: complaint.map { "\(settings.kind.rawValue), step \(steps): \($0)" },
      motions: motionCount, acknowledged: acknowledgedCount)
  }

  // MARK: Things that happen

  private mutating func step(_ what: UInt8) {
    switch what & 15 {
    case 0: hear(script.bytes(Int(script.byte())))
    case 1: hear([UInt8](repeating: script.byte(), count: 2 * Int(script.byte())))
    case 2, 3: answer()
    case 4: answerAsItLikes()
    case 5: hear(damaged(takeAnswer()))
    case 6: say(Self.simple[Int(script.byte()) % Self.simple.count])
    case 7: say(.arm)
    case 8: say(tame())
    case 9:
      pass(.milliseconds(20))
      say(tame())
      answer()
    case 10: say(wild())
    case 11: pass(.milliseconds(20))
    case 12: pass(.milliseconds(Int64(script.byte())))
    case 13: pass(Nanoseconds(Int64(script.byte()) << Int64(script.byte() & 47)))
    case 14: hear(lastWritten)
    default:
      switch what >> 4 {
      case 0..<4: say(Self.simple[Int(script.byte()) % Self.simple.count], isRefused: true)
      case 4..<6: find()
      case 6: unheard = []
      default: bringIntoService()
      }
    }
  }

  private static let simple: [Command] = [
    .heartbeat, .neutral, .disarm, .stop, .release, .identify, .arm,
  ]

  private mutating func pass(_ span: Nanoseconds) { now = now + span }

  /// A setpoint that no governor would make.
  static func motion(_ degrees: Double, _ velocity: Double, _ acceleration: Double) -> Command {
    // SAFETY: a structure of three numbers and nothing else. That a governor alone can make one is
    // what is gone round here: a wire must not rely upon it.
    .motion(unsafe unsafeBitCast((degrees, velocity, acceleration), to: MotionSetpoint.self))
  }

  static func effort(_ newtonMetres: Double) -> Command {
    // SAFETY: a structure of one number; as above.
    .exert(unsafe unsafeBitCast(newtonMetres, to: EffortSetpoint.self))
  }

  private mutating func tame() -> Command {
    let figure = script.tame()
    return settings.mode == .position
      ? Self.motion(figure, figure / 3, 0) : Self.effort(figure / 10)
  }

  private mutating func wild() -> Command {
    script.byte() & 1 == 0
      ? Self.motion(script.wild(), script.wild(), script.wild()) : Self.effort(script.wild())
  }

  /// Released, disarmed, armed, as a session does; each command is answered.
  private mutating func bringIntoService() {
    for command in [Command.release, .disarm, .arm, .arm, .arm, .arm] {
      pass(.milliseconds(70))
      say(command)
      answer()
    }
  }

  private mutating func takeAnswer() -> [UInt8] {
    let bytes = drive.answer(unheard)
    unheard = []
    return bytes
  }

  /// The drive answers as a healthy one would, whatever it is asked on the way, to the end.
  private mutating func answer() {
    for _ in 0..<12 where !unheard.isEmpty { hear(takeAnswer()) }
  }

  private mutating func answerAsItLikes() {
    drive.whims = script
    let bytes = takeAnswer()
    if let left = drive.whims { script = left }
    drive.whims = nil
    hear(bytes)
  }

  private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    guard !bytes.isEmpty else { return [] }
    let place = Int(script.byte()) % bytes.count
    switch script.byte() & 3 {
    case 0: bytes[place] ^= max(1, script.byte())
    case 1: bytes.removeSubrange(place...)
    case 2: bytes.insert(contentsOf: script.bytes(Int(script.byte() & 7)), at: place)
    default: bytes.remove(at: place)
    }
    return bytes
  }

  // MARK: As a link does it

  private static var capacity: Int { ExoskeletonLink.frameCapacity }

  /// Encodes and writes; a line that has no room takes nothing.
  private mutating func say(_ command: Command, isRefused: Bool = false) {
    if complaint != nil { return }
    if isArmed, let firstUnanswered, now - firstUnanswered >= settings.silenceMaximum {
      isArmed = false
    }
    let (bytes, asks, isFull) = encode(command)
    if isFull { complaint = "a command does not fit its memory" }
    let isTaken = !bytes.isEmpty
    note(command, isTaken: isTaken)
    judge(bytes, of: command)
    guard isTaken else { return }
    if isRefused {
      if asks { wire.withdraw() }
      return
    }
    if asks {
      inFlight.write(nextSequence, at: now)
      if firstUnanswered == nil { firstUnanswered = now }
    }
    nextSequence &+= 1
    written(bytes)
  }

  private mutating func encode(_ command: Command) -> ([UInt8], asks: Bool, isFull: Bool) {
    var out = unsafe ByteWriter(memory, capacity: Self.capacity)
    let asks = wire.encode(command, sequence: nextSequence, at: now, into: &out)
    return (unsafe Array(out.bytes(from: 0)), asks, out.isFull)
  }

  private mutating func written(_ bytes: [UInt8]) {
    lastWritten = bytes
    unheard += bytes
    if unheard.count > 2048 { unheard = bytes }
  }

  /// What has come is read, as much as there is room for at once, and taken in.
  private mutating func hear(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, complaint == nil {
      let room = unsafe wire.freeMemory()
      if room.count < 256 {
        complaint = "what is not understood leaves room for \(room.count) bytes only"
        return
      }
      let part = rest.prefix(room.count)
      unsafe room.copyBytes(from: part)
      wire.received(byteCount: part.count)
      rest = rest.dropFirst(part.count)
      firstUnanswered = nil
      takeIn()
    }
  }

  private mutating func takeIn() {
    var out = unsafe ByteWriter(memory, capacity: Self.capacity)
    var rounds = 0
    while let reply = wire.next(at: now, into: &out) {
      judge(reply)
      rounds += 1
      // The shortest answer has three bytes, and no more than this can have come.
      if rounds > ByteQueue.capacity / 3 {
        complaint = "more answers than there are bytes for"
        return
      }
    }
    if out.isFull { complaint = "what goes on does not fit its memory" }
    let bytes = unsafe Array(out.bytes(from: 0))
    guard !bytes.isEmpty else { return }
    judge(bytes, of: nil)
    written(bytes)
  }

  // MARK: What must hold

  private mutating func note(_ command: Command, isTaken: Bool) {
    switch command {
    case .arm:
      if isTaken, !isStopped { isArmed = true }
      firstUnanswered = nil
    case .disarm: isArmed = false
    case .stop:
      isArmed = false
      isStopped = true
    case .release: if isTaken { isStopped = false }
    case .motion, .exert: if isTaken { lastMotion = now }
    case .neutral: lastMotion = nil
    case .identify, .heartbeat: break
    }
  }

  /// - Parameter command: whose bytes they are; nil: they go on with an earlier one's.
  private mutating func judge(_ bytes: [UInt8], of command: Command?) {
    for motion in WireMotion.all(in: bytes, settings) {
      motionCount += 1
      // Our own exoskeletons keep that state themselves, and refuse.
      if settings.kind != .framed, !isArmed {
        complaint = "\(motion) goes out although the joint is not in service"
        return
      }
      if let wrong = wrong(motion, of: command) {
        complaint = wrong
        return
      }
    }
  }

  private func wrong(_ motion: WireMotion, of command: Command?) -> String? {
    switch (motion, command) {
    case (.foreign(let code), _): return "\(code) goes out, which no driver says"
    case (.on, nil):
      guard settings.kind == .dynamixel, let lastMotion,
        now - lastMotion < settings.silenceMaximum
      else { return "the drive is switched on for no motion that was commanded of late" }
      return nil
    case (.on, .arm): return settings.kind == .openExo ? nil : "arming switches the drive on"
    case (.on, .motion), (.on, .exert):
      return settings.kind == .odrive ? nil : "a setpoint switches the drive on by itself"
    case (.position(let told, let digit), .motion(let asked)):
      let isDirect = settings.kind == .framed
      let degrees = asked.positionDegrees
      let expected = isDirect ? degrees : settings.gearing.driveDegrees(degrees)
      return differs(told, expected, digit) ?? beyond(told)
    case (.velocity(let told, let digit), .motion(let asked)):
      let velocity = asked.velocityDegreesPerSecond
      let isDirect = settings.kind == .framed
      return differs(told, isDirect ? velocity : settings.gearing.driveVelocity(velocity), digit)
    case (.effort(let told, let digit), .exert(let asked)):
      return differs(told, effort(asked.newtonMetres), digit)
    default:
      return "\(motion) goes out with a command that asks for none"
    }
  }

  /// In the unit of the wire.
  private func effort(_ newtonMetres: Double) -> Double {
    let gearing = settings.gearing
    switch settings.kind {
    case .framed: return .nan
    case .vesc, .cubemars, .dynamixel: return gearing.amperes(newtonMetres)
    case .odrive: return newtonMetres / gearing.driveVelocity(1)
    case .openExo, .compact: return gearing.isReversed ? -newtonMetres : newtonMetres
    }
  }

  private func differs(_ told: Double, _ expected: Double, _ digit: Double) -> String? {
    let allowed = 0.6 * digit + 1e-6 * expected.magnitude
    // False for what is no number, of either.
    if told.isFinite, (told - expected).magnitude <= allowed { return nil }
    return "\(told) goes out where \(expected) was asked for"
  }

  private func beyond(_ degrees: Double) -> String? {
    let reach: ClosedRange<Double>
    switch settings.kind {
    case .vesc: reach = 0...360
    case .cubemars: reach = -2147...2147
    case .dynamixel:
      let counts = DynamixelUnit.countsPerDegree
      reach =
        Double(wire.dynamixel.countsMinimum) / counts...Double(wire.dynamixel.countsMaximum)
        / counts
    case .framed, .odrive, .openExo, .compact: return nil
    }
    return reach.contains(degrees) ? nil : "\(degrees) goes out, beyond the drive's reach"
  }

  private mutating func judge(_ reply: DriveReply) {
    if reply.isEcho, reply.sequence != nil || reply.joint != nil {
      complaint = "an echo acknowledges"
    }
    if let joint = reply.joint, let wrong = wrong(joint) { complaint = wrong }
    guard let sequence = reply.sequence else { return }
    let isKnown = inFlight.acknowledge(sequence) != nil
    if isKnown { acknowledgedCount += 1 }
    // A number that comes back by itself may be any: the table knows which wait.
    if isNumbered { return }
    if !isKnown { complaint = "number \(sequence) is acknowledged, and nothing waits for it" }
    if let lastAcknowledged, Int16(bitPattern: sequence &- lastAcknowledged) <= 0 {
      complaint = "\(sequence) is acknowledged after \(lastAcknowledged)"
    }
    lastAcknowledged = sequence
  }

  /// The answers themselves say which command they answer.
  private var isNumbered: Bool {
    switch settings.kind {
    case .framed: true
    case .vesc, .cubemars, .dynamixel, .odrive, .openExo: false
    case .compact: wire.compact.table.hasSequence
    }
  }

  private func wrong(_ joint: JointState) -> String? {
    let figures = [
      joint.positionDegrees, joint.velocityDegreesPerSecond, joint.effortNewtonMetres,
    ]
    if figures.contains(where: \.isInfinite) { return "a joint is told that is nowhere: \(joint)" }
    if joint.positionDegrees.isNaN { return nil }
    let isDirect = settings.kind == .framed
    let degrees = joint.positionDegrees
    let told = isDirect ? degrees : settings.gearing.driveDegrees(degrees)
    let most: Double
    switch settings.kind {
    case .framed: most = 2_147_483.648
    case .vesc, .cubemars: most = 2_147.483_648
    case .dynamixel: most = 2_147_483_648 / DynamixelUnit.countsPerDegree
    // More than a number of single precision has.
    case .odrive: most = 360 * 3.41e38
    case .openExo: most = 327.68
    case .compact: return nil
    }
    let allowed = most + 1e-6 * (1 + most + settings.gearing.zeroDegrees.magnitude)
    return told.magnitude <= allowed ? nil : "\(told) is told, which the wire does not hold"
  }

  /// Whatever came before, a drive that answers is soon understood.
  private mutating func find() {
    unheard = []
    for _ in 0..<48 {
      pass(.milliseconds(70))
      say(.heartbeat)
      let asked = inFlight.waitingCount
      answer()
      if complaint != nil || inFlight.waitingCount < asked { return }
    }
    complaint = "a drive that answers is not understood"
  }
}
