// Does somebody else decide when this machine runs?

extension Rule {
  static let virtualisation = Rule(.virtualisation) { machine, _ in
    var findings: [Finding] = []
    if let host = hypervisor(machine.files) {
      let stolen = steal(machine.files).map { ", \($0) of its time was taken since boot" } ?? ""
      findings.append(
        Finding(
          .virtualisation, .warning, "a virtual machine (\(host))\(stolen)",
          cost: "the host stops its CPUs whenever it likes; a priority in here means nothing out "
            + "there" + gaps(machine.measurements),
          cure: "run sessions on the machine itself"))
    }
    if machine.isContainer {
      findings.append(
        Finding(
          .virtualisation, .note, "a container",
          cost: "rights, limits and devices are what its maker gave it; kernel, /sys and boot "
            + "parameters are the host's, and are cured there"))
    }
    if !findings.isEmpty { return findings }
    if machine.files.text("/proc/cpuinfo") == nil {
      return [.unknown(.virtualisation, "/proc/cpuinfo cannot be read")]
    }
    return [Finding(.virtualisation, .ok, "no hypervisor shows itself")]
  }

  private static func hypervisor(_ files: ExaminedFiles) -> String? {
    let vendor = files.line("/sys/class/dmi/id/sys_vendor")
    let flags = ExaminedMachine.field("flags\t\t", of: files.text("/proc/cpuinfo") ?? "") ?? ""
    if flags.words.contains("hypervisor") { return vendor ?? "by the CPU's flag" }
    if let type = files.line("/sys/hypervisor/type") { return type }
    // Arm has no such flag.
    let known = [
      "QEMU", "VMware", "innotek", "Xen", "Amazon EC2", "Google", "Microsoft Corporation",
    ]
    if let vendor, known.contains(where: vendor.hasPrefix),
      files.line("/sys/class/dmi/id/product_name")?.contains("Surface") != true
    {
      return vendor
    }
    if let model = files.line("/proc/device-tree/compatible"), model.hasPrefix("linux,dummy-virt") {
      return "QEMU"
    }
    return nil
  }

  /// "0.4 %".
  private static func steal(_ files: ExaminedFiles) -> String? {
    guard let line = files.line("/proc/stat"), line.hasPrefix("cpu ") else { return nil }
    let ticks = line.words.dropFirst().compactMap { Double($0) }
    guard ticks.count >= 8 else { return nil }
    // Field 8 is steal; guest time is in user time already.
    let all = ticks.prefix(8).reduce(0, +)
    guard all > 0, all.isFinite else { return nil }
    let perMille = Int((ticks[7] / all * 1_000).rounded())
    return "\(perMille / 10).\(perMille % 10) %"
  }

  private static func gaps(_ measurements: Measurements?) -> String {
    guard let worst = measurements?.gaps.max(by: { $0.largest < $1.largest }) else { return "" }
    return "; a loop on CPU \(worst.cpu) stood still for \(worst.largest.text) within "
      + "\(worst.watched.text)"
  }
}
