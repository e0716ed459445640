// Which keys of [amplifier] mean something to which kinds of amplifiers.
//
// A key that means nothing to the kind is refused when a person said it: whoever sets a gain that
// nobody sets believes in it. A file may hold every key at its default, as `acquire config show`
// writes it.

import Amplifiers

extension Setting {
  /// Every word of `amplifier.kind`, with the other keys that mean something to it.
  static let keysOfKinds: [(kind: String, keys: [String])] =
    [
      // The model stands in for the chips of a board, wires included: a board's file can be tried.
      ("model", chipKeys + ["recording", "input", "clock", "electrode-ohms"]),
      ("ads1299", chipKeys),
      ("replay", ["recording"]),
    ] + AmplifierKind.all.map { ($0.word, $0.keys + ["channels", "port", "serial-number"]) }

  private static var chipKeys: [String] {
    [
      "rate", "gain", "channels", "gains", "inputs", "off", "reference", "srb2", "bias",
      "bias-inputs", "lead-off", "lead-off-current", "lead-off-threshold", "canary",
      "test-signal-amplitude", "test-signal-frequency", "read-mode", "clock-output",
      "arrangement", "chips", "spi-device", "spi-devices", "spi-hertz", "data-ready-chip",
      "data-ready-line", "data-ready-lines", "reset-line", "start-line", "power-down-line",
    ]
  }

  /// Kinds that it means something to.
  var kinds: [String] {
    Self.keysOfKinds.filter {
      section != "amplifier" || key == "kind" || $0.keys.contains(key)
    }.map(\.kind)
  }

  /// Why it must not be said of a kind; nil: it means something to it.
  func stranger(to kind: String) -> String? {
    guard !kinds.contains(kind), let last = kinds.last else { return nil }
    let others = kinds.dropLast().joined(separator: ", ")
    return "`\(name)` means nothing to \(kind), only to "
      + (others.isEmpty ? last : "\(others) and \(last)")
      + ": leave it out\(instead(of: kind).map { ", and see \($0)" } ?? "")"
  }

  /// What a person looks for who wanted another rate.
  private func instead(of kind: String) -> String? {
    guard key == "rate" else { return nil }
    return ["amplifier.device-rate", "amplifier.speed-mode"].first { name in
      Self.all.contains { $0.name == name && $0.kinds.contains(kind) }
    }
  }
}

/// A key that somebody set, and where: "acquire.toml:12", "--set amplifier.gains".
struct SaidSetting {
  var setting: Setting
  var place: String
}

extension Configuration {
  /// - Throws: `Failure` when a key was said that means nothing to the kind of amplifier.
  func refuseStrangers(_ said: [SaidSetting]) throws(Failure) {
    for item in said {
      guard let sentence = item.setting.stranger(to: amplifier.kind) else { continue }
      throw Failure(.configuration, "\(item.place): \(sentence)")
    }
  }
}
