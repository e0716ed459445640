// Every key of the configuration, in one table: its name, its place, its meaning.
//
// The table reads a file, an environment variable and `--set`, checks for unknown keys, and
// prints the annotated example. A new setting is one line here and one field in Configuration.

/// A value as TOML, the environment or the command line gives it.
enum SettingValue: Equatable {
  case string(String)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case strings([String])
  case numbers([Double])

  var kind: String {
    switch self {
    case .string: "text"
    case .integer: "a whole number"
    case .number: "a number"
    case .bool: "true or false"
    case .strings: "a list of texts"
    case .numbers: "a list of numbers"
    }
  }

  /// As it stands in a TOML file.
  var toml: String {
    switch self {
    case .string(let text): Self.quoted(text)
    case .integer(let number): String(number)
    case .number(let number): number.description
    case .bool(let flag): flag ? "true" : "false"
    case .strings(let texts): "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
    case .numbers(let numbers): "[" + numbers.map(\.description).joined(separator: ", ") + "]"
    }
  }
}

extension SettingValue {
  fileprivate static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}

/// One key.
struct Setting {
  /// `section.key`.
  let name: String
  let help: String
  /// Words that are allowed; empty: any.
  let choices: [String]
  let read: (Configuration) -> SettingValue
  /// Nil when set, else what is wrong: "must be a whole number, not text".
  let write: (inout Configuration, SettingValue) -> String?

  var section: String { String(name.prefix { $0 != "." }) }
  var key: String { String(name.drop { $0 != "." }.dropFirst()) }
  /// `ACQUIRE_AMPLIFIER_SPI_DEVICE`.
  var environmentVariable: String {
    "ACQUIRE_" + name.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
  }
}

extension Setting {
  static func text(
    _ name: String, _ path: WritableKeyPath<Configuration, String>, _ help: String,
    choices: [String] = []
  ) -> Setting {
    Setting(name: name, help: help, choices: choices) {
      .string($0[keyPath: path])
    } write: { configuration, value in
      guard case .string(let text) = value else { return "must be text, not \(value.kind)" }
      guard choices.isEmpty || choices.contains(text) else {
        return "must be one of \(choices.joined(separator: ", ")), not \"\(text)\""
      }
      configuration[keyPath: path] = text
      return nil
    }
  }

  static func whole(
    _ name: String, _ path: WritableKeyPath<Configuration, Int>, _ help: String,
    in range: ClosedRange<Int>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .integer($0[keyPath: path])
    } write: { configuration, value in
      guard case .integer(let number) = value else {
        return "must be a whole number, not \(value.kind)"
      }
      guard range.contains(number) else {
        return "must lie in \(range.lowerBound)…\(range.upperBound), not be \(number)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func oneOf(
    _ name: String, _ path: WritableKeyPath<Configuration, Int>, _ help: String, _ numbers: [Int]
  ) -> Setting {
    Setting(name: name, help: help, choices: numbers.map(String.init)) {
      .integer($0[keyPath: path])
    } write: { configuration, value in
      guard case .integer(let number) = value, numbers.contains(number) else {
        let found = if case .integer(let number) = value { String(number) } else { value.kind }
        let list = numbers.map(String.init).joined(separator: ", ")
        return "must be one of \(list), not \(found)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func number(
    _ name: String, _ path: WritableKeyPath<Configuration, Double>, _ help: String,
    in range: ClosedRange<Double>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .number($0[keyPath: path])
    } write: { configuration, value in
      let number: Double
      switch value {
      case .integer(let whole): number = Double(whole)
      case .number(let real): number = real
      case .string, .bool, .strings, .numbers: return "must be a number, not \(value.kind)"
      }
      // A NaN is in no range.
      guard range.contains(number) else {
        return "must lie in \(range.lowerBound)…\(range.upperBound), not be \(number)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool>, _ help: String
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .bool($0[keyPath: path])
    } write: { configuration, value in
      guard case .bool(let flag) = value else {
        return "must be true or false, not \(value.kind)"
      }
      configuration[keyPath: path] = flag
      return nil
    }
  }

  static func texts(
    _ name: String, _ path: WritableKeyPath<Configuration, [String]>, _ help: String
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .strings($0[keyPath: path])
    } write: { configuration, value in
      guard case .strings(let texts) = value, !texts.isEmpty else {
        return "must be a list of texts with at least one, not \(value.kind)"
      }
      configuration[keyPath: path] = texts
      return nil
    }
  }

  /// Any count of numbers, each in a range; none at all is a list, too.
  static func numbers(
    _ name: String, _ path: WritableKeyPath<Configuration, [Double]>, _ help: String,
    in range: ClosedRange<Double>
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .numbers($0[keyPath: path])
    } write: { configuration, value in
      let numbers: [Double]
      switch value {
      case .numbers(let list): numbers = list
      // An empty list has no kind.
      case .strings(let texts) where texts.isEmpty: numbers = []
      default: return "must be a list of numbers, not \(value.kind)"
      }
      // A NaN is in no range.
      for number in numbers where !range.contains(number) {
        return "must hold numbers in \(range.lowerBound)…\(range.upperBound), not \(number)"
      }
      configuration[keyPath: path] = numbers
      return nil
    }
  }

  /// Two numbers, the first the smaller.
  static func band(
    _ name: String, _ path: WritableKeyPath<Configuration, [Double]>, _ help: String
  ) -> Setting {
    Setting(name: name, help: help, choices: []) {
      .numbers($0[keyPath: path])
    } write: { configuration, value in
      guard case .numbers(let numbers) = value, numbers.count == 2,
        numbers[0] > 0, numbers[0] < numbers[1]
      else { return "must be two rising numbers such as [8.0, 30.0]" }
      configuration[keyPath: path] = numbers
      return nil
    }
  }
}

extension Setting {
  /// All settings, in the order of the example file.
  static var all: [Setting] { amplifier + signal + gate + impedance + decoder + exoskeleton + host }

  private static var amplifier: [Setting] {
    [
      .text(
        "amplifier.kind", \.amplifier.kind, "where samples come from",
        choices: ["model", "ads1299", "replay"]),
      .oneOf(
        "amplifier.rate", \.amplifier.rate, "samples a second",
        [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]),
      .oneOf("amplifier.gain", \.amplifier.gain, "of every channel", [1, 2, 4, 6, 8, 12, 24]),
      .texts("amplifier.channels", \.amplifier.channels, "electrode labels, one a channel"),
      .text(
        "amplifier.input", \.amplifier.input, "what the model's electrodes carry",
        choices: ["recording", "test-signal", "silence"]),
      .text(
        "amplifier.recording", \.amplifier.recording,
        "BDF or EDF file to play; empty: the embedded motor imagery"),
      .text(
        "amplifier.clock", \.amplifier.clock,
        "model only: held keeps conversions for a late host, free-running loses them as silicon",
        choices: ["held", "free-running"]),
      .numbers(
        "amplifier.electrode-ohms", \.amplifier.electrodeOhms,
        "model only: resistance of each electrode, inf: fallen off", in: 0...Double.infinity),
      .text("amplifier.spi-device", \.amplifier.spiDevice, "spidev node of the chip"),
      .whole(
        "amplifier.spi-hertz", \.amplifier.spiHertz, "SPI clock", in: 110_000...20_000_000),
      .text(
        "amplifier.data-ready-chip", \.amplifier.dataReadyChip,
        "label of DRDY's gpiochip (`acquire devices` lists them)"),
      .whole(
        "amplifier.data-ready-line", \.amplifier.dataReadyLine, "line offset of DRDY",
        in: 0...1_023),
      .whole(
        "amplifier.reset-line", \.amplifier.resetLine, "line offset of RESET, -1: opcode",
        in: -1...1_023),
      .whole(
        "amplifier.start-line", \.amplifier.startLine, "line offset of START, -1: opcode",
        in: -1...1_023),
      .whole(
        "amplifier.power-down-line", \.amplifier.powerDownLine,
        "line offset of PWDN, -1: not connected", in: -1...1_023),
    ]
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
    ]
  }

  private static var exoskeleton: [Setting] {
    [
      .text("exoskeleton.port", \.exoskeleton.port, "serial device, virtual, or none"),
      .whole("exoskeleton.baud", \.exoskeleton.baud, "bits a second", in: 1_200...12_000_000),
      .texts(
        "exoskeleton.targets", \.exoskeleton.targets,
        "what each class asks for: neutral, hold, or degrees"),
      .number(
        "exoskeleton.position-minimum", \.exoskeleton.positionMinimumDegrees, "degrees",
        in: -360...360),
      .number(
        "exoskeleton.position-maximum", \.exoskeleton.positionMaximumDegrees, "degrees",
        in: -360...360),
      .number(
        "exoskeleton.velocity-maximum", \.exoskeleton.velocityMaximumDegreesPerSecond, "deg/s",
        in: 0.1...1_000),
      .number(
        "exoskeleton.acceleration-maximum",
        \.exoskeleton.accelerationMaximumDegreesPerSecondSquared, "deg/s²", in: 0.1...100_000),
      .number(
        "exoskeleton.control-period", \.exoskeleton.controlPeriodSeconds,
        "between commands, seconds", in: 0.001...0.2),
      .number(
        "exoskeleton.frame-timeout", \.exoskeleton.frameTimeoutSeconds,
        "neutral when no frame came for so long, seconds", in: 0.002...1),
      .number(
        "exoskeleton.decision-timeout", \.exoskeleton.decisionTimeoutSeconds,
        "neutral when no decision came for so long, seconds", in: 0.01...5),
      .number(
        "exoskeleton.acknowledgement-timeout", \.exoskeleton.acknowledgementTimeoutSeconds,
        "neutral when no acknowledgement came for so long, seconds", in: 0.005...2),
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
    ]
  }
}
