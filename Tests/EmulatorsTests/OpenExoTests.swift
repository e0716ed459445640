// What an OpenExo says and obeys on its UART.

import RT
import TestSupport
import Testing

@testable import Emulators

/// A message as the host sends it: made here by the book, not by the emulator's own code.
private func message(_ command: UInt8, _ joint: UInt8 = 0, _ values: Float...) -> [UInt8] {
  var bytes = [command, joint]
  for value in values {
    for place in 0..<4 {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32(place))))
    }
  }
  var line: [UInt8] = [0xC0]
  for byte in bytes {
    switch byte {
    case 0xC0: line += [0xDB, 0xDC]
    case 0xDB: line += [0xDB, 0xDD]
    default: line.append(byte)
    }
  }
  return line + [0xC0]
}

/// What the exoskeleton said: command, joint, numbers in hundredths.
private struct Said: Equatable {
  var command: UInt8
  var joint: UInt8
  var hundredths: [Int16]

  static func all(_ line: [UInt8]) -> [Said] {
    line.split(separator: 0xC0).map { escaped in
      var bytes: [UInt8] = []
      var isEscaped = false
      for byte in escaped {
        if byte == 0xDB {
          isEscaped = true
        } else {
          bytes.append(isEscaped ? (byte == 0xDC ? 0xC0 : 0xDB) : byte)
          isEscaped = false
        }
      }
      return Said(
        command: bytes[0], joint: bytes[1],
        hundredths: stride(from: 2, to: bytes.count, by: 2).map {
          Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        })
    }
  }
}

/// The host's end of a rehearsed OpenExo.
private struct Host {
  var stage: Rehearsal<OpenExoBoard>

  init(_ change: (inout OpenExoOptions) -> Void = { _ in }) throws {
    var options = OpenExoOptions()
    change(&options)
    stage = Rehearsal(
      try OpenExoBoard(options: options, now: Rehearsal<OpenExoBoard>.powerUp))
  }

  var status: DriveStatus { stage.board.status }

  mutating func say(_ bytes: [UInt8]) -> [Said] {
    Said.all(stage.tell(bytes) + stage.wait(seconds: 0.003))
  }

  /// The handshake, a trial, motors on.
  mutating func start() {
    #expect(say(message(5)).map(\.command) == [6])
    _ = say(message(4, 0, 2))
    _ = say(message(0x0E, 0, 1))
  }
}

@Suite("An OpenExo")
struct OpenExoTests {
  @Test("a message is its bytes, in either direction")
  func vectors() {
    #expect(message(0x0E, 0, 0) == hex("c0 0e 00 00 00 00 00 c0"))
    let parameter = hex("c0 14 44 00 00 a0 40 00 00 00 00 00 00 60 40 c0")
    #expect(message(0x14, 68, 5, 0, 3.5) == parameter)
    #expect(
      OpenExoMessage(fromHost: Array(parameter[1..<15]))
        == OpenExoMessage(command: .updateControllerParameter, joint: 68, values: [5, 0, 3.5]))
    let status = OpenExoMessage(command: .updateStatus, values: [2])
    #expect(status.bytesFromExoskeleton == hex("c0 04 00 c8 00 c0"))
    // -1.92 is FF40; 1.92 is C0, which is escaped, as 56.00 with its DB is none and 2.19 is.
    let three = OpenExoMessage(command: .updateRealTimeData, values: [-1.92, 1.925, 2.195])
    #expect(three.bytesFromExoskeleton == hex("c0 12 00 40 ff db dc 00 db dd 00 c0"))
  }

  @Test(
    "hundredths are cut, and wrap where they do not fit",
    arguments: [
      (3.149, 314), (-3.149, -314), (327.67, 32_767), (327.68, -32_768), (400, -25_536),
      (1e30, -1), (-1e30, 0), (Float.nan, 0), (.infinity, -1),
    ] as [(Float, Int16)])
  func hundredths(value: Float, expected: Int16) {
    #expect(OpenExoMessage.hundredths(value) == expected)
  }

  @Test("SLIP gives back what it is given, in any pieces", arguments: 0..<100)
  func slip(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var line = SLIP(byteCountMax: 200)
    for _ in 0..<20 {
      let bytes = (0..<Int.random(in: 1...60, using: &random)).map { _ in
        [0xC0, 0xDB, 0xDC, 0xDD, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random) ?? 0
      }
      let messages = SLIP.encoded(bytes).compactMap { line.take($0) }
      #expect(messages == [bytes], "seed \(seed)")
    }
  }

  @Test("it waits for the configuration to be asked for, and hears nothing else meanwhile")
  func handshake() throws {
    var host = try Host()
    #expect(host.status.state == "waiting for get_config")
    #expect(host.say(message(3)).isEmpty)
    #expect(host.say(message(0x0E, 0, 1)).isEmpty)
    let said = host.say(message(5))
    #expect(said.map(\.command) == [6])
    #expect(said[0].hundredths.count == 71)
    #expect(said[0].hundredths.allSatisfy { $0 >= 100 && $0 % 100 == 0 })
    #expect(host.status.state == "trial off, motors off")
    #expect(host.say(message(3)) == [Said(command: 4, joint: 0, hundredths: [100])])
  }

  @Test("after eight seconds it goes on without")
  func handshakeTimeout() throws {
    var host = try Host()
    host.stage.wait(seconds: 7.9)
    #expect(host.status.state == "waiting for get_config")
    host.stage.wait(seconds: 0.2)
    #expect(host.status.state == "trial off, motors off")
    #expect(host.say(message(5)).map(\.command) == [6], "it may still be asked")
  }

  @Test("a constant torque moves the joint, by its direction")
  func torque() throws {
    var host = try Host()
    host.start()
    _ = host.say(message(0x14, 68, 5, 0, 3.5))
    host.stage.wait(seconds: 0.3)
    #expect(host.status.isDriven)
    #expect(host.status.effortNewtonMetres == 3.5)
    #expect(host.status.velocityDegreesPerSecond > 10)
    _ = host.say(message(0x14, 68, 5, 1, 1))
    host.stage.wait(seconds: 0.5)
    #expect(host.status.effortNewtonMetres == -3.5)
    #expect(host.status.velocityDegreesPerSecond < -10)
    // Another controller has parameters of its own.
    _ = host.say(message(0x14, 68, 2, 0, 0))
    host.stage.wait(seconds: 0.1)
    #expect(!host.status.isDriven)
    #expect(
      host.say(message(1, 68)).filter { $0.command == 2 }
        == [Said(command: 2, joint: 68, hundredths: [200, 400, 0, 0, 0, 0, 0])])
  }

  @Test("a torque for another joint moves nothing, and is remembered there")
  func otherJoint() throws {
    var host = try Host()
    host.start()
    _ = host.say(message(0x14, 36, 5, 0, 3.5))
    host.stage.wait(seconds: 0.3)
    #expect(!host.status.isDriven)
    #expect(
      host.say(message(1, 36)).first { $0.command == 2 }?.hundredths
        == [500, 700, 350, 0, 0, 0, 0, 0, 0, 0])
    #expect(host.say(message(1, 99)).filter { $0.command == 2 }.isEmpty)
  }

  @Test("when the line dies it keeps the last torque")
  func keeps() throws {
    var host = try Host()
    host.start()
    _ = host.say(message(0x14, 68, 5, 0, 2))
    host.stage.wait(seconds: 60, step: 0.02)
    #expect(host.status.effortNewtonMetres == 2)
    #expect(host.status.isDriven)
    #expect(host.status.watchdogTrips == 0)
    _ = host.say(message(0x0E, 0, 0))
    #expect(!host.status.isDriven)
    #expect(host.status.state == "trial on, motors off")
  }

  @Test("a trial that begins forgets the parameters set before it")
  func forgets() throws {
    var host = try Host()
    host.start()
    _ = host.say(message(0x14, 68, 5, 0, 2))
    _ = host.say(message(4, 0, 2))
    host.stage.wait(seconds: 0.1)
    #expect(!host.status.isDriven)
    #expect(host.stage.board.controllers[.leftAnkle]?.id == 5)
  }

  @Test("a torque that is no number is the greatest there is")
  func notANumber() throws {
    var host = try Host()
    host.start()
    _ = host.say(message(0x14, 68, 5, 0, .nan))
    host.stage.wait(seconds: 0.01)
    #expect(host.status.effortNewtonMetres == -50)
  }

  @Test("real-time data come by themselves in a trial, with the angle where it was put")
  func realTime() throws {
    var host = try Host { $0.angleIndex = 6 }
    #expect(host.say(message(5)).count == 1)
    host.stage.wait(seconds: 0.5)
    #expect(host.stage.line.count < 200, "not before the trial")
    _ = host.say(message(4, 0, 2))
    _ = host.say(message(0x0E, 0, 1))
    _ = host.say(message(0x14, 68, 5, 0, 3.5))
    host.stage.wait(seconds: 0.1)
    let said = Said.all(host.stage.wait(seconds: 1)).filter { $0.command == 0x12 }
    // Each 9 ms, in turns of 2 ms.
    #expect((99...101).contains(said.count))
    let last = try #require(said.last)
    #expect(last.hundredths.count == 13)
    #expect(last.hundredths[0] == 350)
    #expect(last.hundredths[1] == 350)
    #expect(abs(Double(last.hundredths[6]) - 100 * host.status.positionDegrees) < 200)
    #expect(last.hundredths[8] == 350)
    #expect(last.hundredths[10] == 200)
    #expect(said.map { $0.hundredths[6] } == said.map { $0.hundredths[6] }.sorted())
  }

  @Test("as released neither an angle nor any real-time data come over this line")
  func released() throws {
    var host = try Host {
      $0.angleIndex = nil
      $0.sendsRealTimeData = false
    }
    host.start()
    #expect(host.say(message(0x11)).isEmpty)
    #expect(host.stage.wait(seconds: 1).isEmpty)
    var asked = try Host { $0.angleIndex = nil }
    #expect(asked.say(message(5)).count == 1)
    #expect(
      asked.say(message(0x11)).first?.hundredths.dropLast(2) == [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100,
      ])
  }

  @Test("newer firmware acknowledges a parameter and a reset; a reset begins with the handshake")
  func acknowledges() throws {
    var host = try Host { $0.acknowledges = true }
    host.start()
    let said = host.say(message(0x14, 68, 5, 0, 2)).filter { $0.command == 0x1B }
    #expect(said == [Said(command: 0x1B, joint: 68, hundredths: [500, 0, 100, 0])])
    #expect(host.say(message(0x19)).contains(Said(command: 0x1C, joint: 0, hundredths: [])))
    #expect(host.status.state == "waiting for get_config")
    #expect(!host.status.isDriven)
  }

  @Test("an error is reported by itself, and told back when it is asked about")
  func errors() throws {
    var host = try Host { $0.reportedError = OpenExoError(afterSeconds: 0.2, code: 7) }
    _ = host.say(message(5))
    let said = Said.all(host.stage.wait(seconds: 1))
    #expect(said == [Said(command: 0x16, joint: 68, hundredths: [700])])
    #expect(
      host.say(message(0x15, 33, 4)) == [Said(command: 0x16, joint: 33, hundredths: [400])])
    _ = host.say(message(4, 0, 8))
    _ = host.say(message(4, 0, 1))
    #expect(host.status.state == "error 0, motors off", "it stays")
  }

  @Test("calibrating the soles takes its time, without torque, and ends in a trial")
  func calibration() throws {
    var host = try Host { $0.calibrationSeconds = 0.5 }
    host.start()
    _ = host.say(message(0x14, 68, 5, 0, 2))
    _ = host.say(message(0x0A))
    #expect(host.status.state == "FSR calibration, motors on")
    host.stage.wait(seconds: 0.1)
    #expect(!host.status.isDriven)
    host.stage.wait(seconds: 0.5)
    #expect(host.status.state == "trial on, motors on")
    #expect(host.status.isDriven)
    #expect(host.say(message(0x17)).first { $0.command == 0x18 }?.hundredths == [25, 25])
  }

  @Test("one message a turn of the loop, in their order, however they come")
  func order() throws {
    var host = try Host()
    _ = host.say(message(5))
    let line = message(3) + message(0x15, 1, 1) + message(0x15, 2, 2) + [0xC0, 0xC0]
    for byte in line {
      var turn = Turn()
      host.stage.board.receive([byte], at: host.stage.now, into: &turn)
    }
    let said = Said.all(host.stage.wait(seconds: 0.01, step: 0.0005))
    #expect(said.map(\.command) == [4, 0x16, 0x16])
    #expect(said.map(\.joint) == [0, 1, 2])
  }

  @Test("garbage without the motors' command never moves it", arguments: 0..<40)
  func garbage(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var host = try Host()
    _ = host.say(message(5))
    for _ in 0..<300 {
      let noise = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        [0xC0, 0x14, 0x44, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)
          ?? 0
      }
      // The one command that switches motors on, and that a line without sums cannot rule out.
      host.stage.tell(noise.filter { $0 != 0x0E })
      host.stage.wait(seconds: 0.002)
      try #require(!host.status.isDriven, "seed \(seed)")
      try #require((-15...125).contains(host.status.positionDegrees), "seed \(seed)")
    }
  }

  @Test("any messages leave the joint within its stops", arguments: 0..<40)
  func fuzz(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var host = try Host()
    for _ in 0..<300 {
      let values: [Float] = [0, 1, 2, 5, -3, 40, 1e30, -1e30, .nan, .infinity, 255, 256]
      let command = UInt8.random(in: 0...0x1D, using: &random)
      let joint = [0, 68, 36, 65, 255].randomElement(using: &random) ?? 0
      let pick = (0..<3).map { _ in values.randomElement(using: &random) ?? 0 }
      _ = host.say(message(command, UInt8(joint), pick[0], pick[1], pick[2]))
      try #require((-15...125).contains(host.status.positionDegrees), "seed \(seed)")
      try #require(abs(host.status.effortNewtonMetres) <= 50, "seed \(seed)")
    }
  }

  @Test("an exoskeleton that cannot be is refused")
  func refused() {
    var options = OpenExoOptions()
    options.angleIndex = 13
    #expect(throws: EmulatorFault.self) { try OpenExoBoard(options: options) }
  }

  @Test("over a real pseudo-terminal, unplugged, it goes on with its torque")
  func terminal() throws {
    let drive = try VirtualDrive(drive: try OpenExoBoard())
    try drive.start()
    let port = try Port(drive.path)
    port.write(message(5))
    let configuration = try port.read(4 + 71 * 2)
    #expect(Said.all(configuration).map(\.command) == [6])
    port.write(message(4, 0, 2) + message(0x0E, 0, 1) + message(0x14, 68, 5, 0, 2))
    try eventually("the torque is there") { drive.status.effortNewtonMetres == 2 }
    drive.unplug()
    try eventually("it reaches its end stop") { drive.status.positionDegrees == 125 }
    #expect(drive.status.isDriven)
    #expect(drive.changes.map(\.state).last == "trial on, motors on")
    drive.stop()
  }
}
