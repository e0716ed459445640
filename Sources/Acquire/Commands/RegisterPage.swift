// acquire devices --registers: what the configured chips hold, as a person would read it.

import Amplifiers
import Monitor

/// The registers of one chip, for a page or for JSON.
struct RegisterPage {
  /// "/dev/spidev0.0", "the model".
  let device: String
  let dump: ADS1299RegisterDump

  var text: String {
    var text = "\(device)\n    addr  name        value  meaning\n"
    for row in dump.rows {
      let mark = row.expected != nil ? "!" : row.differsFromReset ? "*" : " "
      let name = row.register.name.trailing(10)
      text += "  \(mark) \(hexadecimal(row.register.rawValue))  \(name)  "
      text += "\(hexadecimal(row.value))   \(row.meaning)\n"
      if let expected = row.expected {
        text += "    configured: \(hexadecimal(expected))   \(row.register.meaning(of: expected))\n"
      }
    }
    text += "* differs from the reset value   ! is not what was configured\n"
    if dump.configured == nil {
      text += "Nothing was written: these are the values after the reset.\n"
    }
    let stubborn = dump.notReset.map(\.name)
    if !stubborn.isEmpty {
      text += "After RESET \(stubborn.joined(separator: ", ")) did not hold the reset value: "
      text += "check RESET, and chip select's hold time.\n"
    }
    return text
  }

  var json: JSON {
    .object([
      .init("device", .string(device)),
      .init("isConfigured", .bool(dump.configured != nil)),
      .init("notReset", .array(dump.notReset.map { .string($0.name) })),
      .init(
        "registers",
        .array(
          dump.rows.map { row in
            .object([
              .init("address", .unsigned(UInt64(row.register.rawValue))),
              .init("name", .string(row.register.name)),
              .init("value", .unsigned(UInt64(row.value))),
              .init("meaning", .string(row.meaning)),
              .init("differsFromReset", .bool(row.differsFromReset)),
              .init("expected", row.expected.map { .unsigned(UInt64($0)) } ?? .null),
            ])
          })),
    ])
  }

  /// Nil when the right chip holds what was configured.
  var fault: Failure? {
    if let fault = dump.identityFault(at: device) { return Failure(fault.status, fault.message) }
    guard let row = dump.rows.first(where: { $0.expected != nil }), let wrote = row.expected else {
      return nil
    }
    let fault = AmplifierFault.registerMismatch(
      name: row.register.name, wrote: wrote, read: row.value)
    return Failure(fault.status, fault.message)
  }

  private func hexadecimal(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}

extension Configuration {
  /// Reads the registers of every configured chip that can be read. Each is reset before and after.
  func registerPages() throws(Failure) -> [RegisterPage] {
    let chips = try chips()
    switch amplifier.kind {
    case "replay":
      throw Failure(
        .usage, "a recording has no registers: use --amplifier ads1299 or --amplifier model")
    case "ads1299":
      // In a chain on one chip select only the first chip's answer reaches the host.
      let wiring = try wiring()
      var chain = LinuxADS1299(configurations: chips, wiring: wiring)
      let dumps = try explaining { () throws(AmplifierFault) in try chain.dumpRegisters() }
      return zip(wiring.spiDevices, dumps).map(RegisterPage.init(device:dump:))
    default:
      // The model is one chip.
      var model = ModelledADS1299(configuration: try chip(), input: .silence)
      let dumps = try explaining { () throws(AmplifierFault) in try model.dumpRegisters() }
      return dumps.map { RegisterPage(device: "the model", dump: $0) }
    }
  }

  private func explaining(
    _ dump: () throws(AmplifierFault) -> [ADS1299RegisterDump]
  ) throws(Failure) -> [ADS1299RegisterDump] {
    do throws(AmplifierFault) {
      return try dump()
    } catch {
      throw Failure(error.status, error.message)
    }
  }
}
