// From a frame to a decision: what a live session and a replay share, so that they cannot differ.
//
// Real-time: decoding thread; bounded by one pass over the channels; no system calls.

import Decoding
import RT
import Signal

/// The signal chain, the decoder, and the rhythm of decisions.
///
/// Decisions are due on the last frame of every block of `framesPerDecision` conversions, or on
/// the first that came after it, by the amplifier's own sample index: they depend on the samples
/// alone, not on the clock nor on how the frames were batched.
struct DecodingStage: ~Copyable {
  var chain: SignalChain
  var decoder: LinearDecoder
  /// Nil: nobody looks for drift.
  private var drift: DriftWatch?
  private(set) var isDrifting = false
  let framesPerDecision: UInt64
  /// Blocks of conversions over which a decision was made or withheld.
  private var decidedBlocks: UInt64 = 0
  /// What the sample index of the next frame should be.
  private var expectedIndex: UInt64 = 0

  init(
    chain: consuming SignalChain, decoder: consuming LinearDecoder,
    drift: consuming DriftWatch? = nil, framesPerDecision: Int
  ) {
    precondition(framesPerDecision > 0, "decisions have a period")
    self.chain = chain
    self.decoder = decoder
    self.drift = drift
    self.framesPerDecision = UInt64(framesPerDecision)
  }

  /// What a frame led to.
  enum Outcome {
    /// Between two decisions.
    case none
    /// The gate is closed or the chain has not settled: nothing is decided, and what was decided
    /// before counts no longer.
    case withheld
    case decided(Intent)
  }

  /// Filters one frame.
  ///
  /// - Returns: conversions that this thread never saw although the amplifier delivered them,
  ///   because the ring was full; the chain counts them as lost.
  @_noLocks @_noAllocation
  mutating func filter(_ frame: FrameSlot) -> UInt32 {
    var header = frame.header
    let missing = UInt32(clamping: header.sampleIndex &- expectedIndex)
    let unseen = missing > header.lostBefore ? missing &- header.lostBefore : 0
    if unseen > 0 {
      header.lostBefore = missing
      frame.header = header
    }
    expectedIndex = header.sampleIndex &+ 1
    chain.process(frame)
    return unseen
  }

  /// Decides, if a decision is due on this frame.
  @_noLocks @_noAllocation
  mutating func decide(_ frame: FrameSlot) -> Outcome {
    let header = frame.header
    let blocks = (header.sampleIndex &+ 1) / framesPerDecision
    let isDue = blocks > decidedBlocks
    decidedBlocks = blocks
    // At once, not when the next decision is due: somebody is being moved.
    guard chain.isSettled, chain.gate.isOpen else { return .withheld }
    guard isDue else { return .none }
    isDrifting =
      unsafe drift?.note(features: chain.features, at: header.signalTime) ?? false
    return .decided(
      unsafe decoder.decide(
        features: chain.features, sampleIndex: header.sampleIndex, time: header.signalTime))
  }

  @_noLocks @_noAllocation
  func describe(in snapshot: inout StatusSnapshot) {
    let gate = chain.gate
    snapshot.gateFlags = gate.flags.rawValue
    snapshot.isGateOpen = gate.isOpen
    snapshot.isSettled = chain.isSettled
    snapshot.isDrifting = isDrifting
  }

  /// As new, after the warm-up.
  @_noLocks @_noAllocation
  mutating func reset() {
    chain.reset()
    decoder.reset()
    drift?.reset()
    isDrifting = false
    decidedBlocks = 0
    expectedIndex = 0
  }
}
