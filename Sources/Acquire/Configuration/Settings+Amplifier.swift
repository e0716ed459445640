// The keys of [amplifier].

import Amplifiers

extension Setting {
  static var amplifier: [Setting] { source + channel + chip + line + model + wires }

  private static var source: [Setting] {
    [
      .text(
        "amplifier.kind", \.amplifier.kind, "where samples come from",
        choices: ["model", "ads1299", "replay"] + AmplifierKind.all.map(\.word)),
      .oneOf(
        "amplifier.rate", \.amplifier.rate, "samples a second",
        [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]),
      .oneOf("amplifier.gain", \.amplifier.gain, "of every channel", [1, 2, 4, 6, 8, 12, 24]),
      .texts(
        "amplifier.channels", \.amplifier.channels,
        "electrode labels, one a channel; 4, 6 or 8 for each chip"),
    ]
  }

  /// What each channel measures, and against what.
  private static var channel: [Setting] {
    [
      .wholes(
        "amplifier.gains", \.amplifier.gains, "one a channel; empty: amplifier.gain for all",
        choices: [1, 2, 4, 6, 8, 12, 24]),
      .texts(
        "amplifier.inputs", \.amplifier.inputs, "one a channel; empty: electrode for all",
        mayBeEmpty: true,
        choices: [
          "electrode", "shorted", "test-signal", "temperature", "supply", "bias-measurement",
          "bias-drive-p", "bias-drive-n",
        ]),
      .texts(
        "amplifier.off", \.amplifier.off, "labels of channels to power down", mayBeEmpty: true),
      .text(
        "amplifier.reference", \.amplifier.reference,
        "srb1: on every negative input; srb2: on positive inputs, counts are reference - "
          + "electrode; usual: srb2 on OpenBCI's boards, srb1 elsewhere",
        choices: ["usual", "srb1", "srb2", "none"]),
      .texts(
        "amplifier.srb2", \.amplifier.srb2,
        "reference srb2: labels of the channels that take it; empty: all", mayBeEmpty: true),
      .texts(
        "amplifier.bias", \.amplifier.bias,
        "labels of channels that feed the bias amplifier; all; or none, and it is off"),
      .text(
        "amplifier.bias-inputs", \.amplifier.biasInputs,
        "with which input; electrode: the one that is not the reference, both without one",
        choices: ["electrode", "positive", "negative", "both"]),
    ]
  }

  /// Contact, self-tests, and how the chips work together.
  private static var chip: [Setting] {
    [
      .text(
        "amplifier.lead-off", \.amplifier.leadOff, "watches electrodes by a direct current",
        choices: ["off", "dc"]),
      .text(
        "amplifier.lead-off-current", \.amplifier.leadOffCurrent, "through each electrode",
        choices: ["6nA", "24nA", "6uA", "24uA"]),
      .oneOf(
        "amplifier.lead-off-threshold", \.amplifier.leadOffThreshold,
        "an electrode is off beyond so many per cent of the supply",
        [95, 92.5, 90, 87.5, 85, 80, 75, 70]),
      .whole(
        "amplifier.canary", \.amplifier.canary,
        "pattern that the chip drives on its GPIO pins, seen in every frame and gone after a "
          + "brown-out, which nothing else tells of the later chips of a daisy chain; only where "
          + "the pins are free; -1: none", in: -1...15),
      .text(
        "amplifier.test-signal-amplitude", \.amplifier.testSignalAmplitude,
        "for inputs on test-signal", choices: ["1.875mV", "3.75mV"]),
      .text(
        "amplifier.test-signal-frequency", \.amplifier.testSignalFrequency,
        "slow: 0.98 Hz, fast: 1.95 Hz", choices: ["slow", "fast", "dc"]),
      .text(
        "amplifier.read-mode", \.amplifier.readMode,
        "rdata: an opcode for each frame; rdatac: continuous, a late read is torn",
        choices: ["rdata", "rdatac"]),
      .text(
        "amplifier.clock-output", \.amplifier.clockOutput,
        "first: the first chip drives its CLK pin for the others", choices: ["off", "first"]),
      .text(
        "amplifier.arrangement", \.amplifier.arrangement,
        "cascade: a chip select each; daisy-chain: each chip's data through the one before",
        choices: ["single", "cascade", "daisy-chain"]),
      .whole(
        "amplifier.chips", \.amplifier.chips,
        "how many; 0: one for each SPI device; a chain on one chip select must say", in: 0...4),
    ]
  }

  /// Amplifiers that stream packets over USB or a serial line.
  private static var line: [Setting] {
    [
      .text(
        "amplifier.port", \.amplifier.port,
        "serial line of an amplifier that streams: /dev/ttyUSB0; empty: USB, by libusb"),
      .text(
        "amplifier.serial-number", \.amplifier.serialNumber,
        "of the USB device (`acquire devices` lists them); empty: the only one"),
      .number(
        "amplifier.device-rate", \.amplifier.deviceRate,
        "samples a second where firmware decides it; 0: openeeg 256, freeeeg32 512",
        in: 0...20_000),
      .number(
        "amplifier.microvolts-per-count", \.amplifier.microvoltsPerCount,
        "of openeeg and freeeeg32, by the board's gain; 0: 0.5 and 0.03725", in: 0...1_000),
      .whole(
        "amplifier.extra-bytes", \.amplifier.extraBytes,
        "freeeeg32: bytes that the firmware adds to its 99", in: 0...64),
      .text(
        "amplifier.board-mode", \.amplifier.boardMode, "cyton: what comes beside the channels",
        choices: ["acceleration", "analog", "digital", "marker"]),
      .flag(
        "amplifier.time-stamps", \.amplifier.timeStamps,
        "cyton: the board's milliseconds beside the channels"),
      .whole(
        "amplifier.speed-mode", \.amplifier.speedMode,
        "biosemi: the switch on the box, which decides rate and channels", in: 0...8),
      .whole(
        "amplifier.generation", \.amplifier.generation, "biosemi: of the box, MK1 or MK2", in: 1...2
      ),
    ]
  }

  private static var model: [Setting] {
    [
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
    ]
  }

  private static var wires: [Setting] {
    [
      .text("amplifier.spi-device", \.amplifier.spiDevice, "spidev node of the chip"),
      .texts(
        "amplifier.spi-devices", \.amplifier.spiDevices,
        "spidev nodes of several chips; empty: amplifier.spi-device", mayBeEmpty: true),
      .whole(
        "amplifier.spi-hertz", \.amplifier.spiHertz, "SPI clock", in: 110_000...20_000_000),
      .text(
        "amplifier.data-ready-chip", \.amplifier.dataReadyChip,
        "label of DRDY's gpiochip (`acquire devices` lists them)"),
      .whole(
        "amplifier.data-ready-line", \.amplifier.dataReadyLine, "line offset of DRDY",
        in: 0...1_023),
      .wholes(
        "amplifier.data-ready-lines", \.amplifier.dataReadyLines,
        "… of several chips, the first chip's first; empty: amplifier.data-ready-line",
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
}
