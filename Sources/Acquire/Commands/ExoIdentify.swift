// acquire exo identify: who is there, what it allows, and whether the limits fit it.

import ArgumentParser
import Exoskeleton
import Monitor
import RT

extension ExoCommand {
  struct Identify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Asks a drive who it is, what it allows, and where the joint is. Nothing is armed.",
      discussion: """
        A joint that its drive drives or holds, such as one whose watchdog left it with torque, \
        may be let go: see that the limb cannot fall.

        EXAMPLES
          acquire exo identify --port /dev/ttyUSB0
          acquire exo identify --port /dev/ttyACM0 --protocol vesc --set exoskeleton.pole-pairs=210
          acquire exo identify --config knee.toml --json
        """)

    @OptionGroup var drive: DriveOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
      let section = try drive.section()
      let limits = try section.limits()
      let held = try HeldDrive(section, mode: nil)
      guard let joint = held.link.joint else {
        preconditionFailure("a link that is there has a joint")
      }
      let misfit: String?
      do throws(GovernorFault) {
        try limits.check(against: held.identity)
        misfit = nil
      } catch {
        misfit = error.message
      }
      let page = IdentityPage(
        identity: held.identity, section: section, path: held.link.path, baud: held.link.port.baud,
        joint: joint, misfit: misfit)
      Terminal.output.write(json ? page.json.line + "\n" : page.text)
    }
  }
}

/// What a drive said of itself.
struct IdentityPage {
  let identity: ExoskeletonIdentity
  let section: ExoskeletonSection
  let path: String
  let baud: UInt32
  let joint: JointState
  /// Why the governor's limits do not go with it.
  let misfit: String?

  var text: String {
    var rows = [
      ("name", identity.name),
      ("firmware", identity.firmware.isEmpty ? "it does not tell" : identity.firmware),
      ("protocol", "\(section.driveProtocol) on \(path) at \(baud) baud"),
      ("watchdog", identity.watchdog.text),
    ]
    if !identity.serialNumber.isEmpty { rows.insert(("serial", identity.serialNumber), at: 2) }
    if let loop = identity.loopHertz { rows.append(("loop", "\(decimal(loop, places: 0)) Hz")) }
    if let range = identity.positionDegrees {
      rows.append(
        (
          "its limits",
          "\(decimal(range.lowerBound, places: 1))…\(decimal(range.upperBound, places: 1))°"
            + (identity.velocityMaximum.map { ", \(decimal($0, places: 1)) °/s" } ?? "")
        ))
    }
    rows.append(
      (
        "our limits",
        "\(decimal(section.positionMinimumDegrees, places: 1))…"
          + "\(decimal(section.positionMaximumDegrees, places: 1))°, "
          + "\(decimal(section.velocityMaximumDegreesPerSecond, places: 1)) °/s"
      ))
    rows.append(("joint now", joint.text))
    var text = ""
    for (name, value) in rows {
      text += name + String(repeating: " ", count: 12 - name.count) + value + "\n"
    }
    for remark in identity.remarks { text += "! \(remark)\n" }
    if let misfit { text += "! \(misfit)\n" }
    return text
  }

  var json: JSON {
    var watchdog = JSON.null
    if case .read(let span) = identity.watchdog { watchdog = .number(span.seconds) }
    return .object([
      .init("schemaVersion", .integer(1)),
      .init("name", .string(identity.name)),
      .init("firmware", .string(identity.firmware)),
      .init("serialNumber", .string(identity.serialNumber)),
      .init("protocol", .string(section.driveProtocol)),
      .init("port", .string(path)),
      .init("baud", .integer(Int64(baud))),
      .init("joints", .integer(Int64(identity.jointCount))),
      .init("watchdog", .string(identity.watchdog.text)),
      .init("watchdogSeconds", watchdog),
      .init("loopHertz", identity.loopHertz.map(JSON.number) ?? .null),
      .init(
        "positionDegrees",
        identity.positionDegrees.map {
          .array([.number($0.lowerBound), .number($0.upperBound)])
        } ?? .null),
      .init(
        "velocityMaximumDegreesPerSecond", identity.velocityMaximum.map(JSON.number) ?? .null),
      .init("remarks", .array(identity.remarks.map(JSON.string))),
      .init("misfit", misfit.map(JSON.string) ?? .null),
      .init("joint", joint.json),
    ])
  }
}
