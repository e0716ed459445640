// From the configuration to a current, a meter and its thresholds, each checked before any device
// is touched.

import Amplifiers
import RT
import Signal

extension Configuration {
  /// The only chip, or those of an OpenBCI board, whose electrodes a current can measure.
  func measurableChips() throws(Failure) -> [ADS1299Configuration] {
    guard streamKind != nil else { return [try chip()] }
    guard isOpenBCI else {
      throw Failure(
        .configuration,
        "no current of \(amplifier.kind) measures its electrodes: choose amplifier.kind cyton, "
          + "daisy, ads1299 or model")
    }
    return try boardChips()
  }

  /// The current that flows while a session runs, at a quarter of the rate; nil: none.
  func impedanceMonitor() throws(Failure) -> ImpedancePlan? {
    guard impedance.monitor else { return nil }
    guard try measurableChips().allSatisfy({ $0.leadOff == nil }) else {
      throw Failure(
        .configuration,
        "impedance.monitor and amplifier.lead-off both need the chip's one lead-off current: "
          + "switch one off")
    }
    return try ImpedancePlan(self, frequency: .quarterRate)
  }
}

/// What a measurement of electrodes needs to know.
struct ImpedancePlan {
  typealias Side = ADS1299Configuration.ImpedanceSide

  /// The board's, then the Daisy's where there is one.
  let chips: [ADS1299Configuration]
  /// Channels that a current flows in, from 0.
  let measured: [Int]
  let montage: Montage
  let side: Side
  let current: ADS1299.LeadOff.Current
  let excitation: ImpedanceExcitation
  let correction: ImpedanceCorrection
  let thresholds: ContactThresholds

  /// - Throws: `Failure` for thresholds that do not rise, and for a frequency beside the mains.
  init(
    _ configuration: Configuration, side: Side = .electrodes,
    current: ADS1299.LeadOff.Current = .nanoamperes6, frequency: ADS1299.LeadOff.Frequency
  ) throws(Failure) {
    let section = configuration.impedance
    var chips = try configuration.measurableChips()
    for index in chips.indices {
      // Two chips have one reference electrode, in which their currents would add up.
      if side == .reference && index > 0 {
        chips[index].leadOff = nil
        continue
      }
      chips[index].measureImpedance(side, current: current, frequency: frequency)
    }
    guard let driven = chips.first(where: { $0.leadOff != nil }) else {
      throw Failure(
        .configuration,
        side == .reference
          ? "there is no common reference without SRB1 or SRB2: leave --reference out"
          : "no channel measures an electrode: give one back its electrode input")
    }
    let montage = try configuration.montage()
    let conversions = Double(driven.dataRate.samplesPerSecond)
    let found = try explaining(.configuration, prefix: "[impedance] ") {
      () throws(ImpedanceFault) in
      // A Daisy's board sends means of two.
      try driven.impedanceExcitation(averaged: Int(conversions / montage.samplesPerSecond))
    }
    guard let found else {
      throw Failure(.configuration, "a direct current measures no impedance: choose a frequency")
    }
    if let mains = Mains(rawValue: configuration.signal.mainsHertz),
      let harmonic = found.collidingHarmonic(of: mains)
    {
      let place = harmonic == 1 ? "the mains" : "harmonic \(harmonic) of the mains"
      throw Failure(
        .configuration,
        "at \(configuration.amplifier.rate) samples a second a quarter of the rate is "
          + "\(found.frequency.rawValue) Hz, too near to \(place) at \(mains.rawValue) Hz: measure "
          + "at 31.2 Hz without decoding (acquire impedance), or choose another amplifier.rate")
    }
    var thresholds = ContactThresholds()
    thresholds.good = section.goodOhms
    thresholds.fair = section.fairOhms
    thresholds.off = section.offOhms
    guard thresholds.areUsable else {
      throw Failure(
        .configuration,
        "impedance.good (\(section.goodOhms)), impedance.fair (\(section.fairOhms)) and "
          + "impedance.off (\(section.offOhms)) must rise: change one")
    }
    self.chips = chips
    let isMeasured = chips.flatMap { chip in
      let mask = chip.leadOff.map { $0.positive.union($0.negative) } ?? []
      return chip.channels.indices.map {
        mask.contains(ADS1299.ChannelMask(rawValue: 1 << UInt8($0)))
      }
    }
    measured = isMeasured.indices.filter { isMeasured[$0] }
    self.montage = montage
    self.side = side
    self.current = current
    excitation = found
    correction = ImpedanceCorrection(
      calibration: section.calibration, seriesOhms: section.seriesOhms)
    self.thresholds = thresholds
  }

  /// - Parameter correction: instead of the configuration's.
  func meter(_ correction: ImpedanceCorrection? = nil) throws(Failure) -> ImpedanceMeter {
    try explaining(.configuration, prefix: "[impedance] ") { () throws(ImpedanceFault) in
      try ImpedanceMeter(
        excitation, montage: montage, correction: correction ?? self.correction,
        drownedAbove: thresholds.drownedAbove)
    }
  }
}
