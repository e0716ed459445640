// What the chain is to do, as a person writes it down.

public import RT

/// The band-pass: recursive and prompt, or with one delay for all frequencies.
public enum BandPass: Sendable, Equatable {
  /// 2 · order poles, −3 dB at the edges. The default: a quarter of the FIR filter's delay.
  case butterworth(order: Int, Band)
  /// Windowed sinc, (taps − 1) / 2 samples of delay, −6 dB at the edges.
  case fir(taps: Int, Band)

  public var band: Band {
    switch self {
    case .butterworth(_, let band), .fir(_, let band): band
    }
  }
}

/// The stages between an amplifier's counts and the features of a decoder.
///
/// The defaults are for motor imagery: 8–30 Hz over one second.
public struct SignalConfiguration: Sendable, Equatable {
  public var dcCorner = Hertz(0.5)
  /// nil: no notch.
  public var mains: Mains? = .hertz50
  public var notchQuality = 30.0
  /// A current that measures electrodes meanwhile, taken out with the mains; nil: none flows.
  public var leadOffFrequency: Hertz?
  public var bandPass = BandPass.butterworth(order: 2, Band(low: Hertz(8), high: Hertz(30)))
  /// nil: no Kalman filter.
  public var kalman: KalmanModel?
  public var commonAverage = true
  public var gate = GateThresholds()
  public var windowSeconds = 1.0
  /// More than this lost in a row, and filters and window start over.
  public var gapTolerance = Nanoseconds.milliseconds(100)

  public init() {}
}
