// acquire doctor: what to change on this machine, so that a session is on time.

import ArgumentParser
import Doctor
import Glibc
import Monitor
import RT

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says what on this machine would make a session late, what it costs, and the cure.",
    discussion: """
      Looks at the kernel, its limits, the CPUs, interrupts, devices and clocks, for the session \
      that the configuration describes, and measures for two to three seconds, unless a session \
      runs. It changes nothing without --fix. As root it sees more (debugfs) and may repair.

      EXAMPLES
        acquire doctor --amplifier ads1299 --exoskeleton /dev/ttyUSB0
        sudo acquire doctor --config board.toml --fix
        acquire doctor --config board.toml --capture tree    keeps the files that it reads
        acquire doctor --config board.toml --tree tree       examines them, anywhere

      --fix does what is harmless and undone by the next boot: governor, idle adapters' latency \
      timers, priorities of DRDY's and the SPI controller's interrupt threads, other interrupts \
      away from the session's CPUs, polling limit, throttling, huge pages, timer migration.

      EXIT CODES
        0   nothing, or notes
        10  warnings: a session runs, and frames may be late or figures not to be trusted
        20  errors: a session does not start, or does what nobody wants
        64 and above: as of the other commands

      docs/doctor.md says of every subject why it matters and where that is known from.
      """)

  @Flag(help: "One JSON array of findings.")
  var json = false

  @Flag(help: "Repairs what is harmless, until the next boot.")
  var fix = false

  @Flag(help: "Measures nothing.")
  var noMeasure = false

  @Option(help: ArgumentHelp("Examines a captured tree instead.", valueName: "folder"))
  var tree: String?

  @Option(
    help: ArgumentHelp("Keeps the files that are read, in a new folder.", valueName: "folder"))
  var capture: String?

  @Option(help: ArgumentHelp("Kind of amplifier, as for `acquire run`.", valueName: "kind"))
  var amplifier: String?

  @Option(help: ArgumentHelp("The exoskeleton's port, as for `acquire run`.", valueName: "device"))
  var exoskeleton: String?

  @OptionGroup var source: ConfigurationOptions

  func validate() throws {
    if tree?.isEmpty == true || capture?.isEmpty == true {
      throw ValidationError("a folder has a name")
    }
    if tree != nil, fix { throw ValidationError("--fix cannot repair a captured tree") }
    if capture != nil, tree != nil || fix || json {
      throw ValidationError("--capture stands alone: without --tree, --fix and --json")
    }
  }

  func run() throws {
    let configuration = try source.load(options: [
      ("amplifier.kind", amplifier), ("exoskeleton.port", exoskeleton),
    ])
    if let capture {
      try keep(in: capture, try configuration.doctorPlan(Machine.current()))
      return
    }
    var (machine, plan) = try examined(configuration)
    if tree == nil, !noMeasure {
      machine.measuringHindrance = machine.runningSession ?? Self.sessionSpokenTo
      if machine.measuringHindrance == nil {
        machine.measurements = .take(cpus: plan.cpus, priority: plan.acquisitionPriority)
      }
    }
    var findings = Doctor.examine(machine, plan)
    if fix {
      let outcomes = repair(findings)
      let told = outcomes.map { DoctorPage.line(of: $0) + "\n" }.joined()
      let nothing =
        machine.isContainer
        ? "nothing is fixed in a container: kernel and /sys are the host's\n" : "nothing to fix\n"
      (json ? Terminal.error : Terminal.output).write(told.isEmpty ? nothing : told)
      // As it is now, by its own files.
      let (measurements, hindrance) = (machine.measurements, machine.measuringHindrance)
      machine = .this(plan: plan, measurements: measurements)
      machine.measuringHindrance = hindrance
      findings = Doctor.examine(machine, plan)
    }
    let page = DoctorPage(
      findings: findings, subject: configuration.doctorSubject(tree: tree, cpus: plan.cpus))
    Terminal.output.write(json ? page.json.page : page.text(columns: Terminal.output.columns))
    if page.exitCode != 0 { throw ExitCode(page.exitCode) }
  }

  /// This machine, or the captured one, and what the session would want of it.
  private func examined(_ configuration: Configuration) throws(Failure)
    -> (ExaminedMachine, DoctorPlan)
  {
    guard let tree else {
      let plan = try configuration.doctorPlan(Machine.current())
      return (.this(plan: plan), plan)
    }
    // SAFETY: the string lives through the call.
    guard unsafe access(tree + "/proc", R_OK) == 0 else {
      throw Failure(
        .noInput, "\(tree) holds no captured tree: make one with `acquire doctor --capture`")
    }
    let captured = ExaminedMachine.captured(tree)
    var machine = Machine.current()
    machine.allowedCPUs = captured.allowedCPUs
    machine.isolatedCPUs = captured.isolatedCPUs
    machine.usableIsolatedCPUs = captured.usableIsolatedCPUs
    return (captured, try configuration.doctorPlan(machine))
  }

  /// One whose process cannot be seen from here, or shows another name.
  private static var sessionSpokenTo: String? {
    let found = RunningSession.find()
    return (found.sessions.map(\.process) + found.unreached).first.map { "session \($0) runs" }
  }

  private func keep(in folder: String, _ plan: DoctorPlan) throws(Failure) {
    do throws(CaptureFault) {
      let count = try Capture.write(.this(plan: plan), plan, to: folder)
      Terminal.output.write("\(folder): \(count) files\n")
    } catch {
      throw Failure(
        .cannotCreate,
        "\(error.path) cannot be written: \(describe(errno: error.errno)); name a folder that does "
          + "not exist yet, in one that does")
    }
  }

  private func repair(_ findings: [Finding]) -> [RepairOutcome] {
    var done: [Repair] = []
    var outcomes: [RepairOutcome] = []
    for repair in findings.flatMap(\.repairs) where !done.contains(repair) {
      done.append(repair)
      outcomes.append(Repairs.perform(repair))
    }
    return outcomes
  }
}
