// Turns flags of single frames into one annotation for each run of frames.

import Signal

/// Counts consecutive frames of each kind. `late` is about the host, not about the sample, and is
/// in the session's report.
struct FlaggedRuns {
  private var corrupt: UInt64 = 0
  private var incomplete: UInt64 = 0
  private var unsettled: UInt64 = 0
  private var outOfRange: UInt64 = 0

  /// A run that grows longer than this is annotated in pieces, so that a killed recorder leaves
  /// word of it.
  private let longest: UInt64

  init(longest: UInt64) { self.longest = longest }

  /// The next frame; `emit` gets each run that ended before it, and the run's length.
  mutating func take(
    _ flags: FrameFlags, isInRange: Bool, emit: (SpanMark, UInt64) -> Void
  ) {
    Self.step(&corrupt, flags.contains(.corrupt), longest: longest) { emit(.corrupt, $0) }
    Self.step(&incomplete, flags.contains(.incomplete), longest: longest) { emit(.incomplete, $0) }
    Self.step(&unsettled, flags.contains(.unsettled), longest: longest) { emit(.unsettled, $0) }
    Self.step(&outOfRange, !isInRange, longest: longest) { emit(.outOfRange, $0) }
  }

  /// No frame follows directly.
  mutating func end(emit: (SpanMark, UInt64) -> Void) {
    take(FrameFlags(rawValue: 0), isInRange: true, emit: emit)
  }

  private static func step(
    _ run: inout UInt64, _ isFlagged: Bool, longest: UInt64, emit: (UInt64) -> Void
  ) {
    if run > 0 && (!isFlagged || run == longest) {
      emit(run)
      run = 0
    }
    if isFlagged { run += 1 }
  }
}
