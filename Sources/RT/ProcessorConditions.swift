// How each CPU is set up: clock frequency, idle states, isolation.

public struct ProcessorConditions: Equatable, Sendable {
  public var cpu: Int
  /// Nil where the kernel does not set frequencies.
  public var governor: String?
  /// Now, and the limits that are set; nil where the kernel does not tell.
  public var kilohertz: Int64?
  public var minimumKilohertz: Int64?
  public var maximumKilohertz: Int64?
  public var idleStates: [IdleState]
  /// Kept free of other work by the scheduler (isolcpus).
  public var isIsolated: Bool
  /// Without a timer tick while one thread runs (nohz_full).
  public var isTickless: Bool

  /// A CPU of which nothing else is known yet.
  public init(cpu: Int) {
    self.cpu = cpu
    idleStates = []
    isIsolated = false
    isTickless = false
  }

  public struct IdleState: Equatable, Sendable {
    /// "C1", "WFI".
    public var name: String
    public var exitMicroseconds: Int64
    public var isDisabled: Bool
  }

  /// The CPUs that are online, rising.
  static func all(_ files: SystemFiles, isolated: [Int]) -> [ProcessorConditions] {
    let folder = "/sys/devices/system/cpu"
    let tickless = Machine.cpuList(files.line(folder + "/nohz_full") ?? "")
    return Machine.cpuList(files.line(folder + "/online") ?? "").map { cpu in
      let frequency = "\(folder)/cpu\(cpu)/cpufreq"
      var conditions = ProcessorConditions(cpu: cpu)
      conditions.governor = files.line(frequency + "/scaling_governor")
      conditions.kilohertz = files.number(frequency + "/scaling_cur_freq")
      conditions.minimumKilohertz = files.number(frequency + "/scaling_min_freq")
      conditions.maximumKilohertz = files.number(frequency + "/scaling_max_freq")
      conditions.idleStates = idleStates(files, folder: "\(folder)/cpu\(cpu)/cpuidle")
      conditions.isIsolated = isolated.contains(cpu)
      conditions.isTickless = tickless.contains(cpu)
      return conditions
    }
  }

  private static func idleStates(_ files: SystemFiles, folder: String) -> [IdleState] {
    files.names(in: folder, prefix: "state").compactMap { state -> (Int, IdleState)? in
      guard let number = Int(state.dropFirst(5)),
        let name = files.line("\(folder)/\(state)/name")
      else { return nil }
      return (
        number,
        IdleState(
          name: name, exitMicroseconds: files.number("\(folder)/\(state)/latency") ?? 0,
          isDisabled: files.number("\(folder)/\(state)/disable") ?? 0 != 0)
      )
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
