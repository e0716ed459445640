// A drive that no session holds: how it is named on the command line, opened, and asked.

import ArgumentParser
import Exoskeleton
import RT

/// How a drive is reached; every other exoskeleton.* setting by `--set` or `--config`.
struct DriveOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Serial device of the drive, or `virtual`.", valueName: "port"))
  var port: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "What it speaks: \(DriveKind.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kind"))
  var kind: String?

  @Option(help: ArgumentHelp("Bits a second; without: the protocol's usual.", valueName: "baud"))
  var baud: String?

  @Option(
    help: ArgumentHelp("Which drive on its bus, or which joint.", valueName: "number"))
  var address: String?

  @OptionGroup var source: ConfigurationOptions

  func configuration() throws(Failure) -> Configuration {
    try source.load(
      options: [
        ("exoskeleton.port", port), ("exoskeleton.protocol", kind), ("exoskeleton.baud", baud),
        ("exoskeleton.address", address),
      ])
  }

  func section() throws(Failure) -> ExoskeletonSection { try configuration().exoskeleton }
}

extension ExoskeletonSection {
  /// By effort when a target asks for one, or when the protocol carries nothing else.
  var usualMode: MotionMode {
    let leads = DriveKind(rawValue: driveProtocol)?.leads(by: .position) ?? true
    return !leads || targets.contains { $0.hasSuffix("Nm") } ? .effort : .position
  }

  /// The port, open, and nobody asked yet.
  func unaskedLink(mode: MotionMode? = nil, path: String? = nil) throws(Failure)
    -> ExoskeletonLink
  {
    let path = path ?? port
    guard path != "none", path != "virtual" else {
      throw Failure(.usage, "no drive is named: give its serial device by --port")
    }
    let drive = try drive(mode: mode ?? usualMode)
    do throws(SerialFault) {
      return ExoskeletonLink(
        port: try SerialPort(
          path: path, baud: baud == 0 ? drive.kind.usualBaud : UInt32(baud)),
        settings: drive)
    } catch {
      guard case .busy = error else { throw Failure(.unavailable, error.message) }
      throw Failure(
        .unavailable,
        error.message + "; if it is a session of yours, speak to that: leave --port out")
    }
  }
}

/// A drive in one's own hands, or a virtual one.
struct HeldDrive: ~Copyable {
  let name: String
  let identity: ExoskeletonIdentity
  var link: ExoskeletonLink
  /// Lives on as long as somebody holds it.
  let virtual: VirtualExoskeleton?

  /// Opens and asks who is there; whether the limits fit is not looked at.
  init(_ section: ExoskeletonSection, mode: MotionMode?) throws(Failure) {
    var virtual: VirtualExoskeleton?
    if section.port == "virtual" {
      guard section.driveProtocol == DriveKind.framed.rawValue else {
        throw Failure(
          .usage,
          "no drive is named: give its serial device by --port, or play one by `acquire exo "
            + "simulate --protocol \(section.driveProtocol)`")
      }
      let exoskeleton = try explaining(.unavailable) { () throws(SerialFault) in
        try VirtualExoskeleton()
      }
      try explaining(.system) { () throws(SchedulingFault) in try exoskeleton.start() }
      virtual = exoskeleton
    }
    var link = try section.unaskedLink(mode: mode, path: virtual?.path)
    do throws(LinkFault) {
      identity = try link.connect(timeout: .seconds(2))
    } catch {
      throw Failure(.unavailable, error.message)
    }
    name = virtual == nil ? "\(identity.name) on \(link.path)" : "virtual exoskeleton"
    self.link = link
    self.virtual = virtual
  }
}
