// When a packet is due.

internal import RT

/// Makes packets at absolute instants, so that no lateness adds up.
struct Oscillator: Equatable, Sendable {
  let packetsPerSecond: Double

  /// Nanoseconds from the start of a stream to its packet `index`.
  func span(toPacket index: UInt64) -> Nanoseconds {
    Nanoseconds(seconds: Double(index) / packetsPerSecond)
  }
}

/// A stream that runs: when it began and which packet comes next.
struct PacketStream: Equatable, Sendable {
  let start: MonotonicInstant
  private(set) var nextIndex: UInt64 = 0
  let oscillator: Oscillator

  init(start: MonotonicInstant, oscillator: Oscillator) {
    self.start = start
    self.oscillator = oscillator
  }

  var nextInstant: MonotonicInstant { start + oscillator.span(toPacket: nextIndex) }

  mutating func step() { nextIndex += 1 }

  func stepped() -> PacketStream {
    var next = self
    next.step()
    return next
  }
}
