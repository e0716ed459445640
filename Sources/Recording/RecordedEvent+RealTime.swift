// What the decoding thread says to the recorder: decisions, faults, notes.
//
// Real-time: decoding thread. Each call is one bounded copy into a slot of a ring; no system call.
// A full ring refuses the event and counts it.

import RT

/// Both ends of the ring of events, to be taken apart and given each to its thread.
@frozen
public struct RecordedEventRing: ~Copyable {
  public var producer: RecordedEventProducer
  public var consumer: RecordedEventConsumer

  /// Takes the memory. The capacity is a power of two.
  public init(capacity: Int) {
    let ring = Ring(slotByteCount: RecordedEvent.byteCount, capacity: capacity)
    producer = RecordedEventProducer(ring: ring.producer)
    consumer = RecordedEventConsumer(ring: ring.consumer)
  }
}

/// The fixed part of an event; up to 64 bytes of UTF-8 follow it in the slot.
struct RecordedEvent: BitwiseCopyable {
  enum Kind: UInt32 { case decision, undecoded, fault, note }

  var kind: UInt32
  var classIndex: Int32
  var sampleIndex: UInt64
  var confidence: Double
  var count: UInt32
  var textByteCount: UInt32

  static var textOffset: Int {
    @_noLocks @_noAllocation
    get { 32 }
  }
  static var textLimit: Int {
    @_noLocks @_noAllocation
    get { 64 }
  }
  static var byteCount: Int { textOffset + textLimit }
}

/// The decoding thread's end. Movable to another thread, never shared.
public struct RecordedEventProducer: ~Copyable, Sendable {
  private var ring: RingProducer

  init(ring: consuming RingProducer) { self.ring = ring }

  /// A decision on the frame with that index. False when the ring was full.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func pushDecision(classIndex: Int, confidence: Double, sampleIndex: UInt64)
    -> Bool
  {
    push(
      RecordedEvent(
        kind: 0, classIndex: Int32(truncatingIfNeeded: classIndex), sampleIndex: sampleIndex,
        confidence: confidence, count: 0, textByteCount: 0))
  }

  /// `count` frames right before that index were delivered but never decoded.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func pushUndecoded(count: UInt32, sampleIndex: UInt64) -> Bool {
    push(
      RecordedEvent(
        kind: 1, classIndex: 0, sampleIndex: sampleIndex &- UInt64(count), confidence: 0,
        count: count, textByteCount: 0))
  }

  /// Something went wrong at that frame: annotated `fault TEXT`. At most 64 bytes are kept.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func pushFault(_ text: StaticString, sampleIndex: UInt64) -> Bool {
    push(kind: 2, text: text, sampleIndex: sampleIndex)
  }

  /// Something worth knowing at that frame: annotated as it is. At most 64 bytes are kept.
  @_noLocks @_noAllocation
  @discardableResult
  public mutating func pushNote(_ text: StaticString, sampleIndex: UInt64) -> Bool {
    push(kind: 3, text: text, sampleIndex: sampleIndex)
  }

  /// Events refused so far because the ring was full.
  public var refusedCount: UInt64 {
    @_noLocks @_noAllocation
    get { ring.refusedCount }
  }

  @_noLocks @_noAllocation
  private mutating func push(_ event: RecordedEvent) -> Bool {
    guard let slot = unsafe ring.claim() else { return false }
    // SAFETY: a slot holds an event and its text.
    unsafe slot.storeBytes(of: event, as: RecordedEvent.self)
    ring.publish()
    return true
  }

  @_noLocks @_noAllocation
  private mutating func push(kind: UInt32, text: StaticString, sampleIndex: UInt64) -> Bool {
    guard text.hasPointerRepresentation, let slot = unsafe ring.claim() else { return false }
    let limit = RecordedEvent.textLimit
    let byteCount = text.utf8CodeUnitCount < limit ? text.utf8CodeUnitCount : limit
    let event = RecordedEvent(
      kind: kind, classIndex: 0, sampleIndex: sampleIndex, confidence: 0, count: 0,
      textByteCount: UInt32(truncatingIfNeeded: byteCount))
    // SAFETY: a slot holds an event and its text; a static string lives for ever.
    unsafe slot.storeBytes(of: event, as: RecordedEvent.self)
    unsafe (slot + RecordedEvent.textOffset).copyMemory(
      from: text.utf8Start, byteCount: byteCount)
    ring.publish()
    return true
  }
}

/// The recorder's end.
public struct RecordedEventConsumer: ~Copyable, Sendable {
  private var ring: RingConsumer

  init(ring: consuming RingConsumer) { self.ring = ring }

  var refusedCount: UInt64 { ring.refusedCount }

  /// The oldest event and its text, which leave the ring. Not on the real-time path.
  mutating func next() -> (event: RecordedEvent, text: String)? {
    guard let slot = unsafe ring.front() else { return nil }
    // SAFETY: the producer wrote a whole event and at most `textLimit` bytes after it.
    let event = unsafe slot.load(as: RecordedEvent.self)
    let byteCount = min(Int(event.textByteCount), RecordedEvent.textLimit)
    let bytes = unsafe UnsafeRawBufferPointer(
      start: slot + RecordedEvent.textOffset, count: byteCount)
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    ring.release()
    return (event, text)
  }
}
