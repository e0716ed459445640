// The chip's lead-off current as a measure of impedance: what LOFF's codes mean in amperes and
// samples.

public import Signal

extension ADS1299.LeadOff.Current {
  /// SBAS499A p. 43, ILEAD_OFF: what is printed; a chip's own current differs, hence calibration.
  public var amperes: Double {
    switch self {
    case .nanoamperes6: 6e-9
    case .nanoamperes24: 24e-9
    case .microamperes6: 6e-6
    case .microamperes24: 24e-6
    }
  }

  /// Meant for electrodes on a person. The two others are for test loads.
  public var isForPeople: Bool {
    switch self {
    case .nanoamperes6, .nanoamperes24: true
    case .microamperes6, .microamperes24: false
    }
  }
}

extension ADS1299.LeadOff.Frequency {
  /// SBAS499A p. 43, FLEAD_OFF: fCLK / 2^18, fCLK / 2^16 and fDR / 4 in samples, exactly; nil for a
  /// direct current.
  public func periodSamples(at rate: ADS1299.DataRate) -> Int? {
    switch self {
    case .direct: nil
    case .hertz8: 2_048 >> Int(rate.rawValue)
    case .hertz31: 512 >> Int(rate.rawValue)
    case .quarterRate: 4
    }
  }
}

extension ADS1299.DataRate {
  /// Modulator clocks (fCLK / 2) in a conversion: 64 at 16 kSPS, 4096 at 250 SPS.
  public var decimation: Int { 64 << Int(rawValue) }
}

extension ADS1299Configuration {
  /// Which electrodes the current flows through.
  public enum ImpedanceSide: String, Sendable, CaseIterable {
    /// The positive input of every channel: each channel sees its own electrode.
    case electrodes
    /// The negative input of channel 1, and with it SRB1: every channel sees the common reference.
    /// One channel's current only: with SRB1 the currents of all would add up in that electrode.
    case reference
  }

  /// Switches the alternating current on for the channels that measure an electrode.
  ///
  /// The bias amplifier gives it a way back and stays as it is.
  public mutating func measureImpedance(
    _ side: ImpedanceSide = .electrodes, current: ADS1299.LeadOff.Current = .nanoamperes6,
    frequency: ADS1299.LeadOff.Frequency = .hertz31
  ) {
    var measured = ADS1299.ChannelMask()
    for (index, channel) in channels.enumerated()
    where channel.input == .electrode && !channel.isPoweredDown {
      measured.insert(ADS1299.ChannelMask(rawValue: 1 << UInt8(index)))
    }
    let settings = ADS1299.LeadOff(current: current, frequency: frequency)
    switch side {
    case .electrodes:
      leadOff = LeadOffDetection(settings: settings, positive: measured)
    case .reference:
      leadOff = LeadOffDetection(
        settings: settings, positive: [], negative: ADS1299.ChannelMask(rawValue: 1))
    }
  }

  /// What the meter must know of the current; nil while there is no alternating one.
  public func impedanceExcitation() throws(ImpedanceFault) -> ImpedanceExcitation? {
    guard let settings = leadOff?.settings,
      let periodSamples = settings.frequency.periodSamples(at: dataRate)
    else { return nil }
    return try ImpedanceExcitation(
      amperes: settings.current.amperes, periodSamples: periodSamples,
      samplesPerSecond: Double(dataRate.samplesPerSecond), decimation: dataRate.decimation)
  }
}
