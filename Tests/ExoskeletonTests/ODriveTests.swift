// ODrive's lines by the maker's examples, numbers at their edges, and drives that are set up
// wrongly.

import RT
import TestSupport
import Testing

@testable import Emulators
@testable import Exoskeleton

/// An ODrive that says of its supply what it should not.
private struct OtherSupply: Drive {
  var odrive = ODriveDrive()
  let answer: String
  var name: String { odrive.name }
  var status: DriveStatus { odrive.status }
  var nextInstant: MonotonicInstant? { odrive.nextInstant }

  mutating func receive(_ bytes: [UInt8], at now: MonotonicInstant, into turn: inout Turn) {
    if String(decoding: bytes, as: UTF8.self).contains("vbus_voltage") {
      turn.send(Emulators.ODriveLine.answer(answer, hasSum: true))
    } else {
      odrive.receive(bytes, at: now, into: &turn)
    }
  }

  mutating func advance(to now: MonotonicInstant, into turn: inout Turn) {
    odrive.advance(to: now, into: &turn)
  }

  mutating func disturb(_ disturbance: DriveDisturbance) { odrive.disturb(disturbance) }
}

@Suite("ODrive")
struct ODriveTests {
  private static func line(_ letter: UInt8, _ first: Double, _ second: Double? = nil) -> String? {
    var memory = [UInt8](repeating: 0, count: 64)
    return unsafe memory.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return nil }
      var out = unsafe ByteWriter(base, capacity: memory.count)
      guard Exoskeleton.ODriveLine.put(letter, axis: 0, first, second, into: &out) else {
        return out.byteCount == 0 ? nil : "half a line"
      }
      return unsafe String(decoding: out.bytes(from: 0), as: UTF8.self)
    }
  }

  private static func queue(_ text: String) -> ByteQueue {
    var queue = ByteQueue()
    unsafe queue.freeMemory().copyBytes(from: Array(text.utf8))
    queue.received(text.utf8.count)
    return queue
  }

  private static func number(_ text: String) -> Double? {
    Exoskeleton.ODriveLine.number(queue(text), 0, text.utf8.count)
  }

  @Test("lines have the sums of the maker's examples")
  func sums() {
    #expect(ODriveText.line("r vbus_voltage") == Array("r vbus_voltage *93\n".utf8))
    #expect(ODriveText.line("c 0 0.5") == Array("c 0 0.5 *88\n".utf8))
    // The emulator's reader, which is another's, finds each sum right.
    for line in [Self.line(0x70, -1.25, 0.5), Self.line(0x63, 0.5), Self.line(0x70, 0, 0)] {
      let read = Emulators.ODriveLine(Array((line ?? "").utf8.dropLast()))
      #expect(read?.hasSum == true)
    }
  }

  @Test("numbers are written with six decimals; what does not fit is not written")
  func writing() {
    #expect(Self.line(0x70, -1.25, 0.5)?.hasPrefix("p 0 -1.250000 0.500000 0 *") == true)
    #expect(Self.line(0x63, 0.0000004)?.hasPrefix("c 0 0.000000 *") == true)
    #expect(Self.line(0x63, -0.0000004)?.hasPrefix("c 0 0.000000 *") == true)
    #expect(Self.line(0x70, 999_999.999999, 0)?.hasPrefix("p 0 999999.999999 0.000000") == true)
    #expect(Self.line(0x70, 12_345.000001, -0.1)?.hasPrefix("p 0 12345.000001 -0.100000") == true)
    for value in [Double.nan, .infinity, -.infinity, 1_000_001, -1e300] {
      #expect(Self.line(0x70, value, 0) == nil)
      #expect(Self.line(0x70, 0, value) == nil)
      #expect(Self.line(0x63, value) == nil)
    }
  }

  @Test("numbers are read as they are printed, and nothing else is one")
  func reading() {
    for (text, value) in [
      ("0.000000", 0), ("-12.34567", -12.34567), ("4.2e+3", 4200), ("1.5e-05", 1.5e-05),
      (".5", 0.5), ("5.", 5), ("123456789012345678.5", 123456789012345678.5),
    ] as [(String, Double)] {
      let read = Self.number(text) ?? .nan
      #expect(abs(read - value) <= 1e-12 * max(1, abs(value)), "\(text): \(read)")
    }
    for text in [
      "", "-", ".", "-.", "nan", "inf", "-inf", "1", "1.2.3", "1,5", "0x1.8", "1.0e", "1.0e+",
      "1.0e99", "1.0e-99", " 1.0", "1.0 ", "1.0\r", "1.0d", "1.0000000000000000000000000",
      "--1.0", "1.-0",
    ] {
      #expect(Self.number(text) == nil, "\(text)")
    }
    for (text, value) in [("8", 8), ("4294967295", 4_294_967_295), ("0", 0)] as [(String, UInt32)] {
      #expect(Exoskeleton.ODriveLine.whole(Self.queue(text), 0, text.utf8.count) == value)
    }
    for text in ["", "-1", "4294967296", "99999999999", "1.0", "0d", "lu", "8 "] {
      #expect(Exoskeleton.ODriveLine.whole(Self.queue(text), 0, text.utf8.count) == nil)
    }
  }

  @Test(
    "random digits are read as the standard library reads them", arguments: 0..<8 as Range<UInt64>)
  func digits(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let value = Double.random(in: -1e5...1e5, using: &random)
      let text = ODriveNumber.text(Float(value))
      #expect(
        abs((Self.number(text) ?? .nan) - (Double(text) ?? 0)) < 1e-9, "seed \(seed): \(text)")
    }
  }

  @Test("a line is found with its sum right, and an endless one is given up")
  func lines() {
    let found = Exoskeleton.ODriveLine.find(in: Self.queue("8*56\r\n0*48\r\n"))
    #expect(found?.isIntact == true)
    #expect(found?.textCount == 1)
    #expect(found?.byteCount == 6)
    for text in ["8*57\r\n", "8\r\n", "8*\r\n", "8*56x\r\n", "\n", "*0*0\n"] {
      let found = Exoskeleton.ODriveLine.find(in: Self.queue(text))
      #expect(found?.isIntact == false, "\(text)")
    }
    #expect(Exoskeleton.ODriveLine.find(in: Self.queue("8*56")) == nil)
    #expect(Exoskeleton.ODriveLine.find(in: Self.queue(String(repeating: "1", count: 127))) == nil)
    let endless = Exoskeleton.ODriveLine.find(in: Self.queue(String(repeating: "1", count: 128)))
    #expect(endless?.isIntact == false)
    #expect(endless?.byteCount == 128)
  }

  // MARK: Before a session

  static func refusal(
    _ settings: DriveSettings? = nil, _ change: (inout ODriveAxis) -> Void
  ) throws -> String? {
    var drive = ODriveDrive()
    change(&drive.axes[0])
    let running = try RunningDrive(drive)
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: 115_200),
      settings: try settings ?? DriveRig.odrive.settings())
    do throws(LinkFault) {
      try link.connect(timeout: .seconds(20))
      return nil
    } catch {
      return error.message
    }
  }

  @Test("who answers is known, with its watchdog, its speed and what should be changed")
  func identity() throws {
    let settings = try DriveRig.odrive.settings(
      watchdog: .milliseconds(300), controlPeriod: .milliseconds(20))
    let bench = try DriveBench(.odrive, settings: settings)
    let identity = bench.identity
    #expect(identity.name == "ODrive 3.6.56")
    #expect(identity.firmware == "0.5.6")
    #expect(identity.watchdog == .read(.milliseconds(300)))
    #expect(abs((identity.velocityMaximum ?? .nan) - 144) < 0.01)
    #expect(identity.positionDegrees == nil)
    #expect(identity.remarks.contains { $0.contains("more than half of a control period") })
    let position = bench.link.joint?.positionDegrees ?? .nan
    #expect(abs(position - 10) < 0.1)
  }

  @Test("a supply that cannot be is refused with a sentence", arguments: ["1e300", "-1.0", "nan"])
  func supply(answer: String) throws {
    let running = try RunningDrive(OtherSupply(answer: answer))
    var link = ExoskeletonLink(
      port: try SerialPort(path: running.drive.path, baud: 115_200),
      settings: try DriveRig.odrive.settings())
    var sentence = ""
    do throws(LinkFault) {
      try link.connect(timeout: .seconds(20))
    } catch {
      sentence = error.message
    }
    #expect(sentence.contains("when asked for vbus_voltage"))
  }

  @Test("an ODrive that cannot be used is refused with a sentence that says what to do")
  func refusals() throws {
    let control = try Self.refusal { $0.configuration.controlMode = 2 }
    #expect(control?.contains("control_mode is 2, and the joint is led by position") == true)
    #expect(control?.contains("axis0.controller.config.control_mode to 3") == true)
    let input = try Self.refusal { $0.configuration.inputMode = 5 }
    #expect(input?.contains("input_mode is 5") == true)
    let error = try Self.refusal { $0.error = 0x4000 }
    #expect(error?.contains("axis0.error 0x4000") == true)
    let encoder = try Self.refusal { $0.encoderError = 4 }
    #expect(encoder?.contains("axis0.encoder.error 0x4") == true)
    var settings = try DriveRig.odrive.settings()
    settings.address = 1
    let axis = try Self.refusal(settings) { _ in }
    #expect(axis?.contains("axis1.motor.is_calibrated is 0") == true)
    settings.address = 2
    let none = try Self.refusal(settings) { _ in }
    #expect(none?.contains("2 is no axis") == true)
    settings.address = 0
    settings.watchdog = .milliseconds(0)
    let watchdog = try Self.refusal(settings) { _ in }
    #expect(watchdog?.contains("a watchdog of 0 ms") == true)
    settings.watchdog = .milliseconds(500)
    settings.mode = .effort
    let effort = try Self.refusal(settings) { _ in }
    #expect(effort?.contains("control_mode is 3, and the joint is led by torque") == true)
    // Left of a session that died: lifted when the joint is armed.
    let bitten = try Self.refusal { $0.error = 0x800 }
    #expect(bitten == nil)
  }
}
