// What the line through the edges says about the sample rate, and how sure that is.

/// A sample rate and where the true one lies, samples a second by the host's clock.
public struct SampleRate: Sendable, Equatable {
  public var nominal: Double
  public var estimate: Double
  /// The true rate, if it was constant, lies between these in 95 of 100 cases.
  public var low: Double
  public var high: Double

  public init(nominal: Double, estimate: Double, low: Double, high: Double) {
    self.nominal = nominal
    self.estimate = estimate
    self.low = low
    self.high = high
  }

  /// How much faster than nominal, parts per million.
  public var partsPerMillion: Double { (estimate / nominal - 1) * 1e6 }

  /// Half the width of the interval, parts per million.
  public var uncertaintyPartsPerMillion: Double { (high - low) / 2 / estimate * 1e6 }
}

extension SampleRateEstimate {
  /// Nil during the first second, and where edges have no times.
  ///
  /// Of the stretch since the last restart, or of the one before while this one is too short.
  public var rate: SampleRate? {
    let fit = fit.count >= Self.fewestBlocks ? fit : previousFit
    guard fit.count >= Self.fewestBlocks, fit.slope > 0, let variance = fit.residualVariance else {
      return nil
    }
    // A stamp is a whole number of nanoseconds: that much is uncertain however well the line fits.
    let error = ((variance + 1 / 12) * Self.inflation(fit) / fit.spread).squareRoot()
    let reach = StudentT.quantile975(degreesOfFreedom: fit.count - 2) * error
    guard reach < fit.slope else { return nil }
    return SampleRate(
      nominal: nominal, estimate: 1e9 / fit.slope, low: 1e9 / (fit.slope + reach),
      high: 1e9 / (fit.slope - reach))
  }

  /// By how much errors that resemble their neighbours (load that comes and goes, an oscillator
  /// that drifts) widen the variance of a slope: first-order autoregression, never a narrowing.
  private static func inflation(_ fit: LineFit) -> Double {
    let correlation = min(0.99, max(0, fit.correlation))
    return (1 + correlation) / (1 - correlation)
  }
}

/// Student's t distribution.
enum StudentT {
  /// What |t| exceeds in 5 of 100 cases.
  ///
  /// Exact to four digits: a table up to ten, then Cornish and Fisher's expansion around the normal
  /// quantile (Abramowitz and Stegun 26.7.5).
  static func quantile975(degreesOfFreedom: Int) -> Double {
    let table = [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    ]
    guard degreesOfFreedom >= 1 else { return .infinity }
    if degreesOfFreedom <= table.count { return table[degreesOfFreedom - 1] }
    let n = Double(degreesOfFreedom)
    let z = 1.959963984540054
    let z2 = z * z
    let first = (z2 + 1) * z / 4
    let second = ((5 * z2 + 16) * z2 + 3) * z / 96
    let third = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * z / 384
    return z + first / n + second / (n * n) + third / (n * n * n)
  }
}
