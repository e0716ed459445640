// `acquire devices --registers` as a person and as a program would use it.

import Foundation
import Testing

@Suite("Registers on the command line")
struct RegisterPageTests {
  @Test("the model's registers are printed with address, name, value and meaning")
  func page() throws {
    let outcome = try Program.run([
      "devices", "--registers", "--amplifier", "model", "--set",
      "amplifier.gains=1,2,4,6,8,12,24,24", "--set", "amplifier.off=FCz",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for line in [
      "    0x01  CONFIG1     0x96   250 SPS, daisy-chain mode, clock output off",
      "  * 0x05  CH1SET      0x00   gain 1, electrode, SRB2 off",
      "  * 0x06  CH2SET      0x91   gain 2, shorted, SRB2 off, powered down",
      "  * 0x0D  BIAS_SENSP  0xFD   bias from IN1P, IN3P-IN8P",
    ] {
      #expect(outcome.output.contains(line + "\n"), "\(line) is not in:\n\(outcome.output)")
    }
    #expect(!outcome.output.contains("\n  ! "))
  }

  @Test("as JSON a chip is an object with its 24 registers")
  func json() throws {
    let outcome = try Program.run([
      "devices", "--registers", "--json", "--amplifier", "model", "--set",
      "amplifier.channels=A,B,C,D", "--set", "amplifier.rate=1000",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let decoded = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let chips = try #require(decoded as? [[String: Any]])
    #expect(chips.count == 1)
    let registers = try #require(chips[0]["registers"] as? [[String: Any]])
    #expect(registers.count == 24)
    #expect(registers[0]["meaning"] as? String == "ADS1299-4, 4 channels, revision 1")
    #expect(registers[1]["value"] as? Int == 0x94)
    #expect(registers[1]["differsFromReset"] as? Bool == true)
    #expect(registers[1]["expected"] is NSNull)
  }

  @Test("the model is one chip, and says so when more are configured")
  func several() throws {
    let outcome = try Program.run([
      "devices", "--registers", "--amplifier", "model", "--set", "amplifier.arrangement=cascade",
      "--set", "amplifier.spi-devices=/dev/a,/dev/b",
    ])
    #expect(outcome.status == 78 && outcome.sentence.contains("amplifier.arrangement"))
  }

  @Test("a chip that is not there, and a recording, have no registers")
  func refused() throws {
    let missing = try Program.run([
      "devices", "--registers", "--amplifier", "ads1299", "--set",
      "amplifier.spi-device=/dev/spidev9.9",
    ])
    #expect(missing.status == 69 && missing.errors.contains("/dev/spidev9.9"))
    let replay = try Program.run(["devices", "--registers", "--amplifier", "replay"])
    #expect(replay.status == 64 && replay.errors.contains("recording"))
  }
}
