// Real-time: a least-squares line through points that come one after the other. Decoding thread;
// a dozen operations a point, nothing kept of the points; no system calls.

import MathShim

/// The line through all points so far, and how well it fits.
///
/// Recursive least squares in centred form: every sum is one of positive terms, so nothing cancels
/// however many points there are and however far they lie from zero. `residualSquares` grows by the
/// recursive residuals of Brown, Durbin and Evans (1975), which are independent and of the points'
/// variance if the points' errors are.
struct LineFit: BitwiseCopyable, Sendable {
  private(set) var count = 0
  private(set) var slope = 0.0
  /// Σ (y - line)².
  private(set) var residualSquares = 0.0
  /// Σ (x - mean)².
  private(set) var spread = 0.0
  private var meanX = 0.0
  private var meanY = 0.0
  /// Products of neighbouring recursive residuals.
  private var neighbours = 0.0
  private var lastResidual = 0.0

  @_noLocks @_noAllocation
  init() {}

  /// - Parameter x: different from the one before.
  @_noLocks @_noAllocation
  mutating func add(x: Double, y: Double) {
    let n = Double(count)
    count += 1
    if count == 1 {
      meanX = x
      meanY = y
      return
    }
    let dx = x - meanX
    let dy = y - meanY
    let weight = dx * n / (n + 1)
    let innovation = dy - slope * dx
    if count > 2 {
      let square = innovation * innovation / (1 + 1 / n + dx * dx / spread)
      let residual = innovation / math_sqrt(1 + 1 / n + dx * dx / spread)
      residualSquares += square
      neighbours += residual * lastResidual
      lastResidual = residual
    }
    spread += weight * dx
    slope += weight * innovation / spread
    meanX += dx / (n + 1)
    meanY += dy / (n + 1)
  }
}

extension LineFit {
  /// Of the points around the line; nil with fewer than three.
  var residualVariance: Double? { count > 2 ? residualSquares / Double(count - 2) : nil }

  /// Standard error of the slope if the points' errors are independent.
  var slopeError: Double? { residualVariance.map { ($0 / spread).squareRoot() } }

  /// Correlation of neighbouring errors, -1…1; 0 when nothing scatters.
  var correlation: Double { residualSquares > 0 ? neighbours / residualSquares : 0 }
}
