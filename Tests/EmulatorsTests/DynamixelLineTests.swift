// Dynamixel servos on their line: when they answer, what meets, garbage, a real terminal.

import RT
import TestSupport
import Testing

@testable import Emulators

@Suite("A Dynamixel bus")
struct DynamixelLineTests {
  @Test("an answer comes after its delay, and takes its time on the line")
  func timing() throws {
    var host = try DynamixelHost { $0.baudRate = .b57600 }
    let ping = DynamixelFrame(id: 1, instruction: 1, parameters: [])
    // 10 bytes 1.736 ms, 500 µs of delay, 14 bytes 2.431 ms: 4.667 ms.
    #expect(host.stage.tell(ping.bytes).isEmpty)
    #expect(host.stage.wait(seconds: 0.0035, step: 0.0001).isEmpty)
    #expect(host.stage.wait(seconds: 0.0003, step: 0.0001).count == 14)
  }

  @Test("two packets at once meet the first one's answer, and both are lost")
  func collision() throws {
    var host = try DynamixelHost { $0.baudRate = .b57600 }
    let ping = DynamixelFrame(id: 1, instruction: 1, parameters: [])
    let line = host.stage.tell(ping.bytes + ping.bytes) + host.stage.wait(seconds: 0.2)
    let whole = found(line).filter { if case .frame = $0 { true } else { false } }
    #expect(whole.isEmpty)
    #expect(host.stage.board.collisions > 0)
    #expect(host.stage.board.status.badFrames > 0)
    #expect(host.say(1, .ping).count == 1, "afterwards all is well")

    var free = try DynamixelHost { $0.isHalfDuplex = false }
    let both = free.stage.tell(ping.bytes + ping.bytes) + free.stage.wait(seconds: 0.01)
    #expect(found(both).count == 2)
    #expect(free.stage.board.collisions == 0)
  }

  @Test("a packet whose sum is wrong is answered so, and obeyed never")
  func wrongSum() throws {
    var host = try DynamixelHost()
    host.arm()
    var bytes = DynamixelFrame(
      id: 1, instruction: 3, parameters: [116, 0, 0, 9, 0, 0]
    ).bytes
    bytes[10] ^= 1
    let line = host.stage.tell(bytes) + host.stage.wait(seconds: 0.01)
    #expect(line == DynamixelFrame.status(id: 1, error: 3).bytes)
    #expect(try host.read(.goalPosition) == 2162)
    #expect(host.stage.board.status.badFrames == 1)
  }

  @Test("packets may come in pieces, or hang together, as long as no piece is late")
  func pieces() throws {
    var host = try DynamixelHost { $0.isHalfDuplex = false }
    let ping = DynamixelFrame(id: 1, instruction: 1, parameters: []).bytes
    for byte in ping + ping + ping {
      host.stage.tell([byte])
    }
    host.stage.wait(seconds: 0.01)
    #expect(found(host.stage.line).count == 3)
    host.stage.tell(Array(ping[..<6]))
    host.stage.wait(seconds: 0.2)
    host.stage.tell(ping)
    host.stage.wait(seconds: 0.01)
    #expect(found(host.stage.line).count == 4, "the half packet is given up")
  }

  @Test("from garbage a servo never moves", arguments: 0..<40)
  func garbage(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var host = try DynamixelHost { $0.ids = [1, 2] }
    host.arm()
    let pieces: [[UInt8]] = [[0xFF, 0xFF, 0xFD, 0x00], [0x01], [0x03], [116, 0], [0x09, 0x00]]
    for _ in 0..<200 {
      let noise =
        Bool.random(using: &random)
        ? pieces.randomElement(using: &random) ?? []
        : (0..<Int.random(in: 1...20, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
      host.stage.tell(noise)
      if Int.random(in: 0..<20, using: &random) == 0 { host.stage.wait(seconds: 0.15) }
    }
    let status = host.stage.board.status
    #expect(status.motionCommands == 0, "seed \(seed)")
    #expect(abs(status.positionDegrees - 10) < 0.1, "seed \(seed)")
  }

  @Test("any packets with right sums leave the servo within its rules", arguments: 0..<60)
  func fuzz(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var host = try DynamixelHost { $0.ids = [1, 3] }
    for _ in 0..<300 {
      let instruction = DynamixelInstruction.allCases.randomElement(using: &random) ?? .ping
      let item = DynamixelRegister.allCases.randomElement(using: &random) ?? .led
      var parameters = address(item)
      parameters += (0..<Int.random(in: 0...24, using: &random)).map { _ in
        [0, 1, 2, 3, 4, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)
          ?? 0
      }
      let id = [1, 3, 254, 9].randomElement(using: &random) ?? 1
      _ = host.say(UInt8(id), instruction, parameters)
      for servo in host.stage.board.servos {
        let degrees = servo.joint.positionDegrees
        try #require((-15...125).contains(degrees), "seed \(seed)")
        try #require(servo.id <= 252 && servo.table[.currentLimit] <= 1193, "seed \(seed)")
        try #require(!servo.isShutDown || !servo.isTorqueOn, "seed \(seed)")
      }
    }
  }

  @Test("a bus that cannot be is refused")
  func refused() {
    for ids in [[], [1, 1], [253]] as [[UInt8]] {
      var options = DynamixelOptions()
      options.ids = ids
      #expect(throws: EmulatorFault.self) { try DynamixelBus(options: options) }
    }
  }

  @Test("over a real pseudo-terminal a goal moves the joint")
  func terminal() throws {
    var options = DynamixelOptions()
    options.baudRate = .b1M
    let drive = try VirtualDrive(drive: try DynamixelBus(options: options))
    try drive.start()
    let port = try Port(drive.path)
    func say(_ instruction: UInt8, _ parameters: [UInt8]) throws -> [UInt8] {
      port.write(DynamixelFrame(id: 1, instruction: instruction, parameters: parameters).bytes)
      return try port.read(11)
    }
    let done = DynamixelFrame.status(id: 1, error: 0).bytes
    #expect(try say(3, [64, 0, 1]) == done)
    #expect(try say(3, [116, 0] + bytes(2600, 4)) == done)
    try eventually("the joint arrives") {
      abs(drive.status.positionDegrees - 48.5) < 0.5
    }
    #expect(drive.changes.map(\.state) == ["position"])
    #expect(drive.status.isDriven)
    drive.stop()
  }
}
