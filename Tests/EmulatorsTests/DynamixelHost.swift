// The host's end of a rehearsed Dynamixel bus.

import RT
import TestSupport
import Testing

@testable import Emulators

/// A status as it came back.
struct DynamixelReply: Equatable {
  var id: UInt8
  var error: UInt8
  var data: [UInt8]

  static func done(_ id: UInt8 = 1) -> DynamixelReply { DynamixelReply(id: id, error: 0, data: []) }
  static func refused(_ error: DynamixelError, id: UInt8 = 1) -> DynamixelReply {
    DynamixelReply(id: id, error: error.rawValue, data: [])
  }
}

/// The host's end of a rehearsed bus.
struct DynamixelHost {
  var stage: Rehearsal<DynamixelBus>

  init(_ change: (inout DynamixelOptions) -> Void = { _ in }) throws {
    var options = DynamixelOptions()
    options.baudRate = .b1M
    change(&options)
    let powerUp = Rehearsal<DynamixelBus>.powerUp
    stage = Rehearsal(try DynamixelBus(options: options, now: powerUp))
  }

  var servo: DynamixelServo { stage.board.servos[0] }
  var state: String { stage.board.status.state }

  /// Says something and lets the answers come.
  mutating func say(
    _ id: UInt8, _ instruction: DynamixelInstruction, _ parameters: [UInt8] = []
  ) -> [DynamixelReply] {
    let frame = DynamixelFrame(
      id: id, instruction: instruction.rawValue, parameters: parameters)
    return hear(stage.tell(frame.bytes) + stage.wait(seconds: 0.009))
  }

  private func hear(_ bytes: [UInt8]) -> [DynamixelReply] {
    found(bytes).compactMap {
      guard case .frame(let frame) = $0, frame.instruction == 0x55 else { return nil }
      return DynamixelReply(
        id: frame.id, error: frame.parameters[0], data: Array(frame.parameters.dropFirst()))
    }
  }

  mutating func write(
    _ item: DynamixelRegister, _ value: Int64, id: UInt8 = 1
  ) -> DynamixelReply? {
    say(id, .write, address(item) + bytes(value, item.size)).first
  }

  mutating func read(_ item: DynamixelRegister, id: UInt8 = 1) throws -> Int64 {
    let reply = try #require(
      say(id, .read, address(item) + DynamixelFrame.littleEndian16(item.size)).first)
    #expect(reply.error & 0x7F == 0)
    return signed(reply.data)
  }

  /// Torque on in a mode.
  mutating func arm(_ mode: DynamixelServo.Mode = .position) {
    #expect(write(.operatingMode, mode.rawValue) == .done())
    #expect(write(.torqueEnable, 1) == .done())
  }
}

func address(_ item: DynamixelRegister) -> [UInt8] {
  DynamixelFrame.littleEndian16(item.rawValue)
}

func bytes(_ value: Int64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) }
}

private func signed(_ data: [UInt8]) -> Int64 {
  let value = data.reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
  let unused = Int64(64 - 8 * data.count)
  return (value << unused) >> unused
}
