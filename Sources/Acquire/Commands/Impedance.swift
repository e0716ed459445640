// acquire impedance: how good the contact of each electrode is.

import Amplifiers
import ArgumentParser
import Monitor
import RT
import Signal

struct Impedance: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the impedance of every electrode, in a live table.",
    discussion: """
      A small alternating current (6 nA) flows through each electrode and back through the bias \
      electrode; the voltage that it makes is its impedance. Decoding does not run meanwhile, and \
      no exoskeleton is opened.

      On a terminal the table is renewed twice a second until Ctrl-C, each number from the newest \
      second. Elsewhere, and with --json, one table at the end is from the whole time.

      EXAMPLES
        acquire impedance
        acquire impedance --amplifier ads1299 --frequency 7.8 --duration 10s --json
        acquire impedance --reference
        acquire impedance --calibrate 10k      a known resistor in place of every electrode

      SAFETY
        6 nA and 24 nA are meant for electrodes on a person. 6 µA and 24 µA are for test loads, \
      and refused unless --phantom says that nobody is connected.

      EXIT CODES
        0 measured, whatever the contacts are like; 64 wrong command line; 65 a calibration that \
      makes no sense; 69 amplifier missing or silent, or no undisturbed second; 76 not the \
      expected chip; 77 permission; 78 configuration.
      """)

  @OptionGroup var source: ConfigurationOptions

  @Option(
    help: ArgumentHelp("Where samples come from: model, ads1299, cyton, daisy.", valueName: "kind"))
  var amplifier: String?

  @Option(help: ArgumentHelp("Serial line of a Cyton or Daisy; without: USB.", valueName: "device"))
  var port: String?

  @Option(help: ArgumentHelp("Samples a second.", valueName: "rate"))
  var rate: String?

  @Option(help: ArgumentHelp("Gain: 1, 2, 4, 6, 8, 12, 24.", valueName: "gain"))
  var gain: String?

  @Option(
    help: ArgumentHelp(
      "What the model's electrodes carry: recording, test-signal, silence.", valueName: "kind"))
  var input: String?

  @Option(help: ArgumentHelp("6nA, 24nA; with --phantom 6uA, 24uA.", valueName: "current"))
  var current = CurrentArgument(current: .nanoamperes6)

  @Option(
    help: ArgumentHelp(
      "7.8, 31.2 (hertz), or quarter: of the rate, beyond the EEG.", valueName: "frequency"))
  var frequency = CurrentFrequencyArgument(frequency: .hertz31)

  @Flag(help: "Nobody is connected, only test loads: allows 6 µA and 24 µA.")
  var phantom = false

  @Flag(help: "Measures the common reference electrode (SRB1 or SRB2) instead.")
  var reference = false

  @Option(help: ArgumentHelp("Only these electrodes: C3,C4.", valueName: "labels"))
  var channels: String?

  @Option(
    help: ArgumentHelp(
      "Finds the board's constant, this resistor in place of every electrode.", valueName: "ohms"))
  var calibrate: OhmsArgument?

  @Option(
    help: ArgumentHelp(
      "How long. Without: until Ctrl-C on a terminal, else 5 s.", valueName: "time"))
  var duration: DurationArgument?

  @Flag(help: "One JSON object at the end.")
  var json = false

  func validate() throws {
    guard current.current.isForPeople || phantom else {
      throw ValidationError(
        "a current of \(current.text) is for test loads and never for electrodes on a person: "
          + "choose 6nA or 24nA, or say --phantom when nobody is connected")
    }
    if let duration, duration.span < .seconds(2) {
      throw ValidationError("--duration must be at least 2 s: one reading takes one")
    }
    if calibrate != nil, reference {
      throw ValidationError("--calibrate needs the current of every channel: no --reference")
    }
  }

  func run() throws {
    let configuration = try source.load(options: [
      ("amplifier.kind", amplifier), ("amplifier.port", port), ("amplifier.rate", rate),
      ("amplifier.gain", gain),
      ("amplifier.input", input),
    ])
    let plan = try ImpedancePlan(
      configuration, side: reference ? .reference : .electrodes, current: current.current,
      frequency: frequency.frequency)
    let chosen = try chosenChannels(plan)
    // Before the first thread is there, so that all of them inherit it.
    StopSignals.block()
    let isLive = Terminal.output.isTerminal && !json && calibrate == nil
    let measurement = ImpedanceMeasurement(
      plan: plan, realTime: configuration.realTime,
      duration: duration?.span ?? (isLive ? nil : .seconds(5)),
      interval: isLive ? .milliseconds(500) : nil)
    // Kept apart from the closure: what the terminal shows now.
    var table = ContactTable(
      isColoured: isLive && (Environment.value(of: "NO_COLOR") ?? "").isEmpty,
      columns: isLive ? Terminal.output.columns : nil)
    let meter = try plan.meter(
      calibrate == nil ? nil : ImpedanceCorrection(seriesOhms: plan.correction.seriesOhms))
    if isLive { Terminal.output.write(head(plan)) }
    func show(_ result: ImpedanceResult) {
      let note = result.lost == 0 ? "Ctrl-C ends it." : "\(result.lost) samples were lost."
      Terminal.output.writeIfReady(
        table.repaint(rows(result, plan: plan, of: chosen), note: note))
    }
    let result: ImpedanceResult
    switch configuration.amplifier.kind {
    case "ads1299":
      result = try measurement.run(
        try configuration.linuxAmplifier(plan.chips), meter: meter, show: show)
    case "replay":
      throw Failure(
        .configuration,
        "a recording has no electrodes to measure: choose amplifier.kind model or ads1299")
    default:
      if let kind = configuration.streamKind {
        result = try measurement.run(
          try configuration.streamAmplifier(kind, chips: plan.chips), meter: meter, show: show)
      } else {
        result = try measurement.run(
          try configuration.modelledAmplifier(plan.chips.first), meter: meter, show: show)
      }
    }
    guard result.windows > 0 || isLive else {
      throw Failure(
        .unavailable,
        "there was no undisturbed second in \(result.span.readable), \(result.lost) samples were "
          + "lost: measure longer, or lower the rate")
    }
    if let known = calibrate {
      try ImpedanceCalibration(
        knownOhms: known.ohms, seriesOhms: plan.correction.seriesOhms,
        readings: chosen.map { (plan.montage.channels[$0].label, result.readings[$0]) }
      ).tell(asJSON: json)
    } else if json {
      Terminal.output.write(page(result, plan: plan, of: chosen).page)
    } else if !isLive {
      Terminal.output.write(
        head(plan) + table.page(rows(result, plan: plan, of: chosen))
          + (result.lost == 0 ? "" : "\(result.lost) samples were lost.\n"))
    }
  }

  /// Indices of the channels that are shown.
  private func chosenChannels(_ plan: ImpedancePlan) throws(Failure) -> [Int] {
    let labels = plan.montage.channels.map(\.label)
    let measured = plan.measured
    // With the reference only that of the current.
    if plan.side == .reference { return measured }
    guard let channels else { return measured }
    var chosen: [Int] = []
    for part in channels.split(separator: ",") {
      let name = String(part.filter { $0 != " " })
      guard let index = measured.first(where: { labels[$0] == name }) else {
        let known = measured.map { labels[$0] }.joined(separator: ", ")
        throw Failure(.usage, "--channels: there is no electrode \(name), only \(known)")
      }
      if !chosen.contains(index) { chosen.append(index) }
    }
    guard !chosen.isEmpty else { throw Failure(.usage, "--channels names no electrode") }
    return chosen
  }

  private func rows(_ result: ImpedanceResult, plan: ImpedancePlan, of chosen: [Int])
    -> [ContactRow]
  {
    chosen.map { channel in
      let reading = result.readings[channel]
      return ContactRow(
        label: plan.side == .reference ? "reference" : plan.montage.channels[channel].label,
        reading: reading,
        grade: plan.thresholds.grade(reading, fullScaleOhms: result.fullScaleOhms[channel]))
    }
  }

  /// What is measured, and with what.
  private func head(_ plan: ImpedancePlan) -> String {
    let what =
      plan.side == .reference
      ? "the common reference electrode" : "each electrode; the reference carries no current"
    let scale =
      plan.correction.calibration == 1
      ? "not calibrated: as exact as the chip's current (see --calibrate)"
      : "calibration \(plan.correction.calibration)"
    return "±\(current.text) at \(decimal(plan.excitation.frequency.rawValue, places: 2)) Hz "
      + "through \(what)\n\(scale)\n\n"
  }

  private func page(_ result: ImpedanceResult, plan: ImpedancePlan, of chosen: [Int]) -> JSON {
    .object([
      .init("schemaVersion", .integer(1)),
      .init("measures", .string(plan.side.rawValue)),
      .init("currentAmperes", .number(plan.excitation.amperes)),
      .init("frequencyHertz", .number(plan.excitation.frequency.rawValue)),
      .init("samplesPerSecond", .number(plan.excitation.samplesPerSecond)),
      .init("calibration", .number(plan.correction.calibration)),
      .init("seriesOhms", .number(plan.correction.seriesOhms)),
      .init("durationNanoseconds", .integer(result.span.rawValue)),
      .init("frames", .unsigned(result.frames)),
      .init("lost", .unsigned(result.lost)),
      .init("windows", .unsigned(result.windows)),
      .init("electrodes", .array(rows(result, plan: plan, of: chosen).map(\.json))),
    ])
  }
}
