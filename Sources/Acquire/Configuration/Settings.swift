// Every key of the configuration, in one table: its name, its place, its meaning.
//
// The table reads a file, an environment variable and `--set`, checks for unknown keys, and
// prints the annotated example. A new setting is one line here and one field in Configuration.

extension Setting {
  /// All settings, in the order of the example file.
  static var all: [Setting] {
    amplifier + signal + gate + impedance + decoder + exoskeleton + host + budget
  }

  private static var signal: [Setting] {
    [
      .number("signal.dc-corner", \.signal.dcCornerHertz, "DC removal, hertz", in: 0.01...5),
      .oneOf("signal.mains", \.signal.mainsHertz, "hertz; 0: no notch", [0, 50, 60]),
      .number("signal.notch-quality", \.signal.notchQuality, "notch: f0 / width", in: 1...200),
      .text(
        "signal.filter", \.signal.filter, "band-pass: causal IIR, or linear-phase FIR",
        choices: ["butterworth", "fir"]),
      .band("signal.band", \.signal.bandHertz, "pass band, hertz"),
      .whole("signal.order", \.signal.order, "order of the Butterworth prototype", in: 1...8),
      .whole("signal.taps", \.signal.taps, "taps of the FIR, odd", in: 3...8_191),
      .number(
        "signal.kalman-process-variance", \.signal.kalmanProcessVariance,
        "Kalman filter of each channel, µV² a second; 0: none", in: 0...1e12),
      .number(
        "signal.kalman-measurement-variance", \.signal.kalmanMeasurementVariance, "µV²",
        in: 1e-9...1e12),
      .flag("signal.common-average", \.signal.commonAverage, "subtract the channels' mean"),
      .number("signal.window", \.signal.windowSeconds, "band power window, seconds", in: 0.05...10),
    ]
  }

  private static var gate: [Setting] {
    [
      .number("gate.amplitude", \.gate.amplitudeMicrovolts, "closes above, µV", in: 1...1e6),
      .number(
        "gate.gradient", \.gate.gradientMicrovoltsPerMillisecond, "closes above, µV per ms",
        in: 0.01...1e6),
      .number("gate.flat", \.gate.flatMicrovolts, "flat: spans less, µV", in: 0...1e3),
      .number("gate.flat-time", \.gate.flatSeconds, "… for so long, seconds", in: 0.05...60),
      .number("gate.hold-off", \.gate.holdOffSeconds, "stays closed, seconds", in: 0...10),
      .flag("gate.lead-off", \.gate.leadOff, "the chip's lead-off bits close the gate"),
    ]
  }

  private static var impedance: [Setting] {
    [
      .number(
        "impedance.calibration", \.impedance.calibration,
        "known / measured, of this board (`acquire impedance --calibrate`); 1: not measured",
        in: 0.1...10),
      .number(
        "impedance.series-ohms", \.impedance.seriesOhms,
        "the board's resistors between chip and electrode, such as 2200", in: 0...1e6),
      .number("impedance.good", \.impedance.goodOhms, "a good contact is below, ohms", in: 1...1e9),
      .number("impedance.fair", \.impedance.fairOhms, "a fair contact is below, ohms", in: 1...1e9),
      .number("impedance.off", \.impedance.offOhms, "an electrode is off from, ohms", in: 1...1e9),
      .flag(
        "impedance.monitor", \.impedance.monitor,
        "measures during sessions, by 6 nA at a quarter of the rate, beyond the EEG"),
    ]
  }

  private static var decoder: [Setting] {
    [
      .text("decoder.model", \.decoder.model, "model file; empty: the embedded motor imagery"),
      .number(
        "decoder.period", \.decoder.periodSeconds, "between decisions, seconds", in: 0.004...5),
      .number(
        "decoder.enter", \.decoder.enterProbability, "probability to enter a class", in: 0...1),
      .number("decoder.exit", \.decoder.exitProbability, "… to leave it", in: 0...1),
      .whole(
        "decoder.dwell", \.decoder.dwellDecisions, "decisions in a row to enter", in: 1...1_000),
      .number(
        "decoder.drift-ratio", \.decoder.driftRatio,
        "neutral when a band power has left the model's centre by this factor; 0: never",
        in: 0...1_000),
      .number(
        "decoder.drift-span", \.decoder.driftSeconds, "… on average over so many seconds",
        in: 1...3_600),
    ]
  }

  private static var host: [Setting] {
    [
      .text("recording.folder", \.recording.folder, "where recordings go"),
      .number(
        "recording.durable", \.recording.durableSeconds,
        "at most so much is lost when the power goes, seconds", in: 0.1...60),
      .flag(
        "realtime.allow-best-effort", \.realTime.allowBestEffort,
        "run without real-time scheduling where it is refused"),
      .text(
        "realtime.policy", \.realTime.policy, "scheduling of the two threads",
        choices: ["fifo", "rr", "other"]),
      .whole(
        "realtime.acquisition-priority", \.realTime.acquisitionPriority, "1…98", in: 1...98),
      .whole("realtime.decoding-priority", \.realTime.decodingPriority, "1…98", in: 1...98),
      .whole(
        "realtime.acquisition-cpu", \.realTime.acquisitionCPU, "-1: chosen", in: -1...1_023),
      .whole("realtime.decoding-cpu", \.realTime.decodingCPU, "-1: chosen", in: -1...1_023),
      .whole(
        "realtime.awake-before-frame", \.realTime.awakeBeforeFrameMicroseconds,
        "the decoding thread, microseconds; -1: 30 on a CPU of its own, else 0", in: -1...500),
    ]
  }
}
