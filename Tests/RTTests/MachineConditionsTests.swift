import Foundation
import TestSupport
import Testing

@testable import RT

@Suite("Conditions of a machine")
struct MachineConditionsTests {
  /// Writes files, by their absolute paths, below a folder of the test's own.
  private func tree(_ files: [String: String]) throws -> (TemporaryFolder, SystemFiles) {
    let folder = try TemporaryFolder()
    for (path, text) in files {
      let url = URL(fileURLWithPath: folder.path + path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return (folder, SystemFiles(root: folder.path))
  }

  /// A line of /proc/PID/stat with 52 fields: 40 and 41 are priority and policy.
  private func stat(_ identifier: Int, _ name: String, priority: Int, policy: Int) -> String {
    var fields = ["\(identifier)", "(\(name))", "S", "2"] + (5...52).map { _ in "0" }
    fields[39] = "\(priority)"
    fields[40] = "\(policy)"
    return fields.joined(separator: " ") + "\n"
  }

  // Made by hand after facts about a Raspberry Pi 4 with a real-time kernel.
  private var raspberryPi: [String: String] {
    var files = [
      "/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
      "/proc/sys/kernel/osrelease": "6.12.47-rt-v8\n",
      "/proc/sys/kernel/version": "#1 SMP PREEMPT_RT Debian 1:6.12.47-1\n",
      "/sys/kernel/realtime": "1\n",
      "/proc/cmdline": "console=serial0,115200 root=PARTUUID=7-secret isolcpus=3 nohz_full=3\n",
      "/proc/cpuinfo": """
      processor\t: 0
      BogoMIPS\t: 108.00
      Features\t: fp asimd evtstrm crc32 cpuid

      Revision\t: c03114
      Model\t\t: Raspberry Pi 4 Model B Rev 1.4

      """,
      "/proc/self/status": "Name:\tacquire\nCpus_allowed_list:\t0-3\n",
      "/sys/devices/system/cpu/online": "0-3\n", "/sys/devices/system/cpu/isolated": "3\n",
      "/sys/devices/system/cpu/nohz_full": "3\n",
      "/sys/devices/system/clocksource/clocksource0/current_clocksource": "arch_sys_counter\n",
      "/proc/interrupts": """
                 CPU0       CPU1       CPU2       CPU3
       11:     123456      45678      56789       1234     GICv2  30 Level     arch_timer
       41:     900000          0          0          0     GICv2 150 Level     fe204000.spi
       42:          0          0          0          0     GICv2  65 Level     unused
       56:          7          0          0          0  pinctrl-bcm2835  17 Edge  drdy
      IPI0:      1000       2000       3000       4000       Rescheduling interrupts
      Err:          0

      """,
      "/proc/irq/41/smp_affinity_list": "0-2\n", "/proc/irq/41/effective_affinity_list": "0\n",
      "/proc/irq/56/smp_affinity_list": "0-3\n",
      "/proc/91/stat": stat(91, "irq/41-fe204000.spi", priority: 79, policy: 1),
      "/proc/92/stat": stat(92, "irq/56-drdy) (odd", priority: 85, policy: 1),
      "/proc/93/stat": stat(93, "acquire", priority: 80, policy: 1), "/proc/94/stat": "garbage",
      "/proc/sys/kernel/sched_rt_runtime_us": "950000\n",
      "/proc/sys/kernel/sched_rt_period_us": "1000000\n",
      "/sys/kernel/debug/sched/fair_server/cpu0/runtime": "50000000\n",
      "/sys/kernel/debug/sched/fair_server/cpu0/period": "1000000000\n",
      "/sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
      "/sys/class/thermal/thermal_zone0/temp": "48686\n",
      "/sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
      "/sys/class/hwmon/hwmon1/name": "rpi_volt\n",
      "/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n",
      // Must not be read where the sensor is there.
      "/sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
      "/proc/loadavg": "0.10 0.20 0.30 1/200 999\n",
      "/proc/stat": "cpu  100 0 50 800 0 0 10 40 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n",
      "/proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n/var/swap   file  102396 0 -2\n",
    ]
    for cpu in 0..<4 {
      let folder = "/sys/devices/system/cpu/cpu\(cpu)/cpufreq"
      files[folder + "/scaling_governor"] = cpu == 3 ? "performance\n" : "ondemand\n"
      files[folder + "/scaling_cur_freq"] = "1500000\n"
      files[folder + "/scaling_min_freq"] = "600000\n"
      files[folder + "/scaling_max_freq"] = "1500000\n"
    }
    return files
  }

  @Test("a Raspberry Pi 4 is read from its files")
  func pi() throws {
    let (folder, files) = try tree(raspberryPi)
    defer { withExtendedLifetime(folder) {} }
    let conditions = MachineConditions(files)
    #expect(conditions.board == "Raspberry Pi 4 Model B Rev 1.4")
    #expect(conditions.machine.cpuModel == "Raspberry Pi 4 Model B Rev 1.4")
    #expect(conditions.machine.preemption == "PREEMPT_RT" && !conditions.machine.isVirtual)
    #expect(conditions.machine.allowedCPUs == [0, 1, 2, 3])
    #expect(conditions.machine.governor == "performance")
    #expect(
      conditions.kernelParameters?.words == [
        "console=serial0,115200", "isolcpus=3", "nohz_full=3",
      ])
    #expect(conditions.kernelParameters?.leftOutCount == 1)
    #expect(conditions.processors.map(\.isIsolated) == [false, false, false, true])
    #expect(conditions.processors.map(\.isTickless) == [false, false, false, true])
    #expect(conditions.processors[0].minimumKilohertz == 600_000)
    #expect(conditions.interrupts.map(\.number) == [41, 11, 56])
    let spi = conditions.interrupts[0]
    #expect(
      spi.name == "fe204000.spi" && spi.controller == "GICv2 150 Level" && spi.count == 900_000)
    #expect(spi.affinity == "0-2" && spi.effectiveAffinity == "0")
    #expect(spi.threads.map(\.priority) == [79] && spi.threads.map(\.policy) == [1])
    #expect(conditions.interrupts[2].threads.map(\.name) == ["irq/56-drdy) (odd"])
    #expect(conditions.isUnderVoltage == true && conditions.throttledFlags == nil)
    #expect(conditions.fairServers.map(\.runtimeNanoseconds) == [50_000_000])
    #expect(conditions.temperatures.map(\.milliCelsius) == [48_686])
    #expect(conditions.swaps == ["/var/swap"])
    #expect(conditions.stealShare == 0.04)
  }

  @Test("without the voltage sensor the firmware's flags are read")
  func flags() throws {
    var files = raspberryPi
    files["/sys/class/hwmon/hwmon1/name"] = "other\n"
    let (folder, root) = try tree(files)
    defer { withExtendedLifetime(folder) {} }
    let conditions = MachineConditions(root)
    #expect(conditions.isUnderVoltage == nil && conditions.throttledFlags == 0x50005)
  }

  @Test("a PC is read from its files")
  func pc() throws {
    var files = [
      "/sys/class/dmi/id/product_name": "OptiPlex 7090\n",
      "/proc/sys/kernel/osrelease": "6.1.0-42-amd64\n",
      "/proc/sys/kernel/version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1\n",
      "/proc/cmdline": "BOOT_IMAGE=/vmlinuz ro quiet\n",
      "/proc/cpuinfo": "model name\t: Intel(R) Core(TM) i5-10500\nflags\t\t: fpu vme tsc\n",
      "/sys/devices/system/cpu/online": "0-1\n", "/sys/devices/system/cpu/isolated": "\n",
      "/sys/devices/system/cpu/cpuidle/current_driver": "intel_idle\n",
      "/sys/kernel/debug/sched/preempt": "none voluntary (full)\n",
      "/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n",
      "/proc/sys/kernel/sched_rt_runtime_us": "-1\n",
      "/proc/interrupts": "  CPU0  CPU1\n  8:  0  1  IR-IO-APIC  8-edge  rtc0, i2c 1\nERR: 0\n",
      "/proc/swaps": "Filename\tType\n",
    ]
    for (number, name, latency) in [(0, "POLL", 0), (1, "C1E", 10), (10, "C10", 890)] {
      let folder = "/sys/devices/system/cpu/cpu0/cpuidle/state\(number)"
      files[folder + "/name"] = name + "\n"
      files[folder + "/latency"] = "\(latency)\n"
      files[folder + "/disable"] = number == 10 ? "1\n" : "0\n"
    }
    let (folder, root) = try tree(files)
    defer { withExtendedLifetime(folder) {} }
    let conditions = MachineConditions(root)
    #expect(conditions.machine.cpuModel == "Intel(R) Core(TM) i5-10500")
    #expect(conditions.machine.isolatedCPUs == [] && conditions.machine.governor == nil)
    #expect(conditions.machine.allowedCPUs == [0, 1])
    #expect(conditions.processors[0].idleStates.map(\.name) == ["POLL", "C1E", "C10"])
    #expect(conditions.processors[0].idleStates.map(\.isDisabled) == [false, false, true])
    #expect(conditions.processors[1].idleStates == [])
    #expect(conditions.interrupts.map(\.name) == ["rtc0, i2c 1"])
    #expect(conditions.realtimeRuntimeMicroseconds == -1 && conditions.swaps == [])
    #expect(conditions.dynamicPreemption == "none voluntary (full)")
    #expect(conditions.isUnderVoltage == nil && conditions.stealShare == nil)
  }

  @Test("a table of 300 interrupts on 256 CPUs is read to its end")
  func many() {
    var table = "     " + (0..<256).map { "CPU\($0)" }.joined(separator: " ") + "\n"
    for number in 0..<300 {
      table +=
        "\(number): " + String(repeating: "         2 ", count: 256)
        + " PCI-MSI 1-edge  dev\(number)\n"
    }
    let lines = InterruptConditions.parse(table)
    #expect(lines.count == 300 && lines.allSatisfy { $0.count == 512 })
    #expect(lines.last?.name == "dev299")
  }

  @Test(
    "files of nothing, or of noise, give conditions that know little",
    arguments: 0..<12 as Range<UInt64>)
  func noise(seed: UInt64) throws {
    let empty = MachineConditions(SystemFiles(root: "/nonexistent"))
    #expect(empty.processors == [] && empty.interrupts == [] && empty.kernelVersion == "unknown")
    var random = SplitMix64(seed: seed)
    let noisy = raspberryPi.mapValues { text -> String in
      var bytes = Array(text.utf8)
      for _ in 0..<4 where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let (folder, root) = try tree(noisy)
    defer { withExtendedLifetime(folder) {} }
    #expect(MachineConditions(root).interrupts.count <= 5, "seed \(seed)")
  }

  @Test("this machine tells its kernel, its CPUs and those that may be used")
  func thisMachine() {
    let conditions = MachineConditions(.ofThisMachine)
    #expect(conditions.machine.kernelRelease != "unknown")
    #expect(!conditions.machine.allowedCPUs.isEmpty)
    #expect(Set(conditions.machine.allowedCPUs).isSubset(of: conditions.processors.map(\.cpu)))
    #expect(conditions.machine.preemption == Machine.current().preemption)
  }
}
