// What everybody else may know about the recorder, at any time.

import Synchronization

/// Written by the recorder's thread, read by any; never by a real-time thread.
public final class RecorderStatus: Sendable {
  private let stored = Atomic<UInt64>(0)
  private let durable = Atomic<UInt64>(0)
  private let lost = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)
  private let annotations = Atomic<UInt64>(0)
  private let taken = Atomic<UInt64>(0)
  private let storedCount = Atomic<UInt64>(0)
  private let failure = Mutex<RecordingFault?>(nil)

  public init() {}

  /// Samples that are in the file, zeros for lost ones included; the last record's come when it
  /// is full.
  public var storedSamples: UInt64 { stored.load(ordering: .relaxed) }
  /// Samples that a power cut leaves.
  public var durableSamples: UInt64 { durable.load(ordering: .relaxed) }
  /// Samples that the amplifier lost; the file holds zeros and an annotation for them.
  public var lostSamples: UInt64 { lost.load(ordering: .relaxed) }
  /// Samples that the amplifier delivered and that are not in the file.
  public var notStoredSamples: UInt64 { refused.load(ordering: .relaxed) }
  /// Frames that came out of the ring.
  public var takenFrames: UInt64 { taken.load(ordering: .relaxed) }
  /// Of these, frames whose counts are in the file; the last record's come when it is full.
  public var storedFrames: UInt64 { storedCount.load(ordering: .relaxed) }
  /// Annotations that are not in the file.
  public var notStoredAnnotations: UInt64 { annotations.load(ordering: .relaxed) }
  /// Why the file ended before the session did.
  public var fault: RecordingFault? { failure.withLock { $0 } }

  func update(stored: UInt64, durable: UInt64) {
    self.stored.store(stored, ordering: .relaxed)
    self.durable.store(durable, ordering: .relaxed)
  }

  func update(lost: UInt64, notStored: UInt64, annotationsNotStored: UInt64) {
    self.lost.store(lost, ordering: .relaxed)
    refused.store(notStored, ordering: .relaxed)
    annotations.store(annotationsNotStored, ordering: .relaxed)
  }

  func update(taken: UInt64, storedFrames: UInt64) {
    self.taken.store(taken, ordering: .relaxed)
    storedCount.store(storedFrames, ordering: .relaxed)
  }

  func fail(_ fault: RecordingFault) { failure.withLock { $0 = fault } }
}

/// Texts from threads that are not real-time, such as an operator's.
///
/// Annotated at the sample that the recorder has reached when it takes them.
public final class RecorderNotes: Sendable {
  private let waiting = Mutex<[String]>([])

  public init() {}

  /// At most 1 024 wait; false when this one was refused.
  @discardableResult
  public func add(_ text: String) -> Bool {
    waiting.withLock {
      guard $0.count < 1_024 else { return false }
      $0.append(text)
      return true
    }
  }

  func take() -> [String] {
    waiting.withLock {
      let texts = $0
      $0.removeAll()
      return texts
    }
  }
}
