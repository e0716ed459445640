// The model alone, spoken to byte by byte: it does what the data sheet says, and refuses the rest.

import RT
import Signal
import Testing

@testable import Amplifiers

/// The model on a stepped clock, past its power-up.
private struct Chip: ~Copyable {
  var port: ModelPort

  init(
    _ input: ModelInput = .silence, clock: ModelClock = .freeRunning,
    conditions: ModelConditions = ModelConditions(), hertz: UInt32 = 2_000_000
  ) {
    port = ModelPort(
      model: ADS1299Model(
        variant: .eightChannels, input: input, clock: clock, conditions: conditions),
      time: ModelTime(.stepped(nil)), hertz: hertz)
    port.open()
    pass(.milliseconds(128))
  }

  mutating func pass(_ span: Nanoseconds) { port.sleep(span) }

  /// Bytes to the chip, bytes from it.
  @discardableResult
  mutating func send(_ bytes: [UInt8], isCommand: Bool = true) -> [UInt8] {
    for (index, byte) in bytes.enumerated() { port.bytes.put(byte, at: index) }
    _ = port.exchange(select: 0, byteCount: bytes.count, isCommand: isCommand)
    pass(.microseconds(10))
    return bytes.indices.map { port.bytes.received($0) }
  }

  mutating func read(_ address: UInt8) -> UInt8 { send([0x20 | address, 0, 0])[2] }
  mutating func write(_ address: UInt8, _ value: UInt8) { send([0x40 | address, 0, value]) }
  mutating func readData() -> [UInt8] {
    Array(send([0x12] + [UInt8](repeating: 0, count: 27)).dropFirst())
  }

  /// Out of RDATAC, reference up, at a rate, and converting.
  mutating func start(rateCode: UInt8) {
    send([0x11])
    write(0x03, 0xE0)
    pass(.milliseconds(150))
    write(0x01, 0x90 | rateCode)
    send([0x08])
  }
}

private func counts(_ frame: [UInt8]) -> [Int32] {
  (1...8).map { channel in
    let word =
      Int32(frame[3 * channel]) << 16 | Int32(frame[3 * channel + 1]) << 8
      | Int32(frame[3 * channel + 2])
    return word >= 1 << 23 ? word - 1 << 24 : word
  }
}

@Suite("The model of the ADS1299")
struct ModelTests {
  @Test("in RDATAC, where it powers up, registers read as zero and keep their values")
  func continuousMode() {
    var chip = Chip()
    #expect(chip.read(0x00) == 0)
    chip.write(0x01, 0x00)
    #expect(chip.port.model.truth.refusedCommands == 2)
    chip.send([0x11])
    #expect(chip.read(0x00) == 0x3E)
    #expect(chip.read(0x01) == 0x96)
    chip.send([0x10])
    #expect(chip.read(0x00) == 0)
  }

  @Test("after power-up and after RESET every register holds its reset value")
  func resetValues() {
    var chip = Chip()
    for round in 0..<2 {
      chip.send([0x11])
      for register in ADS1299.Register.allCases {
        #expect(chip.read(register.rawValue) == register.resetValue, "\(register) \(round)")
      }
      chip.write(0x05, 0x00)
      chip.write(0x17, 0x02)
      chip.send([0x06])
    }
  }

  @Test("commands within tPOR, 18 clocks after RESET and 4 after SDATAC are not heard")
  func waits() {
    var chip = Chip()
    // Time does not pass between these but on the wire: 4 µs a byte.
    chip.port.bytes.put(0x06, at: 0)
    _ = chip.port.exchange(select: 0, byteCount: 1, isCommand: true)
    chip.port.bytes.put(0x11, at: 0)
    _ = chip.port.exchange(select: 0, byteCount: 1, isCommand: true)
    #expect(chip.port.model.truth.timingViolations == 1)
    #expect(chip.read(0x00) == 0)

    var early = ModelPort(
      model: ADS1299Model(
        variant: .eightChannels, input: .silence, clock: .held, conditions: ModelConditions()),
      time: ModelTime(.stepped(nil)), hertz: 2_000_000)
    early.open()
    early.sleep(.milliseconds(127))
    early.bytes.put(0x11, at: 0)
    _ = early.exchange(select: 0, byteCount: 1, isCommand: true)
    #expect(early.model.truth.timingViolations == 1)
    #expect(early.model.isContinuous == true)
  }

  @Test("a command of several bytes that come too fast is not decoded")
  func decodeTime() {
    var chip = Chip(hertz: 8_000_000)
    chip.send([0x11])
    let answer = chip.send([0x20, 0, 0], isCommand: false)
    #expect(answer == [0, 0, 0])
    #expect(chip.port.model.truth.timingViolations == 1)
    #expect(chip.read(0x00) == 0x3E)
  }

  @Test("in STANDBY nothing but WAKEUP is heard, and nothing converts")
  func standby() {
    var chip = Chip()
    chip.start(rateCode: 0)
    chip.send([0x04])
    #expect(chip.read(0x00) == 0)
    #expect(chip.port.model.nextDue == .max)
    chip.send([0x02])
    #expect(chip.read(0x00) == 0x3E)
    #expect(chip.port.model.nextDue < .max)
  }

  @Test("ID, LOFF_STATP and LOFF_STATN cannot be written")
  func readOnly() {
    var chip = Chip()
    chip.send([0x11])
    for address: UInt8 in [0x00, 0x12, 0x13] { chip.write(address, 0x55) }
    #expect([chip.read(0x00), chip.read(0x12), chip.read(0x13)] == [0x3E, 0, 0])
  }

  @Test(
    "the first conversion comes when the filter has settled, the next ones a period apart",
    arguments: ADS1299.DataRate.allCases, [-25_000, 0, 37, 25_000] as [Int64])
  func conversionTimes(_ rate: ADS1299.DataRate, _ error: Int64) {
    var conditions = ModelConditions()
    conditions.periodErrorPPM = error
    var chip = Chip(conditions: conditions)
    chip.start(rateCode: rate.rawValue)
    let start = chip.port.model.filterStart
    // A thousand years at once, were it to drift.
    for conversion: Int64 in [0, 1, 2, 1_000, 1_000_000_000] {
      chip.port.model.sinceFilterStart = conversion
      let nominal = Double(rate.settling.rawValue) + Double(conversion * rate.period.rawValue)
      let expected = nominal * (1 + Double(error) / 1e6)
      #expect(abs(Double(chip.port.model.nextDue - start) - expected) <= 2 + nominal * 1e-15)
    }
  }

  @Test("a write to CONFIG1 that changes it starts the filter anew, the same value does not")
  func filterRestart() {
    var chip = Chip()
    chip.start(rateCode: 4)
    chip.pass(.milliseconds(20))
    let before = chip.port.model.filterStart
    chip.write(0x01, 0x94)
    #expect(chip.port.model.filterStart == before)
    chip.write(0x01, 0x95)
    #expect(chip.port.model.filterStart > before)
  }

  @Test("RDATA gives the last conversion, as often as it is asked")
  func readDataTwice() {
    var chip = Chip(.recording(table(rows: 50, samplesPerSecond: 1_000)))
    chip.start(rateCode: 4)
    for channel: UInt8 in 0..<8 { chip.write(5 + channel, 0x60) }
    chip.pass(.milliseconds(10))
    let first = chip.readData()
    #expect(chip.readData() == first)
    #expect(first[0] >> 4 == 0xC)
    chip.pass(.milliseconds(1))
    #expect(chip.readData() != first)
    #expect(chip.port.model.truth.conversionsRead == 2)
  }

  @Test("in RDATAC a conversion clocks out without an opcode, and RDATA is refused")
  func readContinuously() {
    var chip = Chip(.recording(table(rows: 50, samplesPerSecond: 1_000)))
    chip.start(rateCode: 4)
    for channel: UInt8 in 0..<8 { chip.write(5 + channel, 0x60) }
    chip.pass(.milliseconds(10))
    let asked = chip.readData()
    chip.send([0x10])
    let clocked = chip.send([UInt8](repeating: 0, count: 27))
    #expect(clocked == asked)
    let refused = chip.port.model.truth.refusedCommands
    chip.send([0x12] + [UInt8](repeating: 0, count: 27))
    #expect(chip.port.model.truth.refusedCommands == refused + 1)
  }

  @Test("a read in RDATAC that the next conversion overtakes is counted as torn")
  func tornRead() {
    var chip = Chip()
    chip.start(rateCode: 4)
    chip.send([0x10])
    chip.pass(Nanoseconds(chip.port.model.nextDue - chip.port.time.now + 1_000_000 - 20_000))
    chip.send([UInt8](repeating: 0, count: 27))
    #expect(chip.port.model.truth.tornReads == 1)
  }

  @Test("inputs are shorted after a reset")
  func shorted() {
    var chip = Chip(.recording(table(rows: 4)))
    chip.start(rateCode: 6)
    chip.pass(.milliseconds(17))
    #expect(counts(chip.readData()) == [Int32](repeating: 0, count: 8))
  }

  @Test("without its reference every open channel is beyond full scale")
  func withoutReference() {
    var chip = Chip()
    chip.send([0x11])
    chip.write(0x05, 0x60)
    chip.send([0x08])
    chip.pass(.milliseconds(20))
    #expect(counts(chip.readData())[0] == 0x7FFFFF)
    #expect(counts(chip.readData())[1] == 0)
  }

  @Test(
    "the test signal is 1.875 mV at 0.977 Hz, as the gain shows it",
    arguments: ADS1299.Gain.allCases)
  func testSignal(_ gain: ADS1299.Gain) {
    var chip = Chip()
    chip.start(rateCode: 6)
    chip.write(0x02, 0xD0)
    chip.write(0x05, gain.rawValue << 4 | 0b101)
    chip.write(0x06, gain.rawValue << 4 | 0b101)
    var seen: [Int32] = []
    chip.pass(.milliseconds(17))
    for _ in 0..<512 {
      seen.append(counts(chip.readData())[0])
      chip.pass(Nanoseconds(chip.port.model.nextDue - chip.port.time.now))
    }
    // 1875 µV over the hand-computed LSB, to the nearest count.
    let amplitude = Int32((1_875 * Double(gain.factor) * 8_388_607 / 4_500_000).rounded())
    #expect(Set(seen) == [amplitude, -amplitude])
    // fCLK / 2^21 at 8192 clocks a conversion: 128 conversions a half.
    let edges = seen.indices.dropFirst().filter { seen[$0] != seen[$0 - 1] }
    #expect(zip(edges, edges.dropFirst()).allSatisfy { $1 - $0 == 128 })
    #expect(edges.count >= 3)
  }

  @Test("supply, temperature and powered-down channels read what they should")
  func otherInputs() {
    var chip = Chip(.recording(table(rows: 4)))
    chip.start(rateCode: 6)
    chip.write(0x05, 0x04)  // gain 1, temperature
    chip.write(0x06, 0x03)  // gain 1, supply
    chip.write(0x07, 0x03)
    chip.write(0x08, 0x80)  // powered down
    chip.pass(.milliseconds(40))
    let read = counts(chip.readData())
    let lsb = 4_500_000.0 / 8_388_607
    #expect(abs(Double(read[0]) * lsb - 145_300) < 1)
    #expect(abs(Double(read[1]) * lsb - 2_500_000) < 1)
    #expect(abs(Double(read[2]) * lsb - 825_000) < 1)
    #expect(read[3] == 0)
  }

  @Test("counts follow the programmed gain and clip at full scale")
  func gain() {
    // 1 mV and 100 mV at gain 1.
    let lsb = 4_500_000.0 / 8_388_607
    var played = table(rows: 1, gain: .x1)
    played.counts = [1_000, -1_000, 100_000, -100_000, 8_388_607, -8_388_608, 1, 0].map {
      Int32($0 >= 8_000_000 || $0 <= -8_000_000 ? $0 : Int((Double($0) / lsb).rounded()))
    }
    var chip = Chip(.recording(played))
    chip.start(rateCode: 6)
    for channel: UInt8 in 0..<8 { chip.write(5 + channel, 0x60) }
    chip.pass(.milliseconds(20))
    let read = counts(chip.readData())
    // 0.0223517 µV a count at gain 24.
    #expect(abs(Double(read[0]) * 0.0223517 - 1_000) < 0.6)
    #expect(abs(Double(read[1]) * 0.0223517 + 1_000) < 0.6)
    #expect(abs(Double(read[2]) * 0.0223517 - 100_000) < 1)
    #expect(read[4] == 0x7FFFFF)
    #expect(read[5] == -0x800000)
    #expect(read[7] == 0)
  }

  @Test("the status word carries electrodes that are off and the pins' levels")
  func statusWord() {
    var conditions = ModelConditions()
    conditions.detachedPositive = .init(rawValue: 0b1010_0001)
    conditions.detachedNegative = .init(rawValue: 0b0000_0010)
    var chip = Chip(conditions: conditions)
    chip.start(rateCode: 6)
    chip.write(0x0F, 0xFF)
    chip.write(0x10, 0xFF)
    chip.write(0x14, 0b0110_0000)
    chip.pass(.milliseconds(20))
    // The comparators are off.
    #expect(Array(chip.readData().prefix(3)) == [0xC0, 0x00, 0x06])
    chip.write(0x17, 0x02)
    chip.write(0x0F, 0xF0)
    chip.pass(.milliseconds(20))
    let frame = chip.readData()
    let word = UInt32(frame[0]) << 16 | UInt32(frame[1]) << 8 | UInt32(frame[2])
    let status = ADS1299StatusWord(rawValue: word)
    #expect(status.leadOffPositive == 0b1010_0000)
    #expect(status.leadOffNegative == 0b0000_0010)
    #expect(status.pins == 0b0110)
    #expect(status.isCredible(canary: 0b0110))
    #expect(!status.isCredible(canary: 0b0111))
    #expect(chip.read(0x12) == 0b1010_0000)
  }

  @Test("the kernel's buffer keeps the last 16 edges and numbers them all")
  func edgeBuffer() {
    var chip = Chip()
    chip.start(rateCode: 4)
    chip.pass(.milliseconds(60))
    let conversions = chip.port.model.truth.conversions
    #expect(chip.port.takeEdges() == 16)
    let all = chip.port.model.truth.conversions
    #expect(all >= conversions && all > 50)
    #expect((0..<16).map { UInt64(chip.port.edge($0).lineSequence) } == Array(all - 15...all))
    #expect(chip.port.takeEdges() == 0)
  }

  @Test("a table of another rate is held or skipped through, by time")
  func otherRate() throws {
    let slow = table(rows: 40, samplesPerSecond: 125)
    let held = try run(input: .recording(slow), conditions: stalling(at: 60))
    #expect(held.frames.map(\.counts) == (0..<60).map { slow.row($0 / 2) })
    let fast = table(rows: 40, samplesPerSecond: 1_000)
    let skipped = try run(input: .recording(fast), conditions: stalling(at: 20))
    #expect(skipped.frames.map(\.counts) == (0..<20).map { fast.row(($0 * 4) % 40) })
  }
}
