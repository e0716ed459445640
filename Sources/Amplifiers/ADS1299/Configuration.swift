// What a person decides about the chip, checked as a whole before anything is touched.

public import Signal

/// How an ADS1299 is to be set up.
///
/// The default: eight channels, 250 SPS, gain 24, normal electrode inputs against SRB1, the bias
/// amplifier driven by all positive inputs, lead-off detection off.
public struct ADS1299Configuration: Sendable, Equatable {
  /// Electrodes from which the bias ("driven right leg") signal is derived.
  public struct Bias: Sendable, Equatable {
    public var positive: ADS1299.ChannelMask
    public var negative: ADS1299.ChannelMask
    /// The amplifier of this chip drives the electrode. false: that of another chip does, to which
    /// this one's signal is wired; of several chips one may drive (TI E2E 662475).
    public var isDriver: Bool

    public init(
      positive: ADS1299.ChannelMask, negative: ADS1299.ChannelMask = [], isDriver: Bool = true
    ) {
      self.positive = positive
      self.negative = negative
      self.isDriver = isDriver
    }
  }

  /// How frames are asked for.
  public enum ReadMode: Sendable, Equatable {
    /// RDATA: an opcode for each frame. A read may overlap the next conversion without harm, and
    /// registers can be read between two frames (SBAS499A p. 37).
    case onRequest
    /// RDATAC: a byte less for each frame; a read that straddles a conversion is torn, and
    /// registers are reached only by leaving it: once a second up to 2 kSPS, and after a
    /// standstill.
    case continuous
  }

  /// Electrodes whose contact is watched while recording.
  public struct LeadOffDetection: Sendable, Equatable {
    public var settings: ADS1299.LeadOff
    public var positive: ADS1299.ChannelMask
    public var negative: ADS1299.ChannelMask
    /// Channels whose current flows the other way.
    public var flipped: ADS1299.ChannelMask

    public init(
      settings: ADS1299.LeadOff = ADS1299.LeadOff(), positive: ADS1299.ChannelMask,
      negative: ADS1299.ChannelMask = [], flipped: ADS1299.ChannelMask = []
    ) {
      self.settings = settings
      self.positive = positive
      self.negative = negative
      self.flipped = flipped
    }
  }

  /// The chip that must answer.
  public var variant: ADS1299.Identity.Variant
  public var dataRate: ADS1299.DataRate
  /// One for each channel of the variant.
  public var channels: [ADS1299.ChannelSettings]
  /// SRB1: one reference electrode on all negative inputs.
  public var connectsSRB1 = true
  /// nil: no electrode feeds it and the amplifier is off.
  public var bias: Bias?
  /// nil: off.
  public var leadOff: LeadOffDetection?
  /// The test source; channels see it when their input is `.testSignal`.
  public var testSource = ADS1299.Config2()
  /// Drives the CLK pin for other chips.
  public var clockOutput = false
  /// One of several chips that are read one after the other, each by a chip select of its own:
  /// DAISY_EN of CONFIG1. false for a single chip and in a daisy chain.
  public var isReadSeparately = false
  public var readMode = ReadMode.onRequest
  /// A pattern for the chip's four GPIO pins, pin 1 in bit 0, that comes back in every status
  /// word: after a brown-out it does not, and the frame is flagged. nil: the pins are driven low
  /// and not looked at. Only for boards on which the pins are free.
  public var statusCanary: UInt8?

  public init(
    variant: ADS1299.Identity.Variant = .eightChannels, dataRate: ADS1299.DataRate = .sps250,
    gain: ADS1299.Gain = .x24
  ) {
    self.variant = variant
    self.dataRate = dataRate
    channels = Array(repeating: .init(gain: gain), count: variant.channelCount)
    bias = Bias(positive: .first(variant.channelCount))
  }

  /// From numbers as a person writes them.
  ///
  /// - Throws: `.unsupported`, naming what the chip offers.
  public init(samplesPerSecond: Double, gain: Double, channelCount: Int = 8)
    throws(AmplifierFault)
  {
    guard let rate = ADS1299.DataRate(samplesPerSecond: samplesPerSecond) else {
      throw .unsupported(
        "the ADS1299 cannot sample at \(samplesPerSecond) a second: choose 250, 500, 1000, 2000, "
          + "4000, 8000 or 16000")
    }
    guard let gain = ADS1299.Gain(gain) else {
      throw .unsupported(
        "the ADS1299 has no gain of \(gain): choose 1, 2, 4, 6, 8, 12 or 24")
    }
    guard
      let variant = ADS1299.Identity.Variant.allCases.first(where: {
        $0.channelCount == channelCount
      })
    else {
      throw .unsupported("no ADS1299 has \(channelCount) channels: configure 4, 6 or 8")
    }
    self.init(variant: variant, dataRate: rate, gain: gain)
  }

  /// Whether the chip can do all this at once.
  ///
  /// - Throws: `.unsupported` with one sentence.
  public func validate() throws(AmplifierFault) {
    let count = variant.channelCount
    guard channels.count == count else {
      throw .unsupported(
        "\(variant.name) has \(count) channels, \(channels.count) are configured: name \(count)")
    }
    let present = ADS1299.ChannelMask.first(count)
    let masks = [
      bias?.positive, bias?.negative, leadOff?.positive, leadOff?.negative, leadOff?.flipped,
    ]
    for mask in masks where !(mask ?? []).isSubset(of: present) {
      throw .unsupported(
        "bias or lead-off detection names a channel beyond the \(count) of \(variant.name): "
          + "remove it")
    }
    if let statusCanary, statusCanary > 0xF {
      throw .unsupported("the status canary has four bits, \(statusCanary) has more: use 0 to 15")
    }
    // A direct current needs a way back (TI E2E 440126).
    if let leadOff, bias == nil, leadOff.positive != leadOff.negative {
      throw .unsupported(
        "lead-off currents have no way back: switch the bias amplifier on, or drive both inputs "
          + "of each watched channel")
    }
    for (index, channel) in channels.enumerated()
    where channel.input == .testSignal && !testSource.isInternal {
      throw .unsupported(
        "channel \(index + 1) measures the test signal, which is off: switch the test source on")
    }
  }

  /// What each register shall hold, by address; registers that are not written hold their reset
  /// value here.
  public func registerValues() -> [UInt8] {
    var values = ADS1299.Register.allCases.map(\.resetValue)
    func set(_ register: ADS1299.Register, _ value: UInt8) {
      values[Int(register.rawValue)] = value
    }
    set(
      .config1,
      ADS1299.Config1(dataRate, readsBackSeparately: isReadSeparately, clockOutput: clockOutput)
        .rawValue)
    set(.config2, testSource.rawValue)
    set(
      .config3,
      ADS1299.Config3(
        internalReference: true,
        biasMeasurement: channels.contains { $0.input == .biasMeasurement },
        internalBiasReference: true, biasAmplifier: bias?.isDriver ?? false
      ).rawValue)
    set(.loff, (leadOff?.settings ?? ADS1299.LeadOff()).rawValue)
    for (index, channel) in channels.enumerated() {
      if let register = ADS1299.Register.channel(index) { set(register, channel.rawValue) }
    }
    set(.biasSensP, bias?.positive.rawValue ?? 0)
    set(.biasSensN, bias?.negative.rawValue ?? 0)
    set(.loffSensP, leadOff?.positive.rawValue ?? 0)
    set(.loffSensN, leadOff?.negative.rawValue ?? 0)
    set(.loffFlip, leadOff?.flipped.rawValue ?? 0)
    // Outputs: an input that is left open flickers and adds noise.
    set(.gpio, ADS1299.Pins(levels: statusCanary ?? 0, inputs: 0).rawValue)
    set(.misc1, ADS1299.Misc1(connectsSRB1: connectsSRB1).rawValue)
    set(.config4, ADS1299.Config4(leadOffComparators: leadOff != nil).rawValue)
    return values
  }

  /// What a frame of this chip means.
  ///
  /// - Parameter labels: one a channel; channels without one are called "CH1", "CH2", ...
  public func montage(labels: [String]) -> Montage {
    Montage(
      channels: channels.enumerated().map { index, channel in
        .init(
          label: index < labels.count ? labels[index] : "CH\(index + 1)",
          microvoltsPerCount: channel.gain.microvoltsPerCount)
      },
      samplesPerSecond: Double(dataRate.samplesPerSecond))
  }
}
