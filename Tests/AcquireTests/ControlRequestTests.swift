// What a session answers to a word, as a function of its status.

import Exoskeleton
import RT
import Signal
import Testing

@testable import Acquire

private let asked = MonotonicInstant(nanoseconds: 1_000_000_000)
private let later = asked + .milliseconds(200)
private let tooLate = asked + .seconds(5)

private func status(
  _ state: GovernorState, joint: ExoskeletonState? = .moving, armings: UInt64 = 1,
  refusal: ArmRefusal? = nil, isLineOpen: Bool = false, latched: NeutralCauses = [],
  at time: MonotonicInstant = later, acknowledged: MonotonicInstant? = later,
  isLinkGone: Bool = false
) -> ControlStatus {
  var snapshot = StatusSnapshot(sampleRate: SampleRateEstimate(nominal: 250))
  snapshot.governorState = state
  snapshot.armings = armings
  snapshot.armRefusal = refusal
  snapshot.latchedCauses = latched
  snapshot.time = time
  snapshot.joint = joint.map {
    JointState(
      deviceMicroseconds: 0, positionDegrees: 10, velocityDegreesPerSecond: 0,
      effortNewtonMetres: .nan, state: $0, faults: [], faultCode: 0)
  }
  snapshot.lastAcknowledgement = acknowledged
  snapshot.isLinkGone = isLinkGone
  return ControlStatus(snapshot: snapshot, isLineOpen: isLineOpen, lastHeartbeat: nil)
}

@Suite("What a session answers")
struct ControlRequestTests {
  @Test("a stop is never refused, and is answered only by what was seen after it")
  func stop() {
    var request = ControlRequest(.stop, at: asked)
    for state in [GovernorState.disarmed, .armed, .active, .stopped(.signal)] {
      #expect(request.refusal(status(state)) == nil)
    }
    #expect(request.refusal(nil) == nil)
    #expect(request.answer(nil, now: later) == nil)
    let stopped = GovernorState.stopped(.operatorCommand)
    // Stopped before it was asked: that may have been released since.
    #expect(
      request.answer(status(stopped, joint: .stopped, at: asked - .milliseconds(1)), now: later)
        == nil)
    #expect(request.answer(status(.active), now: later) == nil)
    #expect(
      request.answer(status(stopped, joint: .stopped), now: later)?.hasPrefix("ok stopped") == true)
    // What it said before says nothing of now; a line that is gone says nothing at all.
    #expect(
      request.answer(status(stopped, joint: .stopped, acknowledged: asked), now: later) == nil)
    let gone = request.answer(status(stopped, joint: .stopped, isLinkGone: true), now: later)
    #expect(gone?.hasPrefix("refused: ") == true && gone?.contains("gone") == true)
    // The governor has stopped, the exoskeleton does not say so: in the end that is no success.
    #expect(request.answer(status(stopped, joint: .moving), now: later) == nil)
    let unconfirmed = request.answer(status(stopped, joint: .moving), now: asked + .seconds(1))
    #expect(unconfirmed?.hasPrefix("refused: ") == true)
    #expect(unconfirmed?.contains("moving") == true && unconfirmed?.contains("power") == true)
    #expect(request.answer(status(.active), now: tooLate)?.contains("power") == true)
  }

  @Test("nothing is armed that is stopped, latched, or not there yet")
  func armRefused() {
    let cases: [(ControlStatus?, String)] = [
      (nil, "only starting"),
      (status(.stopped(.emergencyLine)), "emergency line"),
      (status(.disarmed, joint: .stopped), "release"),
      (status(.neutral(.linkGone), latched: .linkGone), "disarm and arm"),
    ]
    for (known, word) in cases {
      var request = ControlRequest(.arm, at: asked)
      let refusal = request.refusal(known)
      #expect(refusal?.hasPrefix("refused: ") == true && refusal?.contains(word) == true)
    }
    var already = ControlRequest(.arm, at: asked)
    #expect(already.refusal(status(.active))?.hasPrefix("ok ") == true)
  }

  @Test("an arming succeeds, is refused with its own reason, or comes to nothing in time")
  func armOutcome() {
    var request = ControlRequest(.arm, at: asked)
    // Left over from an arming of before.
    #expect(request.refusal(status(.disarmed, joint: .disarmed, refusal: .jointUnfit)) == nil)
    request.begin(at: asked)
    let old = status(.disarmed, joint: .disarmed, refusal: .jointUnfit)
    #expect(request.answer(old, now: later) == nil)
    #expect(request.answer(status(.armed, armings: 2), now: later) == nil)
    #expect(request.answer(status(.active, armings: 2), now: later) == "ok armed")
    let neutral = request.answer(status(.neutral(.noDecisions), armings: 2), now: later)
    #expect(neutral?.hasPrefix("ok armed, neutral") == true)
    let refused = status(.disarmed, joint: .disarmed, armings: 2, refusal: .signalUnfit)
    #expect(
      request.answer(refused, now: later) == "refused: \(ArmRefusal.signalUnfit.message)")
    #expect(
      request.answer(status(.stopped(.signal), armings: 2), now: later)?.hasPrefix("refused")
        == true)
    #expect(request.answer(old, now: tooLate)?.hasPrefix("refused: arm was asked") == true)
  }

  @Test("disarmed is what the exoskeleton has said since, or said to be without it")
  func disarm() {
    var request = ControlRequest(.disarm, at: asked)
    #expect(request.refusal(status(.active)) == nil)
    #expect(request.answer(status(.disarmed, joint: .moving), now: later) == nil)
    #expect(
      request.answer(status(.disarmed, joint: .disarmed, acknowledged: asked), now: later) == nil)
    let done = request.answer(status(.disarmed, joint: .disarmed), now: later)
    #expect(done == "ok disarmed, and so says the exoskeleton")
    let gone = request.answer(status(.disarmed, joint: .disarmed, isLinkGone: true), now: later)
    #expect(gone?.hasPrefix("ok disarmed; ") == true && gone?.contains("gone") == true)
    let unconfirmed = request.answer(status(.disarmed, joint: .moving), now: asked + .seconds(1))
    #expect(unconfirmed?.hasPrefix("refused: ") == true)
  }

  @Test("a release leads to disarmed, on both sides, and never with the line open")
  func release() {
    var request = ControlRequest(.release, at: asked)
    let stopped = GovernorState.stopped(.operatorCommand)
    #expect(request.refusal(status(.active)) == "refused: nothing is stopped")
    #expect(
      request.refusal(status(stopped, isLineOpen: true))?.contains("emergency line is open")
        == true)
    // The exoskeleton alone is stopped: that too is ended by a release.
    #expect(request.refusal(status(.disarmed, joint: .stopped)) == nil)
    #expect(request.refusal(status(stopped, joint: .stopped)) == nil)
    request.begin(at: asked)
    #expect(request.answer(status(stopped, joint: .stopped), now: later) == nil)
    #expect(request.answer(status(.disarmed, joint: .stopped), now: later) == nil)
    #expect(
      request.answer(status(.disarmed, joint: .disarmed), now: later)?.hasPrefix("ok released")
        == true)
    #expect(request.answer(status(stopped), now: tooLate)?.hasPrefix("refused: ") == true)
  }

  @Test("lines are cut at their ends, and what is too long is no line")
  func lines() {
    var buffer = LineBuffer()
    #expect(buffer.take(Array("sto".utf8)) == [])
    #expect(buffer.take(Array("p\nstatus\n\nhalf".utf8)) == ["stop", "status", ""])
    #expect(buffer.take(Array(" more\n".utf8)) == ["half more"])
    #expect(buffer.take([UInt8](repeating: 65, count: 256)) == [])
    #expect(buffer.take([10]) == [String(repeating: "A", count: 256)])
    #expect(buffer.take([UInt8](repeating: 65, count: 257)) == nil)
    var second = LineBuffer()
    #expect(second.take([UInt8](repeating: 65, count: 257) + [10]) == nil)
  }

  @Test("a JSON object is read as indented lines, whatever its strings hold")
  func outline() {
    let text = #"{"a":1,"b":{"c":"x, {y}: \"z\"","d":["p","q"],"e":[]},"f":null}"#
    #expect(
      text.outline == """
        a: 1
        b: \n  c: x, {y}: "z"
          d: p, q
          e: \nf: null
        """)
  }

  @Test("a step's response is counted from a joint at rest, once")
  func response() {
    var response = MotionResponse()
    func at(_ milliseconds: Int64) -> MonotonicInstant { asked + .milliseconds(milliseconds) }
    for step in 0..<Int64(MotionResponse.settlingCount + 1) {
      response.note(setpoint: 10, at: at(step * 20))
      response.note(joint: 10.3, at: at(step * 20 + 5))
    }
    let start = Int64(MotionResponse.settlingCount + 1) * 20
    response.note(setpoint: 10.05, at: at(start))
    response.note(joint: 10.45, at: at(start + 5))
    // The joint alone has gone so far: noise, as long as nothing asked for it.
    #expect(response.count == 0)
    response.note(setpoint: 10.2, at: at(start + 20))
    response.note(joint: 10.35, at: at(start + 25))
    #expect(response.count == 0)
    response.note(joint: 10.41, at: at(start + 50))
    response.note(joint: 10.9, at: at(start + 60))
    #expect(response.count == 1)
    #expect(response.lag.summary.max == .milliseconds(30))
    #expect(response.whole.summary.max == .milliseconds(50))
  }
}
