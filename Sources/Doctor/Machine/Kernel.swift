// The kernel: its version, its preemption, how it was configured, and how it was booted.

import RT

struct Kernel: Sendable {
  /// "6.12.48-rt"; empty when it cannot be known.
  let release: String
  /// "#1 SMP PREEMPT_RT …".
  let version: String
  let isRealTime: Bool
  /// Words of the kernel's command line that matter to timing; others are in no captured tree.
  let parameters: [String]
  /// Options that are `y` or `m`, without CONFIG_; nil when nothing tells.
  let options: Set<String>?

  init(_ files: ExaminedFiles) {
    release = files.line("/proc/sys/kernel/osrelease") ?? ""
    version = files.line("/proc/sys/kernel/version") ?? ""
    isRealTime = files.line("/sys/kernel/realtime") == "1" || version.contains("PREEMPT_RT")
    parameters = files.line("/proc/cmdline").map { KernelParameters(commandLine: $0).words } ?? []
    options = Self.options(files, release)
  }

  /// Whether it is this one or a later; nil when the release cannot be read.
  func isAtLeast(_ major: Int, _ minor: Int) -> Bool? {
    let numbers = release.split(separator: ".").prefix(2).map { part in
      Int(part.prefix { $0.isNumber })
    }
    guard numbers.count == 2, let ownMajor = numbers[0], let ownMinor = numbers[1] else {
      return nil
    }
    return (ownMajor, ownMinor) >= (major, minor)
  }

  /// Nil when the configuration cannot be read.
  func has(_ option: String) -> Bool? { options.map { $0.contains(option) } }

  /// The values of `name=value` on the command line, in their order.
  func values(of name: String) -> [String] {
    parameters.filter { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  private static func options(_ files: ExaminedFiles, _ release: String) -> Set<String>? {
    // The largest of Debian's is 300 KB.
    let limit = 1 << 20
    var text: [UInt8]?
    if let packed = files.bytes("/proc/config.gz", atMost: limit) {
      text = Inflate.gunzip(packed, atMost: limit)
    } else if !release.isEmpty, !release.contains("/") {
      text = files.bytes("/boot/config-" + release, atMost: limit)
    }
    guard let text else { return nil }
    let prefix = Array("CONFIG_".utf8)
    var options: Set<String> = []
    for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: prefix) {
      let parts = line.dropFirst(prefix.count).split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard parts.count == 2, [UInt8(ascii: "y"), UInt8(ascii: "m")].contains(parts[1].first)
      else { continue }
      options.insert(String(decoding: parts[0], as: UTF8.self))
    }
    // Whatever has none of these is no configuration.
    return options.count > 10 ? options : nil
  }
}
