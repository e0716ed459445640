// Log band power: the natural logarithm of the mean square over a sliding window, in µV².
//
// Real-time: constant time for a sample, whatever the window; no system calls.

import MathShim

@safe
public struct BandPower: ~Copyable, @unchecked Sendable {
  public let windowSampleCount: Int
  private let channelCount: Int
  /// Squares of the last window: samples × channels.
  private let squares: UnsafeMutablePointer<Double>
  /// Sum over the window, and the sum since the buffer last wrapped, for each channel.
  private let sums: UnsafeMutablePointer<Double>
  private let freshSums: UnsafeMutablePointer<Double>
  private let logarithms: UnsafeMutablePointer<Double>
  private var position = 0
  private var filled = 0

  /// Below this mean square, in µV², the logarithm is that of the floor: a dead channel is very
  /// quiet, not minus infinity.
  public static var floorMicrovoltsSquared: Double {
    @_noLocks @_noAllocation
    get { 1e-9 }
  }

  public init(windowSampleCount: Int, channelCount: Int) {
    precondition(windowSampleCount > 0 && channelCount > 0, "a window has samples and channels")
    self.windowSampleCount = windowSampleCount
    self.channelCount = channelCount
    let count = windowSampleCount * channelCount
    unsafe squares = .allocate(capacity: count)
    unsafe squares.initialize(repeating: 0, count: count)
    unsafe sums = .allocate(capacity: channelCount)
    unsafe sums.initialize(repeating: 0, count: channelCount)
    unsafe freshSums = .allocate(capacity: channelCount)
    unsafe freshSums.initialize(repeating: 0, count: channelCount)
    unsafe logarithms = .allocate(capacity: channelCount)
    unsafe logarithms.initialize(repeating: 0, count: channelCount)
  }

  deinit {
    unsafe squares.deallocate()
    unsafe sums.deallocate()
    unsafe freshSums.deallocate()
    unsafe logarithms.deallocate()
  }

  /// True once the window is full.
  public var isSettled: Bool {
    @_noLocks @_noAllocation
    get { filled >= windowSampleCount }
  }

  /// Takes one filtered sample of a channel, in microvolts; all channels, then `advance()`.
  @_noLocks @_noAllocation
  public mutating func take(_ microvolts: Double, channel: Int) {
    precondition(channel >= 0 && channel < channelCount, "the channel exists")
    // SAFETY: the channel was checked; the position runs over 0..<windowSampleCount.
    let square = microvolts * microvolts
    let index = position &* channelCount &+ channel
    unsafe sums[channel] += square - squares[index]
    unsafe squares[index] = square
    unsafe freshSums[channel] += square
  }

  /// Ends a sample.
  @_noLocks @_noAllocation
  public mutating func advance() {
    if filled < windowSampleCount { filled &+= 1 }
    position &+= 1
    guard position == windowSampleCount else { return }
    position = 0
    // The sum since the last wrap is the sum over exactly this window, without the rounding that
    // adding and subtracting has left in the running one: it cannot drift.
    for channel in 0..<channelCount {
      unsafe sums[channel] = unsafe freshSums[channel]
      unsafe freshSums[channel] = 0
    }
  }

  /// One value a channel: ln of the window's mean square. Valid until the next call.
  @_noLocks @_noAllocation
  public mutating func features() -> UnsafePointer<Double> {
    for channel in 0..<channelCount {
      let meanSquare = unsafe sums[channel] / Double(windowSampleCount)
      let floor = Self.floorMicrovoltsSquared
      unsafe logarithms[channel] = math_log(meanSquare > floor ? meanSquare : floor)
    }
    return unsafe UnsafePointer(logarithms)
  }

  /// Empties the window.
  @_noLocks @_noAllocation
  public mutating func reset() {
    for index in 0..<(windowSampleCount &* channelCount) { unsafe squares[index] = 0 }
    for channel in 0..<channelCount {
      unsafe sums[channel] = 0
      unsafe freshSums[channel] = 0
    }
    position = 0
    filled = 0
  }
}
