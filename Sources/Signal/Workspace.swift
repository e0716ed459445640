// Memory that is taken once, at assembly, and given back when its owner goes.

/// A fixed number of elements, zero at first; every page has been written before `init` returns.
@safe
struct Workspace<Element: BitwiseCopyable>: ~Copyable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(count: Int, repeating element: Element) {
    self.count = count
    unsafe base = .allocate(capacity: max(count, 1))
    unsafe base.initialize(repeating: element, count: max(count, 1))
  }

  deinit { unsafe base.deallocate() }
}

/// One stage of the chain, as tests and offline callers drive it.
///
/// The chain calls the concrete stages; this protocol is never on the real-time path.
public protocol FrameStage: ~Copyable {
  var channelCount: Int { get }

  /// Replaces one sample of every channel, in microvolts, by the stage's output.
  mutating func process(_ samples: UnsafeMutablePointer<Double>)
}

extension FrameStage where Self: ~Copyable {
  /// Replaces whole frames, one after the other: the same numbers in whatever block sizes.
  ///
  /// Shape: `block[frame * channelCount + channel]`, µV.
  public mutating func process(block: inout [Double]) {
    let channels = channelCount
    precondition(block.count % channels == 0, "a block holds whole frames")
    let frames = block.count / channels
    // SAFETY: the array is held for the duration of the closure and each frame lies inside it.
    unsafe block.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for frame in 0..<frames { unsafe process(base + frame * channels) }
    }
  }
}
