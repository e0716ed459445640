// Real-time: the true sample rate from the times of the edges. Decoding thread; two dozen
// operations a frame; no system calls.
//
// A kernel stamps an edge late, never early: by microseconds, and now and then by a hundred times
// more. So of each quarter of a second only the edge that came least late speaks, and the line goes
// through those. It needs one clean stamp in a quarter of a second, whatever the others are; and
// what disturbs neighbouring stamps alike (a burst of load) is one point's error, not sixty's.
// Against a mean over all stamps that costs precision only when stamps err both ways alike, which
// interrupts do not.

public import RT

/// The sample rate by the host's clock, from edge times over sample indices, while they come.
///
/// Nothing is done to the samples. `interval` is in SampleRateEstimate.swift.
public struct SampleRateEstimate: BitwiseCopyable, Sendable {
  /// As the amplifier is set.
  public let nominal: Double
  /// Samples in a block.
  let blockLength: Int64
  /// Of the newest stretch without a restart.
  var fit = LineFit()
  /// Of the newest stretch before it that was long enough to say something.
  var previousFit = LineFit()

  private var epoch: UInt32 = 0
  private var isBegun = false
  /// The blocks that close teach the period.
  private var isLearning = true
  private var firstIndex: Int64 = 0
  private var firstTime: Int64 = 0
  private var lastIndex: Int64 = 0
  // The block that fills.
  private var block: Int64 = 0
  private var blockCount: Int64 = 0
  private var blockIndex: Int64 = 0
  private var blockTime: Int64 = 0
  /// The stamp that came least late, so far.
  private var bestIndex: Int64 = 0
  private var bestTime: Int64 = 0
  private var bestDelay = 0.0
  /// Nanoseconds a sample, for comparing stamps of one block.
  private var period: Double

  /// - Parameters:
  ///   - nominal: samples a second.
  ///   - samplesAtOnce: that are stamped together; a block has the last of one such bunch.
  public init(nominal: Double, samplesAtOnce: Double = 1) {
    self.nominal = nominal
    blockLength = max(16, Int64(nominal / 8), Int64(2 * samplesAtOnce))
    period = 1e9 / nominal
  }

  /// One more sample. Indices count lost samples too, so that a gap does no harm.
  ///
  /// - Parameters:
  ///   - epoch: when it changes, how many samples passed is not known and the line begins anew.
  @_noLocks @_noAllocation
  public mutating func add(index: UInt64, time: MonotonicInstant, epoch: UInt32) {
    let index = Int64(truncatingIfNeeded: index)
    if !isBegun || epoch != self.epoch || index <= lastIndex {
      begin(index: index, time: time.nanoseconds, epoch: epoch)
    }
    lastIndex = index
    let number = (index - firstIndex) / blockLength
    if number != block {
      closeBlock()
      block = number
      blockCount = 0
    }
    if blockCount == 0 {
      blockIndex = index
      blockTime = time.nanoseconds
    }
    let delay =
      Double(time.nanoseconds - blockTime) - Double(index - blockIndex) * period
    if blockCount == 0 || delay < bestDelay {
      bestDelay = delay
      bestIndex = index
      bestTime = time.nanoseconds
    }
    blockCount += 1
    // The oscillator may be off by 2.5 %: by the nominal period the first or the last stamp of a
    // block would look best. Until something better is known, from the first stamp to the newest.
    if block == 0 && index > firstIndex {
      period = Double(time.nanoseconds - firstTime) / Double(index - firstIndex)
    }
  }

  @_noLocks @_noAllocation
  private mutating func closeBlock() {
    // Half of its stamps lost: what is left is a poorer choice than the others had.
    if block == 0 || blockCount * 2 < blockLength { return }
    fit.add(x: Double(bestIndex - firstIndex), y: Double(bestTime - firstTime))
    if isLearning && fit.count == 3 {
      if fit.slope > 0 { period = fit.slope }
      isLearning = false
      fit = LineFit()
    }
  }

  @_noLocks @_noAllocation
  private mutating func begin(index: Int64, time: Int64, epoch: UInt32) {
    if !isLearning && fit.count >= Self.fewestBlocks { previousFit = fit }
    fit = LineFit()
    self.epoch = epoch
    isBegun = true
    firstIndex = index
    firstTime = time
    block = 0
    blockCount = 0
    period = 1e9 / nominal
    isLearning = true
  }

  /// Blocks of which an estimate can be made.
  static var fewestBlocks: Int { @_noLocks @_noAllocation get { 4 } }
}
