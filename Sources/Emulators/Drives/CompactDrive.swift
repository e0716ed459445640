// A laboratory's own drive that speaks short frames of a fixed layout, emulated: two of them, of 11
// and of 12 bytes.
//
//   11 bytes, little-endian, sum of bytes 0 to 9
//     to it    AA code position₂ velocity₂ acceleration₂ effort₂ sum
//     from it  55 code position₂ velocity₂ effort₂ state fault sum
//   12 bytes, big-endian, CRC-16 (0x1021 from 0xFFFF) of bytes 0 to 9
//     to it    A5 code number joint position₄ velocity₂ crc₂
//     from it  5A code number state position₄ velocity₂ crc₂       position as it is
//              5A code number state fault₂ 0 0 0 0 crc₂            after a fault, instead
//
// Position in hundredths of a degree (12 bytes: thousandths), velocity in tenths of a degree per
// second, effort in hundredths of a newton metre. Every good frame is answered; a frame with a
// wrong sum, another joint or an unknown code is not. Its watchdog drops the joint and is fault 1
// until it is switched off. It is nobody's product: the layouts are this file's and that of the
// examples in docs/examples, written apart from one another.

public import RT

/// Which of the two.
public enum CompactDialect: Sendable, CaseIterable {
  case eleven
  case twelve

  var byteCount: Int { self == .eleven ? 11 : 12 }
  var start: UInt8 { self == .eleven ? 0xAA : 0xA5 }
  var answerStart: UInt8 { self == .eleven ? 0x55 : 0x5A }
  var degreeScale: Double { self == .eleven ? 100 : 1000 }
}

public struct CompactDrive: Drive {
  private enum State: UInt8 {
    case idle = 0
    case ready = 1
    case moving = 2
    case free = 3
    case stopped = 4
    case timedOut = 5
  }

  private enum Code: UInt8 {
    case hello = 0x01
    case ping = 0x02
    case on = 0x10
    case off = 0x11
    case go = 0x20
    case push = 0x21
    case free = 0x22
    case stop = 0x30
    case release = 0x31
  }

  private static var answerCode: UInt8 { 0x80 }
  private static var faultCode: UInt8 { 0x81 }

  public let name = "compact"
  private let dialect: CompactDialect
  private let watchdog: Nanoseconds
  private let jointNumber: UInt8
  private var joint: DrivenJoint
  private var state = State.idle
  private var fault: UInt8 = 0
  private var fed: MonotonicInstant
  private var pending: [UInt8] = []
  private var noted = ""
  private var motionCommands: UInt64 = 0
  private var refusedCommands: UInt64 = 0
  private var watchdogTrips: UInt64 = 0
  private var badFrames: UInt64 = 0

  /// - Parameters:
  ///   - watchdog: zero: none.
  ///   - joint: of the 12-byte dialect, which joint it is.
  public init(
    _ dialect: CompactDialect, watchdog: Nanoseconds = .milliseconds(200), joint: UInt8 = 1,
    now: MonotonicInstant = .now()
  ) {
    self.dialect = dialect
    self.watchdog = watchdog
    jointNumber = joint
    self.joint = DrivenJoint(now: now)
    fed = now
  }

  public var nextInstant: MonotonicInstant? {
    state == .idle || state == .stopped ? joint.nextInstant : joint.nextStep
  }

  public var status: DriveStatus {
    DriveStatus(
      state: stateText, isDriven: joint.isDriven, positionDegrees: joint.positionDegrees,
      velocityDegreesPerSecond: joint.velocityDegreesPerSecond,
      effortNewtonMetres: joint.effortNewtonMetres, motionCommands: motionCommands,
      refusedCommands: refusedCommands, watchdogTrips: watchdogTrips, badFrames: badFrames)
  }

  private var stateText: String { fault == 0 ? "\(state)" : "fault \(fault)" }

  public mutating func disturb(_ disturbance: DriveDisturbance) {
    joint.isObstructed = disturbance == .obstructed
  }

  /// Fault 7, until it is switched off; the joint is dropped.
  public mutating func raiseFault(at now: MonotonicInstant, into turn: inout Turn) {
    fault = 7
    joint.demand = .off
    note(into: &turn)
  }

  public mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    while joint.nextStep <= now {
      let instant = joint.nextStep
      let isServing = state == .ready || state == .moving || state == .free
      if watchdog > .zero, isServing, instant - fed > watchdog {
        watchdogTrips += 1
        state = .timedOut
        fault = 1
        joint.demand = .off
      }
      joint.step()
      note(into: &turn)
    }
  }

  public mutating func receive(
    _ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    advance(to: now, into: &turn)
    pending += bytes
    while let start = pending.firstIndex(of: dialect.start) {
      pending.removeFirst(start)
      guard pending.count >= dialect.byteCount else { return }
      let frame = Array(pending.prefix(dialect.byteCount))
      let summed = Array(frame.prefix(10))
      guard Array(frame.dropFirst(10)) == sum(summed) else {
        badFrames += 1
        pending.removeFirst()
        continue
      }
      pending.removeFirst(dialect.byteCount)
      obey(frame, at: now, into: &turn)
    }
    pending = []
  }

  // MARK: Frames

  private func sum(_ bytes: [UInt8]) -> [UInt8] {
    switch dialect {
    case .eleven: return [bytes.reduce(0, &+)]
    case .twelve:
      var rest: UInt32 = 0xFFFF
      for bit in bytes.flatMap({ byte in (0..<8).map { UInt32(byte >> (7 - $0) & 1) } }) {
        let top = rest >> 15 ^ bit
        rest = (rest << 1 & 0xFFFF) ^ (top * 0x1021)
      }
      return [UInt8(rest >> 8), UInt8(rest & 0xFF)]
    }
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> Double {
    let ordered = dialect == .eleven ? Array(bytes.reversed()) : Array(bytes)
    let pattern = ordered.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return bytes.count == 2
      ? Double(Int16(truncatingIfNeeded: pattern)) : Double(Int32(bitPattern: pattern))
  }

  private func bytes(_ value: Double, count: Int) -> [UInt8] {
    let whole = Int64(value.rounded())
    let limited =
      count == 2 ? Int64(Int16(clamping: whole)) : Int64(Int32(clamping: whole))
    let little = (0..<count).map { UInt8(truncatingIfNeeded: limited >> (8 * Int64($0))) }
    return dialect == .eleven ? little : little.reversed()
  }

  private mutating func obey(
    _ frame: [UInt8], at now: MonotonicInstant, into turn: inout Turn
  ) {
    guard let code = Code(rawValue: frame[1]) else {
      refusedCommands += 1
      return
    }
    if dialect == .twelve, frame[3] != jointNumber { return }
    fed = now
    if !carryOut(code, frame) { refusedCommands += 1 }
    note(into: &turn)
    turn.send(answer(to: frame))
  }

  private mutating func carryOut(_ code: Code, _ frame: [UInt8]) -> Bool {
    let isServing = state == .ready || state == .moving || state == .free
    switch code {
    case .hello, .ping: return true
    case .on:
      guard state == .idle, fault == 0 else { return isServing }
      return change(.ready, .off)
    case .off:
      fault = 0
      return state == .stopped || change(.idle, .off)
    case .free:
      if state == .idle || state == .stopped { return true }
      return change(.free, .off)
    case .stop: return change(.stopped, .off)
    case .release: return state != .stopped || change(.idle, .off)
    case .go, .push:
      guard isServing, fault == 0 else { return false }
      motionCommands += 1
      if code == .push { return change(.moving, .effort(effort(frame))) }
      let velocity = number(dialect == .eleven ? frame[4..<6] : frame[8..<10]) / 10
      return change(.moving, .position(degrees(frame), velocity: velocity))
    }
  }

  private mutating func change(_ state: State, _ demand: DrivenJoint.Demand) -> Bool {
    self.state = state
    joint.demand = demand
    return true
  }

  private func degrees(_ frame: [UInt8]) -> Double {
    number(dialect == .eleven ? frame[2..<4] : frame[4..<8]) / dialect.degreeScale
  }

  /// Of the 12-byte dialect the effort stands where the velocity does otherwise.
  private func effort(_ frame: [UInt8]) -> Double { number(frame[8..<10]) / 100 }

  private func answer(to frame: [UInt8]) -> [UInt8] {
    let position = joint.positionDegrees * dialect.degreeScale
    let velocity = joint.velocityDegreesPerSecond * 10
    var answer: [UInt8]
    switch dialect {
    case .eleven:
      answer = [dialect.answerStart, Self.answerCode]
      answer += bytes(position, count: 2) + bytes(velocity, count: 2)
      answer += bytes(joint.effortNewtonMetres * 100, count: 2) + [state.rawValue, fault]
    case .twelve:
      let code = fault == 0 ? Self.answerCode : Self.faultCode
      answer = [dialect.answerStart, code, frame[2], state.rawValue]
      answer +=
        fault == 0
        ? bytes(position, count: 4) + bytes(velocity, count: 2) : [0, fault, 0, 0, 0, 0]
    }
    return answer + sum(answer)
  }

  private mutating func note(into turn: inout Turn) {
    let text = stateText
    guard text != noted else { return }
    noted = text
    turn.note(text)
  }
}
