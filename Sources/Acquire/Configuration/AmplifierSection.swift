// What a person may say about the amplifier: the chip, or several, and their wires.

struct AmplifierSection: Equatable {
  /// `model`, `ads1299`, `replay`, or one of `AmplifierKind.all`.
  var kind = "model"
  var rate = 250
  var gain = 24
  /// Electrode labels, one a channel; as many as there are channels, in the order of the chips.
  var channels = ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"]

  // What each channel measures.

  /// One a channel; empty: `gain` for all.
  var gains: [Int] = []
  /// One a channel; empty: electrodes.
  var inputs: [String] = []
  /// Labels of channels that are powered down.
  var off: [String] = []

  // Montage.

  /// `srb1`, `srb2`, `none`; `usual`: srb2 on OpenBCI's boards, srb1 elsewhere.
  var reference = "usual"
  /// With the reference SRB2: labels of the channels that take it; empty: all.
  var srb2: [String] = []
  /// Labels of channels that feed the bias amplifier; `all`; or `none`, and it is off.
  var bias = ["all"]
  /// Which input of such a channel: `electrode`, `positive`, `negative` or `both`.
  var biasInputs = "electrode"

  // Contact and self-tests.

  /// `off` or `dc`.
  var leadOff = "off"
  var leadOffCurrent = "6nA"
  /// Per cent of the supply.
  var leadOffThreshold = 95.0
  /// The pattern on the chip's GPIO pins, or -1.
  var canary = -1
  /// `1.875mV` or `3.75mV`.
  var testSignalAmplitude = "1.875mV"
  /// `slow`, `fast` or `dc`.
  var testSignalFrequency = "slow"

  // How it is read.

  /// `rdata` or `rdatac`.
  var readMode = "rdata"
  /// `off` or `first`.
  var clockOutput = "off"

  // Several chips.

  /// `single`, `cascade` or `daisy-chain`.
  var arrangement = "single"
  /// 0: one for each SPI device.
  var chips = 0

  // Amplifiers on USB or a serial line.

  /// A serial line; empty: USB.
  var port = ""
  /// Of the device on USB; empty: the only one.
  var serialNumber = ""
  /// Samples a second where the firmware decides it; 0: the usual.
  var deviceRate = 0.0
  /// 0: the usual.
  var microvoltsPerCount = 0.0
  var extraBytes = 0
  /// `acceleration`, `analog`, `digital` or `marker`.
  var boardMode = "acceleration"
  var timeStamps = false
  var speedMode = 4
  var generation = 2

  // The model.

  /// What the model's electrodes carry: `recording`, `test-signal` or `silence`.
  var input = "recording"
  /// The recording that the model plays or that is replayed; empty: the embedded one.
  var recording = ""
  /// Resistances of the model's electrodes, ohms; without a value 0.
  var electrodeOhms = [5_000.0, 8_000, 12_000, 6_000, 4_000, 9_000, 30_000, 70_000]
  /// The model's clock: `held` or `free-running`.
  var clock = "held"

  // The board.

  var spiDevice = "/dev/spidev0.0"
  /// One for each chip select; empty: `spiDevice`.
  var spiDevices: [String] = []
  var spiHertz = 4_000_000
  /// Label of the gpiochip that DRDY is on; never a number, numbers move between kernels.
  var dataReadyChip = "pinctrl-bcm2711"
  var dataReadyLine = 26
  /// One for each chip whose DRDY is connected, the first chip's first; empty: `dataReadyLine`.
  var dataReadyLines: [Int] = []
  /// Lines on the same chip; -1: not connected, the opcode is used.
  var resetLine = -1
  var startLine = -1
  var powerDownLine = -1
}
