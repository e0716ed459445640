// The serial port over real pseudo-terminals; the test holds the other end in its own hands.

import Foundation
@testable import RT
import SPIShim
import TestSupport
import Testing

@testable import Exoskeleton

/// The far end of a pseudo-terminal: nobody is there but the test.
final class FarEnd {
  let path: String
  private var descriptor: Int32

  init() throws {
    var name = [CChar](repeating: 0, count: 64)
    descriptor = unsafe shim_pty_open(&name, Int32(name.count))
    path = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try #require(descriptor >= 0)
  }

  deinit { close() }

  func close() {
    if descriptor >= 0 { shim_serial_close(descriptor) }
    descriptor = -1
  }

  /// At most so many of the bytes that have come.
  func read(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let taken = unsafe shim_serial_read(descriptor, &bytes, Int32(count))
    return Array(bytes.prefix(max(0, Int(taken))))
  }

  func write(_ bytes: [UInt8]) {
    _ = unsafe shim_serial_write(descriptor, bytes, Int32(bytes.count))
  }
}

extension SerialPort {
  mutating func send(_ bytes: [UInt8]) -> WriteOutcome {
    unsafe bytes.withUnsafeBytes { unsafe write($0) }
  }

  mutating func receive(_ count: Int) -> (outcome: ReadOutcome, bytes: [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: count)
    let outcome = unsafe bytes.withUnsafeMutableBytes { unsafe read(into: $0) }
    guard case .bytes(let taken) = outcome else { return (outcome, []) }
    return (outcome, Array(bytes.prefix(taken)))
  }
}

@Suite("The serial port")
struct SerialPortTests {
  static func fault(_ path: String, baud: UInt32 = 115_200) -> SerialFault? {
    do throws(SerialFault) {
      _ = try SerialPort(path: path, baud: baud)
      return nil
    } catch {
      return error
    }
  }

  @Test("a port that cannot be used is refused by its reason")
  func faults() throws {
    #expect(Self.fault("/dev/ttyNOBODY") == .missing(path: "/dev/ttyNOBODY"))
    #expect(Self.fault("/dev/null/tty") == .missing(path: "/dev/null/tty"))
    #expect(Self.fault("/dev/null") == .notATerminal(path: "/dev/null"))
    let folder = try TemporaryFolder()
    let file = folder.path("plain")
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    #expect(Self.fault(file) == .notATerminal(path: file))
    #expect(Self.fault(folder.path("")) == .notATerminal(path: folder.path("")))
    #expect(
      Self.fault("/dev/null", baud: 0)
        == .baudRefused(path: "/dev/null", requested: 0, got: 0))
  }

  @Test("a port that is held is busy, and free again when its holder is gone")
  func busy() throws {
    let far = try FarEnd()
    do {
      let first = try SerialPort(path: far.path, baud: 115_200)
      #expect(Self.fault(far.path) == .busy(path: far.path))
      // The second attempt has not disturbed the first.
      let baud = first.baud
      #expect(baud == 115_200)
    }
    #expect(Self.fault(far.path) == nil)
  }

  @Test(
    "any baud rate is set and read back",
    arguments: [1_200, 9_600, 115_200, 256_000, 921_600, 3_000_000, 123_457])
  func baud(rate: UInt32) throws {
    let far = try FarEnd()
    let port = try SerialPort(path: far.path, baud: rate)
    let other = unsafe shim_serial_open(far.path)
    // TIOCEXCL keeps everybody out but root.
    if other >= 0 {
      defer { shim_serial_close(other) }
      var input: UInt32 = 0
      var output: UInt32 = 0
      #expect(unsafe shim_serial_baud(other, &input, &output) == 0)
      #expect(output == rate)
    }
    let chosen = port.baud
    #expect(chosen == rate)
  }

  @Test("every byte value passes unchanged in both directions")
  func raw() throws {
    let far = try FarEnd()
    var port = try SerialPort(path: far.path, baud: 115_200)
    let all = (0...255).map { UInt8($0) }
    #expect(port.send(all) == .written)
    #expect(far.read(1000) == all)
    far.write(all)
    let received = port.receive(1000)
    #expect(received.bytes == all)
    #expect(port.receive(10).outcome == .nothing)
  }

  @Test("the time on the wire is ten bits a byte, rounded up")
  func wireTime() throws {
    let far = try FarEnd()
    let slow = try SerialPort(path: far.path, baud: 115_200)
    let times = [1, 11, 17, 0].map { slow.wireTime(byteCount: $0) }
    #expect(times == [Nanoseconds(86_806), Nanoseconds(954_862), Nanoseconds(1_475_695), .zero])
  }

  @Test("a line whose other end is gone says so, to readers and writers")
  func gone() throws {
    let far = try FarEnd()
    var port = try SerialPort(path: far.path, baud: 115_200)
    far.close()
    guard case .gone = port.send([1, 2, 3]) else {
      Issue.record("a write to nobody")
      return
    }
    guard case .gone = port.receive(10).outcome else {
      Issue.record("a read from nobody")
      return
    }
  }

  @Test("a reader that stalls never gets half a frame followed by another", arguments: 0..<12)
  func backPressure(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let far = try FarEnd()
    var port = try SerialPort(path: far.path, baud: 115_200)
    var parser = FrameParser()
    var accepted: [UInt16] = []
    var received: [UInt16] = []
    var refused = 0
    for sequence in 0..<UInt16(4000) {
      // Frames of 9 to 49 bytes; the reader sleeps for long, then reads a little or a lot.
      switch port.send(encoded(random.message(), sequence: sequence)) {
      case .written, .begun: accepted.append(sequence)
      case .wouldBlock: refused += 1
      case .gone: Issue.record("the line is there")
      }
      let isRead = random.next() % 500 == 0 && refused > 0
      guard isRead else { continue }
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let bytes = far.read(Int.random(in: 1...900, using: &random))
        received += parse(bytes, with: &parser).map(\.sequence)
      }
    }
    for _ in 0..<200 {
      received += parse(far.read(900), with: &parser).map(\.sequence)
      _ = port.flush()
    }
    #expect(received == accepted)
    #expect(parser.counts.skippedBytes == 0)
    #expect(parser.counts.checksumErrors == 0)
    #expect(refused > 0)
  }

  @Test("half a frame is completed before the next one, byte for byte")
  func completion() throws {
    let far = try FarEnd()
    var port = try SerialPort(path: far.path, baud: 115_200)
    var sent: [UInt8] = []
    var begun = 0
    // 499 does not divide the buffer, whatever its size: it ends inside a frame.
    for index in 0..<400 where begun == 0 {
      let frame = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 499)
      switch port.send(frame) {
      case .written: sent += frame
      case .begun:
        begun += 1
        sent += frame
      case .wouldBlock, .gone: break
      }
    }
    try #require(begun == 1)
    #expect(port.send([0xAA, 0xBB]) == .wouldBlock)
    let waiting = port.outputQueueByteCount ?? 0
    #expect(waiting > 0)
    var received: [UInt8] = []
    for _ in 0..<200 { received += far.read(500) }
    #expect(received.count < sent.count)
    #expect(port.send([0xCC]) == .written)
    for _ in 0..<5 { received += far.read(500) }
    #expect(received == sent + [0xCC])
  }

  @Test("a reader that takes a few bytes at a time gets accepted frames only", arguments: 0..<4)
  func trickle(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let far = try FarEnd()
    var port = try SerialPort(path: far.path, baud: 115_200)
    var sent: [UInt8] = []
    var received: [UInt8] = []
    var refused = 0
    for index in 0..<3000 {
      let frame = [UInt8](
        repeating: UInt8(truncatingIfNeeded: index), count: Int.random(in: 1...512, using: &random))
      switch port.send(frame) {
      case .written, .begun: sent += frame
      case .wouldBlock: refused += 1
      case .gone: Issue.record("the line is there")
      }
      received += far.read(Int.random(in: 1...300, using: &random))
    }
    for _ in 0..<300 {
      received += far.read(500)
      _ = port.flush()
    }
    #expect(received == sent)
    #expect(refused > 100)
  }

  /// A driver may take any number of bytes; a pseudo-terminal does not show every number.
  @Test("whatever a driver takes, the frames that leave are whole", arguments: 1...12)
  func accounting(frameByteCount: Int) {
    for older in 0...12 {
      let total = older + frameByteCount
      for taken in 0...total {
        let bytes =
          [UInt8](repeating: 1, count: older) + [UInt8](repeating: 2, count: frameByteCount)
        let (outcome, end) = SerialPort.account(taken: taken, older: older, total: total)
        var stream = Array(bytes[..<taken])
        // Later the driver takes what was kept.
        if end > taken { stream += bytes[taken..<end] }
        let isWhole = outcome == .written || outcome == .begun
        #expect(stream == (isWhole ? bytes : Array(bytes.prefix(older))), "\(older) \(taken)")
        #expect((outcome == .written) == (taken == total))
        #expect((outcome == .wouldBlock) == (taken <= older && taken < total))
      }
    }
  }

  @Test("every fault says what to do")
  func messages() {
    let faults: [SerialFault] = [
      .missing(path: "/dev/x"), .permissionDenied(path: "/dev/x"), .busy(path: "/dev/x"),
      .notATerminal(path: "/dev/x"), .baudRefused(path: "/dev/x", requested: 2, got: 1),
      .linkOccupied(path: "/dev/x"), .system(operation: "open", path: "/dev/x", errno: 5),
    ]
    for fault in faults {
      #expect(fault.message.contains("/dev/x") && fault.message.contains(":"), "\(fault)")
    }
  }
}
