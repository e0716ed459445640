// From the words of [amplifier] to an amplifier that streams packets over USB or a serial line.

import Amplifiers
import RT
import Signal

extension Configuration {
  /// The kind that is configured, when it streams packets.
  var streamKind: AmplifierKind? { AmplifierKind.named(amplifier.kind) }

  /// The amplifier that is configured.
  ///
  /// - Parameter chips: what an OpenBCI board's chips shall do instead of `boardChips()`.
  func streamProfile(_ kind: AmplifierKind, chips: [ADS1299Configuration]? = nil) throws(Failure)
    -> AmplifierProfile
  {
    var settings = StreamSettings()
    // The electrodes of the default montage are for those with as many channels.
    let isDefault = amplifier.channels == AmplifierSection().channels
    settings.labels = isDefault && kind.word != "cyton" ? [] : amplifier.channels
    settings.samplesPerSecond = amplifier.deviceRate > 0 ? amplifier.deviceRate : nil
    settings.microvoltsPerCount =
      amplifier.microvoltsPerCount > 0 ? amplifier.microvoltsPerCount : nil
    settings.extraByteCount = amplifier.extraBytes
    settings.speedMode = amplifier.speedMode
    settings.generation = amplifier.generation
    if isOpenBCI {
      let chips = if let chips { chips } else { try boardChips() }
      settings.cyton = CytonConfiguration(
        chips: chips, boardMode: boardMode, hasTimeStamps: amplifier.timeStamps)
    }
    return try explaining(.configuration, prefix: "[amplifier] ") { () throws(AmplifierFault) in
      try kind.profile(settings)
    }
  }

  /// The amplifier itself.
  ///
  /// - Parameter gathering: what has come is taken once in so long; nil: at once.
  func streamAmplifier(
    _ kind: AmplifierKind, chips: [ADS1299Configuration]? = nil, gathering: Nanoseconds? = nil
  ) throws(Failure) -> PacketAmplifier {
    if !amplifier.port.isEmpty,
      SerialPort.realPath(amplifier.port) ?? "" == SerialPort.realPath(exoskeleton.port)
    {
      throw Failure(
        .configuration,
        "`amplifier.port` and `exoskeleton.port` are both \(amplifier.port): what is said to an "
          + "amplifier must not reach a drive; name another")
    }
    let place: AmplifierPlace =
      amplifier.port.isEmpty
      ? .usb(serialNumber: amplifier.serialNumber, sparing: exoskeletonTopology)
      : .serial(path: amplifier.port)
    var profile = try streamProfile(kind, chips: chips)
    if let gathering {
      do throws(AmplifierFault) {
        try profile.gather(every: gathering, at: place)
      } catch {
        throw Failure(.usage, error.message)
      }
    }
    return PacketAmplifier(profile, at: place)
  }

  /// Taking its adapter from the kernel would leave the exoskeleton to itself.
  private var exoskeletonTopology: String? { SerialPort.place(of: exoskeleton.port)?.device }

  var isOpenBCI: Bool { amplifier.kind == "cyton" || amplifier.kind == "daisy" }

  /// What the ADS1299 of an OpenBCI board shall do: the board's, then the Daisy's.
  func boardChips() throws(Failure) -> [ADS1299Configuration] {
    var board = self
    let isDaisy = amplifier.kind == "daisy"
    // Two chips that are set up apart from each other; what is said of wires is not for them.
    board.amplifier.spiDevices = isDaisy ? ["board", "daisy"] : ["board"]
    board.amplifier.arrangement = isDaisy ? "cascade" : "single"
    board.amplifier.chips = 0
    board.amplifier.dataReadyLines = []
    board.amplifier.canary = -1
    board.amplifier.clockOutput = "off"
    board.amplifier.readMode = "rdata"
    if isDaisy && amplifier.channels == AmplifierSection().channels {
      board.amplifier.channels = (1...16).map { "CH\($0)" }
    }
    let wanted = isDaisy ? 16 : 8
    guard board.amplifier.channels.count == wanted else {
      throw Failure(
        .configuration,
        "`amplifier.channels` names \(amplifier.channels.count), but a \(amplifier.kind) has "
          + "\(wanted): name as many")
    }
    if amplifier.reference == "usual" { board.amplifier.reference = "srb2" }
    board.amplifier.kind = "ads1299"
    return try board.chips()
  }

  private var boardMode: CytonConfiguration.BoardMode {
    switch amplifier.boardMode {
    case "analog": .analog
    case "digital": .digital
    case "marker": .marker
    default: .acceleration
    }
  }
}
