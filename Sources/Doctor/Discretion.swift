// What of a file may leave the machine: the words that rules read, and no name, number or secret
// that somebody has put beside them.

import RT

enum Discretion {
  /// The file as a captured tree has it, and where.
  static func kept(_ bytes: [UInt8], _ path: String, _ kernel: Kernel)
    -> (path: String, bytes: [UInt8])
  {
    // Packed it could not be sifted: it is kept where a kernel without it has the same.
    if path == "/proc/config.gz" || path.hasPrefix("/boot/config-") {
      let lines = (kernel.options ?? []).sorted().map { "CONFIG_\($0)=y" }
      return ("/boot/config-" + kernel.release, Array(text(lines).utf8))
    }
    let kept = sifted(String(decoding: bytes, as: UTF8.self), path)
    return (withoutGroup(path), kept.map { Array($0.utf8) } ?? bytes)
  }

  /// Nil: as it is.
  private static func sifted(_ content: String, _ path: String) -> String? {
    // A file that only has to be there.
    if DeviceRules.paths.contains(path) { return "" }
    if ServiceUnit.paths.contains(path) { return text(ServiceUnit.settings(content)) }
    let lines = content.split(separator: "\n").map(String.init)
    switch path {
    case "/proc/cmdline":
      return text([KernelParameters(commandLine: content).words.joined(separator: " ")])
    case "/proc/self/status":
      return text(lines.beginning(with: ["VmSize:", "CapEff:", "Cpus_allowed_list:"]))
    case "/proc/self/limits":
      return text(lines.beginning(with: ["Max locked memory", "Max realtime priority"]))
    case "/proc/cpuinfo":
      return text(lines.filter { !$0.hasPrefix("Serial") })
    case "/etc/os-release": return text(lines.beginning(with: ["ID="]))
    // Names of swap files and partitions.
    case "/proc/swaps":
      return text(lines.prefix(1) + lines.dropFirst().indices.map { "area-\($0)" })
    // Of version 1 hierarchies; groups are named after users, services and containers.
    case "/proc/self/cgroup":
      return text(
        lines.compactMap { line in
          let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
          guard parts.count == 3, parts[1].split(separator: ",").contains("cpu") else { return nil }
          return "0:\(parts[1]):\(withoutNames(parts[2]))"
        })
    case "/proc/interrupts": return text(lines.map(withoutHardwareAddress))
    default: return nil
    }
  }

  private static func text(_ lines: some Sequence<String>) -> String {
    lines.map { $0 + "\n" }.joined()
  }

  private static func withoutGroup(_ path: String) -> String {
    let root = "/sys/fs/cgroup/"
    guard path.hasPrefix(root) else { return path }
    let rest = path.dropFirst(root.count)
    // "cpu,cpuacct" and the file itself.
    guard let first = rest.firstIndex(of: "/"), let last = rest.lastIndex(of: "/"), first < last
    else { return path }
    return root + rest[..<first] + withoutNames(rest[first..<last]) + rest[last...]
  }

  /// "/user.slice/user-1000.slice" → "/user.slice/group".
  private static func withoutNames(_ group: Substring) -> String {
    let common: Set<Substring> = [
      "", "system.slice", "user.slice", "machine.slice", "init.scope", "docker", "lxc", "kubepods",
    ]
    return group.split(separator: "/", omittingEmptySubsequences: false)
      .map { common.contains($0) ? $0 : "group" }.joined(separator: "/")
  }

  /// A network adapter may be named after its address: "enx0123456789ab".
  private static func withoutHardwareAddress(_ line: String) -> String {
    var words = line.split(separator: " ", omittingEmptySubsequences: false)
    for index in words.indices {
      for prefix in ["enx", "wlx"] where words[index].hasPrefix(prefix) {
        if words[index].dropFirst(3).prefix(12).count(where: \.isHexDigit) == 12 {
          words[index] = Substring(prefix)
        }
      }
    }
    return words.joined(separator: " ")
  }
}

extension [String] {
  fileprivate func beginning(with names: [String]) -> [String] {
    filter { line in names.contains(where: line.hasPrefix) }
  }
}
