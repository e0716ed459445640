// A setting that means nothing to the kind of amplifier is refused when somebody said it.

import Foundation
import TestSupport
import Testing

@testable import Acquire

/// Which kinds each key is for: M model, A ads1299, R replay, C cyton, D daisy, O openeeg,
/// F freeeeg32, B biosemi; and a value that is allowed and not the default.
private let table = """
  rate                   MA-CD---  500
  gain                   MA-CD---  12
  channels               MA-CDOFB  A,B,C,D,E,F,G,H
  gains                  MA-CD---  1,1,1,1,1,1,1,1
  inputs                 MA-CD---  shorted
  off                    MA-CD---  FC3
  reference              MA-CD---  none
  srb2                   MA-CD---  FC3
  bias                   MA-CD---  none
  bias-inputs            MA------  both
  lead-off               MA-CD---  dc
  lead-off-current       MA------  24nA
  lead-off-threshold     MA------  90
  canary                 MA------  5
  test-signal-amplitude  MA-CD---  3.75mV
  test-signal-frequency  MA-CD---  fast
  read-mode              MA------  rdatac
  clock-output           MA------  first
  arrangement            MA------  cascade
  chips                  MA------  2
  port                   ---CDOFB  /dev/ttyUSB7
  serial-number          ---CDOFB  DM00Q0QA
  device-rate            -----OF-  300
  microvolts-per-count   -----OF-  0.25
  extra-bytes            ------F-  6
  board-mode             ---CD---  marker
  time-stamps            ---CD---  true
  speed-mode             -------B  7
  generation             -------B  1
  input                  M-------  silence
  recording              M-R-----  session.bdf
  clock                  M-------  free-running
  electrode-ohms         M-------  1000
  spi-device             MA------  /dev/spidev1.0
  spi-devices            MA------  /dev/spidev1.0
  spi-hertz              MA------  1000000
  data-ready-chip        MA------  pinctrl-rp1
  data-ready-line        MA------  5
  data-ready-lines       MA------  5
  reset-line             MA------  17
  start-line             MA------  22
  power-down-line        MA------  27
  """

private struct Row {
  var setting: Setting
  var kinds: Set<String>
  var value: String
}

private let letters: [Character: String] = [
  "M": "model", "A": "ads1299", "R": "replay", "C": "cyton", "D": "daisy", "O": "openeeg",
  "F": "freeeeg32", "B": "biosemi",
]

private func rows() throws -> [Row] {
  try table.split(separator: "\n").map { line in
    let words = line.split(separator: " ").map(String.init)
    return Row(
      setting: try #require(
        Setting.all.first { $0.name == "amplifier." + words[0] }, "\(words[0])"),
      kinds: Set(words[1].compactMap { letters[$0] }), value: words[2])
  }
}

private func load(
  file: String = "/dev/null", environment: [String: String] = [:], _ overrides: [String]
) throws -> Configuration {
  try Configuration.load(file: file, environment: { environment[$0] }, overrides: overrides)
}

/// The sentence of a refusal; nil when it is accepted.
private func refusal(of load: () throws -> Configuration) -> String? {
  do {
    _ = try load()
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite("Settings and kinds of amplifiers")
struct SettingKindTests {
  @Test("every key of [amplifier] stands in the table, and every kind")
  func complete() throws {
    let keys = Setting.all.filter { $0.section == "amplifier" && $0.key != "kind" }.map(\.name)
    #expect(try rows().map(\.setting.name).sorted() == keys.sorted())
    let kind = try #require(Setting.all.first { $0.name == "amplifier.kind" })
    #expect(Set(kind.choices) == Set(letters.values))
    let known = Set(Setting.all.filter { $0.section == "amplifier" }.map(\.key))
    for (kind, keys) in Setting.keysOfKinds {
      for key in keys { #expect(known.contains(key), "\(kind) knows \(key)") }
    }
  }

  @Test(
    "each key is accepted by the kinds that it is for and refused by all others",
    arguments: Array(letters.values))
  func eachKey(kind: String) throws {
    for row in try rows() {
      let name = row.setting.name
      let sentences = [
        refusal { try load(["amplifier.kind=\(kind)", "\(name)=\(row.value)"]) },
        refusal {
          try load(
            environment: [row.setting.environmentVariable: row.value], ["amplifier.kind=\(kind)"])
        },
        try refusalOfFile(row, kind: kind),
      ]
      for (sentence, place) in zip(
        sentences, ["--set \(name): ", row.setting.environmentVariable + ": ", "mine.toml:3: "])
      {
        guard let sentence else {
          #expect(row.kinds.contains(kind), "\(kind) takes \(name) from \(place)")
          continue
        }
        #expect(!row.kinds.contains(kind), "\(kind) refuses \(name): \(sentence)")
        #expect(sentence.contains(place), "\(sentence)")
        #expect(sentence.contains("`\(name)` means nothing to \(kind), only to "), "\(sentence)")
        for other in row.kinds { #expect(sentence.contains(other), "\(sentence)") }
      }
    }
  }

  private func refusalOfFile(_ row: Row, kind: String) throws -> String? {
    let folder = try TemporaryFolder()
    let path = folder.path("mine.toml")
    var changed = Configuration()
    try changed.set(row.setting, to: row.value, from: "the table")
    let value = row.setting.read(changed).toml
    try "[amplifier]\nkind = \"\(kind)\"\n\(row.setting.key) = \(value)\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    return refusal { try load(file: path, []) }
  }

  @Test(
    "a file with every key at its default is accepted for every kind, by its own word or another")
  func defaults() throws {
    let folder = try TemporaryFolder()
    for kind in letters.values {
      for written in ["model", kind] {
        let path = folder.path("\(kind)-\(written).toml")
        var configuration = Configuration()
        configuration.amplifier.kind = written
        try configuration.annotated.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try load(file: path, ["amplifier.kind=\(kind)"]).amplifier.kind == kind)
      }
    }
  }

  @Test("on the command line the default of a key that means nothing is refused, too")
  func saidDefault() throws {
    #expect(refusal { try load(["amplifier.kind=cyton", "amplifier.speed-mode=4"]) } != nil)
  }

  @Test("who looks for another rate is told where it is decided")
  func rate() throws {
    for (kind, key) in [("openeeg", "device-rate"), ("biosemi", "speed-mode")] {
      let sentence = refusal { try load(["amplifier.kind=\(kind)", "amplifier.rate=500"]) }
      #expect(try #require(sentence).contains("see amplifier.\(key)"))
    }
  }

  @Test("`config check` names the lines of all that mean nothing to the file's own kind")
  func check() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("mine.toml")
    try """
    [amplifier]
    gains = [1, 1, 1, 1, 1, 1]
    kind = "openeeg"
    device-rate = 250.0
    speed-mode = 4
    board-mode = "marker"
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let outcome = try Program.run(["config", "check", path])
    #expect(outcome.status == 78)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.output)")
    #expect(lines[0].hasPrefix("\(path):2: `amplifier.gains`"))
    #expect(lines[1].hasPrefix("\(path):6: `amplifier.board-mode`"))
  }
}
