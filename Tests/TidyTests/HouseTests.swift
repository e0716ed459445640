// What stands around the program must agree with itself: rules, unit, groups, wiring.

import Foundation
import TestSupport
import Testing

private func text(_ path: String) throws -> String {
  try #require(Tree.file(path), "\(path) is missing").text
}

/// Lines that say something, without comments.
private func statements(_ path: String) throws -> [Substring] {
  try text(path).split(separator: "\n").filter { !$0.hasPrefix("#") }
}

/// Why a udev rule is none; nil: it is one.
func udevFault(_ line: Substring) -> String? {
  var rest = line
  let token =
    #/
    ^(ACTION|SUBSYSTEM|KERNEL|DRIVER|ATTRS?\{\w+\}|ENV\{\w+\}|GROUP|MODE|TAG|GOTO|LABEL)
    (==|!=|\+=|=)
    "([^"]*)"
    /#
  while true {
    guard let match = rest.firstMatch(of: token) else { return "cannot be read from: \(rest)" }
    let key = match.1.prefix { $0 != "{" }
    let mustMatch = ["ACTION", "SUBSYSTEM", "KERNEL", "DRIVER", "ATTRS"].contains(String(key))
    let mustAssign = ["GROUP", "MODE", "TAG", "GOTO", "LABEL"].contains(String(key))
    let matches = match.2 == "==" || match.2 == "!="
    if mustMatch && !matches { return "\(key) can only be compared" }
    if mustAssign && matches { return "\(key) is to be set here" }
    rest = rest[match.range.upperBound...]
    if rest.isEmpty { return nil }
    guard rest.hasPrefix(", ") else { return "a comma and a space are missing before: \(rest)" }
    rest = rest.dropFirst(2)
  }
}

@Suite("House")
struct HouseTests {
  @Test("every line of the udev rules is a rule, and every jump has its label")
  func udev() throws {
    let lines = try statements("udev/60-acquire.rules")
    #expect(lines.count > 5)
    for line in lines { #expect(udevFault(line) == nil, "\(line)") }
    let all = lines.joined(separator: "\n")
    let jumps = Set(all.matches(of: /GOTO="(\w+)"/).map { $0.1 })
    let labels = Set(all.matches(of: /LABEL="(\w+)"/).map { $0.1 })
    #expect(jumps == labels)
    #expect(udevFault("SUBSYSTEM=\"usb\", MODE=\"0660\"") != nil)
    #expect(udevFault("SUBSYSTEM==\"usb\" MODE=\"0660\"") != nil)
    #expect(udevFault("SUBSYSTEM==\"usb\", MODE==\"0660\"") != nil)
  }

  @Test("the groups that rules and unit name are made by sysusers")
  func groups() throws {
    let users = try statements("systemd/acquire.sysusers").map { $0.split(separator: " ") }
    let made = Set(users.filter { $0[0] == "g" || $0[0] == "u" }.map { String($0[1]) })
    let rules = try text("udev/60-acquire.rules")
    let unit = try text("systemd/acquire.service")
    var named = Set(rules.matches(of: /GROUP="(\w+)"/).map { String($0.1) })
    #expect(named == ["spi", "gpio", "acquire", "plugdev"])
    for line in unit.split(separator: "\n") {
      for key in ["User=", "Group=", "SupplementaryGroups="] where line.hasPrefix(key) {
        named.formUnion(line.dropFirst(key.count).split(separator: " ").map(String.init))
      }
    }
    #expect(named.isSubset(of: made), "\(named.subtracting(made)) are not made")
    // The service is a member of each group that owns a device.
    let members = Set(users.filter { $0[0] == "m" && $0[1] == "acquire" }.map { String($0[2]) })
    #expect(members == made.subtracting(["acquire"]))
  }

  @Test("service and people get the same real-time priority, above what the program asks for")
  func limits() throws {
    let unit = try text("systemd/acquire.service")
    let limits = try text("systemd/acquire.limits")
    let service = unit.firstMatch(of: /(?m)^LimitRTPRIO=(\d+)$/).flatMap { Int($0.1) }
    let people = limits.firstMatch(of: /(?m)^@acquire - rtprio +(\d+)$/).flatMap { Int($0.1) }
    #expect(service == people)
    #expect(try #require(service) >= 80)
    #expect(unit.contains("\nLimitMEMLOCK=infinity\n"))
    #expect(limits.contains("@acquire - memlock unlimited"))
    #expect(unit.contains("\nRestrictRealtime=no\n"))
    // An exoskeleton does not start again by itself.
    #expect(unit.contains("\nRestart=no\n"))
  }

  @Test("overlay, wiring table and board file name the same lines")
  func wiring() throws {
    let overlay = try text("hardware/acquire-ads1299.dts")
    let pins = try #require(overlay.firstMatch(of: /brcm,pins = <(\d+) (\d+) (\d+) (\d+)>/))
    let table = try text("hardware/wiring.md")
    let board = try text("hardware/boards/raspberry-pi-ads1299.toml")
    let lines = [
      ("DRDY", "data-ready-line", pins.1), ("RESET", "reset-line", pins.2),
      ("PWDN", "power-down-line", pins.3), ("START", "start-line", pins.4),
    ]
    for (name, key, pin) in lines {
      #expect(board.contains("\n\(key) = \(pin)\n"), "\(key)")
      let row = table.split(separator: "\n").first {
        $0.hasPrefix("| \(name) ") && $0.contains("amplifier.\(key)")
      }
      let cells = try #require(row, "\(name)").split(separator: "|").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " *"))
      }
      #expect(cells[3] == String(pin), "\(name)")
    }
  }

  @Test("the embedded recording names where it comes from")
  func attribution() throws {
    let attribution = try text("Sources/SampleFeed/ATTRIBUTION.md")
    for word in ["eegmmidb", "Attribution License", "Schalk", "Goldberger", "resampled"] {
      #expect(attribution.contains(word))
    }
  }
}
