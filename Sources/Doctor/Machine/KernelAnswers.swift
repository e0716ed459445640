// What no file tells: the kernel is asked, and its answers are kept as text with a captured tree.

import RT
import SPIShim

public struct KernelAnswers: Sendable, Equatable {
  /// A gpiochip that may be opened.
  struct Chip: Sendable, Equatable {
    var path: String
    var lineCount: Int
    var label: String
  }

  /// Of a thread that asked for SCHED_FIFO at the acquisition's priority: 0, or the errno.
  var realTimeRefusal: Int32?
  /// For what a plan names, such as "/dev/spidev0.0" or "exoskeleton": 0 when this user may read
  /// and write it, or the errno.
  var nodes: [String: Int32] = [:]
  /// Where links lead, the last part: "controller /dev/spidev0.0" → "fe204000.spi".
  var links: [String: String] = [:]
  var chips: [Chip] = []
  /// gpiochips that may not be opened.
  var closedChips: [String] = []
  /// Isolated CPUs on which a thread may be put; nil: not tried.
  var usableIsolatedCPUs: [Int]?

  /// Where a captured tree has them.
  static var path: String { "/doctor-answers" }

  public init() {}

  // MARK: As text

  /// One answer a line; a path that holds a space could not be read back and is left out.
  var text: String {
    var lines: [String] = []
    if let refusal = realTimeRefusal { lines.append("real-time \(refusal)") }
    lines += nodes.sorted { $0.key < $1.key }.map { "node \($0.value) \($0.key)" }
    lines += links.sorted { $0.key < $1.key }.map { "link \($0.value) \($0.key)" }
    lines += chips.map { "chip \($0.path) \($0.lineCount) \($0.label)" }
    lines += closedChips.map { "closed-chip \($0)" }
    if let cpus = usableIsolatedCPUs {
      lines.append("usable-isolated \(cpus.isEmpty ? "none" : Rule.cpuListText(cpus))")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// What cannot be read is left out.
  init(text: String) {
    for line in text.split(separator: "\n").prefix(1_000) {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      let rest = parts[1].split(separator: " ", maxSplits: 1).map(String.init)
      switch parts[0] {
      case "real-time": realTimeRefusal = Int32(parts[1])
      case "node":
        if rest.count == 2, let errno = Int32(rest[0]) { nodes[rest[1]] = errno }
      case "link":
        if rest.count == 2 { links[rest[1]] = rest[0] }
      case "chip":
        let fields = parts[1].split(separator: " ", maxSplits: 2).map(String.init)
        if fields.count == 3, let count = Int(fields[1]) {
          chips.append(Chip(path: fields[0], lineCount: count, label: fields[2]))
        }
      case "closed-chip": closedChips.append(parts[1])
      // "none" is no list.
      case "usable-isolated": usableIsolatedCPUs = Machine.cpuList(parts[1])
      default: continue
      }
    }
  }

  // MARK: From this machine

  /// Asks this machine; opens gpiochips for their labels, claims nothing.
  static func asking(for plan: DoctorPlan) -> KernelAnswers {
    var answers = KernelAnswers()
    answers.realTimeRefusal = tryRealTime(priority: plan.acquisitionPriority)
    for device in plan.spiDevices {
      answers.nodes[device] = access(device)
      if let bus = SPIPlace(device)?.bus {
        let controller = "/sys/class/spi_master/spi\(bus)/device"
        let files = SystemFiles.ofThisMachine
        answers.links["controller \(device)"] = files.lastPart(ofLink: controller)
        answers.links["driver \(device)"] = files.lastPart(ofLink: controller + "/driver")
      }
    }
    for port in plan.ports {
      answers.nodes[port.role] = access(port.path)
      answers.links["port \(port.role)"] = SystemFiles.ofThisMachine.lastPart(ofLink: port.path)
    }
    let latency = "/dev/cpu_dma_latency"
    answers.nodes[latency] = access(latency)
    for name in SystemFiles.ofThisMachine.names(in: "/dev", prefix: "gpiochip") {
      answers.ask(chip: "/dev/" + name)
    }
    answers.usableIsolatedCPUs = Machine.current().usableIsolatedCPUs
    return answers
  }

  private mutating func ask(chip path: String) {
    var chip = shim_gpio_chip_info()
    // SAFETY: the string and the struct live through the call.
    guard unsafe shim_gpio_chip(path, &chip) == 0 else {
      closedChips.append(path)
      return
    }
    // SAFETY: a homogeneous tuple of CChar, read as the bytes that it is.
    let label = unsafe withUnsafeBytes(of: &chip.label) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    chips.append(Chip(path: path, lineCount: Int(chip.line_count), label: label))
  }

  private static func access(_ path: String) -> Int32 {
    // SAFETY: the string lives through the call.
    -(unsafe shim_may_use(path))
  }

  /// On a thread of its own, which ends at once: 0, or the errno; nil when it cannot be told.
  private static func tryRealTime(priority: Int) -> Int32? {
    let settings = ThreadSettings(
      name: "doctor", policy: .other, stackByteCount: 256 * 1024, enforcement: .bestEffort)
    do throws(SchedulingFault) {
      let thread = try RealTimeThread.start(
        settings, workspace: Trial(priority: Int32(clamping: priority))
      ) { $0.run() }
      return thread.join().errno
    } catch {
      return nil
    }
  }

  private struct Trial: ~Copyable {
    let priority: Int32
    var errno: Int32 = 0

    init(priority: Int32) { self.priority = priority }

    mutating func run() { errno = -shim_set_scheduler(1, priority) }
  }
}

/// "/dev/spidev0.1": bus 0, chip select 1.
struct SPIPlace: Equatable {
  var bus: Int
  var chipSelect: Int

  init?(_ path: String) {
    let prefix = "/dev/spidev"
    guard path.hasPrefix(prefix) else { return nil }
    let numbers = path.dropFirst(prefix.count).split(separator: ".").map { Int($0) }
    guard numbers.count == 2, let bus = numbers[0], let select = numbers[1], bus >= 0, select >= 0
    else { return nil }
    self.bus = bus
    chipSelect = select
  }
}
