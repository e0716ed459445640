// How strong the band is: the logarithm of the mean square over a sliding window.
//
// `process` is real-time: decoding thread; channels × (6 operations and one logarithm); no system
// call.

import MathShim

/// Natural logarithm of the mean square (µV²) of the last `windowSamples` samples, every channel.
///
/// The running sum takes the newest square in and the oldest out. Its rounding errors cannot add
/// up: a second sum takes squares in only, and replaces the first each time it has seen a whole
/// window, so no error is older than one window and none depends on how long the program runs.
/// A mean square below `floor` counts as `floor`: the result is always finite.
@safe
public struct BandPower: ~Copyable {
  /// µV²: far below any amplifier's noise. ln(floor) = −27.63.
  public static var floor: Double {
    @_noLocks @_noAllocation get { 1e-12 }
  }

  public let channelCount: Int
  public let windowSamples: Int
  /// One row of channels for each sample of the window.
  private let squares: Workspace<Double>
  private let running: Workspace<Double>
  private let fresh: Workspace<Double>
  private let logarithms: Workspace<Double>
  private var row = 0
  private var seen = 0

  public init(
    windowSeconds: Double, samplesPerSecond: Double, channelCount: Int
  ) throws(SignalFault) {
    guard samplesPerSecond > 0, samplesPerSecond.isFinite else {
      throw .rateNotPositive(samplesPerSecond)
    }
    let samples = math_rint(windowSeconds * samplesPerSecond)
    guard samples >= 2, samples <= 1_048_576 else {
      throw .windowOutOfRange(seconds: windowSeconds, samples: samples)
    }
    windowSamples = Int(samples)
    self.channelCount = channelCount
    squares = Workspace(count: windowSamples * channelCount, repeating: 0)
    running = Workspace(count: channelCount, repeating: 0)
    fresh = Workspace(count: channelCount, repeating: 0)
    logarithms = Workspace(count: channelCount, repeating: math_log(BandPower.floor))
  }

  /// The window is full.
  public var isSettled: Bool {
    @_noLocks @_noAllocation get { seen == windowSamples }
  }

  /// One logarithm for each channel; of what has been seen so far while the window is not full.
  ///
  /// Valid as long as this value lives, rewritten by each `process`.
  @unsafe
  public var features: UnsafePointer<Double> {
    @_noLocks @_noAllocation get { unsafe UnsafePointer(logarithms.base) }
  }

  /// Empties the window.
  @_noLocks @_noAllocation
  public mutating func reset() {
    // SAFETY: each row holds `channelCount` values; `squares` is written before it is read again.
    for channel in 0..<channelCount {
      unsafe running.base[channel] = 0
      unsafe fresh.base[channel] = 0
      unsafe logarithms.base[channel] = math_log(BandPower.floor)
    }
    row = 0
    seen = 0
  }

  /// Takes one sample of every channel, µV.
  @_noLocks @_noAllocation
  public mutating func process(_ samples: UnsafePointer<Double>) {
    // SAFETY: `row` is below `windowSamples`; `samples` and each row hold `channelCount` values.
    let isFull = seen == windowSamples
    let isLastRow = row + 1 == windowSamples
    if !isFull { seen += 1 }
    let share = 1 / Double(seen)
    let place = unsafe squares.base + row * channelCount
    for channel in 0..<channelCount {
      let square = unsafe samples[channel] * samples[channel]
      let leaving = unsafe isFull ? place[channel] : 0
      let grown = unsafe fresh.base[channel] + square
      let slid = unsafe running.base[channel] + square - leaving
      let sum = isLastRow ? grown : slid
      unsafe place[channel] = square
      unsafe fresh.base[channel] = isLastRow ? 0 : grown
      unsafe running.base[channel] = sum
      let meanSquare = sum * share
      unsafe logarithms.base[channel] = math_log(
        meanSquare > BandPower.floor ? meanSquare : BandPower.floor)
    }
    row = isLastRow ? 0 : row + 1
  }
}
