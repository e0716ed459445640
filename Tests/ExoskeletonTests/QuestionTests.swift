import RT
import Testing

@testable import Exoskeleton

@Suite("Questions whose answers carry no number, and who answers")
struct QuestionTests {
  @Test(
    "an answer 30 ms late is one, and one after that is none's, however short the period",
    arguments: [(1, 30, 20), (5, 30, 20), (20, 40, 20), (50, 100, 50)])
  func floors(period: Int64, patience: Int64, quarantine: Int64) {
    var question = Question(controlPeriod: .milliseconds(period))
    let begin = MonotonicInstant(nanoseconds: 1_000_000_000)
    func after(_ milliseconds: Int64) -> MonotonicInstant { begin + .milliseconds(milliseconds) }
    var isAsked = question.ask(with: 7, at: begin)
    #expect(isAsked)
    isAsked = question.ask(with: 8, at: after(patience - 1))
    #expect(!isAsked && question.isOpen)
    isAsked = question.ask(with: 9, at: after(patience))
    #expect(!isAsked && !question.isOpen)
    // Late: the answer to nothing.
    var answered = question.answer()
    #expect(answered == nil)
    isAsked = question.ask(with: 10, at: after(patience + quarantine - 1))
    #expect(!isAsked)
    isAsked = question.ask(with: 11, at: after(patience + quarantine))
    #expect(isAsked)
    answered = question.answer()
    #expect(answered == 11)
  }

  @Test("to insist is to be answered twice")
  func insist() throws {
    let exoskeleton = try VirtualExoskeleton(watchdog: .seconds(5))
    try exoskeleton.start()
    defer { exoskeleton.stop() }
    var link = ExoskeletonLink(
      port: try SerialPort(path: exoskeleton.path, baud: 115_200), settings: DriveSettings())
    try link.connect(timeout: .seconds(20))
    #expect(link.lastAcknowledgement == nil)
    let isDisarmed = link.insist(on: .disarm, until: [.disarmed], timeout: .seconds(20))
    #expect(isDisarmed)
    #expect(link.counts.acknowledged >= 2)
    let isMoving = link.insist(on: .disarm, until: [.moving], timeout: .milliseconds(200))
    #expect(!isMoving)
  }

  @Test("two drives of one kind are told apart by what they say of themselves")
  func identities() {
    let one = ExoskeletonIdentity(name: "60_MK6", firmware: "6.2", watchdog: .none)
    #expect(one.isSame(as: one))
    var other = one
    other.serialNumber = "0102"
    #expect(!one.isSame(as: other))
    other = ExoskeletonIdentity(name: "60_MK6", firmware: "6.5", watchdog: .none)
    #expect(!one.isSame(as: other))
    other = ExoskeletonIdentity(name: "75_300", firmware: "6.2", watchdog: .none)
    #expect(!one.isSame(as: other))
  }
}
