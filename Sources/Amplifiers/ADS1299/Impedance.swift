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
    /// Each channel's own electrode: at its positive input, or at the negative one where SRB2 makes
    /// the positive input the reference.
    case electrodes
    /// The common reference, at SRB1 or SRB2, by one channel's current only: those of all channels
    /// would add up in that electrode.
    case reference
  }

  /// Switches the alternating current on for the channels that measure an electrode.
  ///
  /// The bias amplifier gives it a way back and stays as it is. Without a common reference,
  /// `.reference` switches nothing on.
  public mutating func measureImpedance(
    _ side: ImpedanceSide = .electrodes, current: ADS1299.LeadOff.Current = .nanoamperes6,
    frequency: ADS1299.LeadOff.Frequency = .hertz31
  ) {
    var positive = ADS1299.ChannelMask()
    var negative = ADS1299.ChannelMask()
    for (index, channel) in channels.enumerated()
    where channel.input == .electrode && !channel.isPoweredDown {
      let bit = ADS1299.ChannelMask(rawValue: 1 << UInt8(index))
      switch side {
      case .electrodes where channel.connectsSRB2: negative.insert(bit)
      case .electrodes: positive.insert(bit)
      case .reference where !positive.isEmpty || !negative.isEmpty: break
      case .reference where connectsSRB1: negative.insert(bit)
      case .reference where channel.connectsSRB2: positive.insert(bit)
      case .reference: break
      }
    }
    guard !positive.isEmpty || !negative.isEmpty else {
      leadOff = nil
      return
    }
    leadOff = LeadOffDetection(
      settings: ADS1299.LeadOff(current: current, frequency: frequency), positive: positive,
      negative: negative)
  }

  /// What the meter must know of the current; nil while there is no alternating one.
  ///
  /// - Parameter averaged: conversions whose mean the firmware sends as one sample.
  public func impedanceExcitation(averaged: Int = 1) throws(ImpedanceFault)
    -> ImpedanceExcitation?
  {
    guard let settings = leadOff?.settings,
      let periodSamples = settings.frequency.periodSamples(at: dataRate)
    else { return nil }
    return try ImpedanceExcitation(
      amperes: settings.current.amperes, periodSamples: periodSamples / averaged,
      samplesPerSecond: Double(dataRate.samplesPerSecond) / Double(averaged),
      decimation: dataRate.decimation, averaged: averaged)
  }
}
