// What the decoder believes that the person wants.

public import RT

/// One decision.
@frozen
public struct Intent: Equatable, Sendable, BitwiseCopyable {
  /// Index into the model's classes.
  public var classIndex: Int
  /// The model's probability of that class, 0...1.
  public var confidence: Double
  /// The frame that the decision was made on.
  public var sampleIndex: UInt64
  /// That frame's edge time.
  public var time: MonotonicInstant

  @_noLocks @_noAllocation
  @inlinable public init(
    classIndex: Int, confidence: Double, sampleIndex: UInt64, time: MonotonicInstant
  ) {
    self.classIndex = classIndex
    self.confidence = confidence
    self.sampleIndex = sampleIndex
    self.time = time
  }
}
