// Where a frame goes: to the decoding thread, and to the recorder.
//
// Each consumer has a ring of its own, so that a slow recorder never delays a decision. A full
// ring refuses the frame and counts it; the other ring gets it all the same.

public import RT
public import Signal

@safe
public struct FrameSink: ~Copyable {
  @usableFromInline var decoder: RingProducer
  @usableFromInline var recorder: RingProducer
  @usableFromInline let decoderBell: Doorbell
  @usableFromInline let wakesDecoder: Bool
  /// Where a frame is put together when the decoder's ring is full.
  @usableFromInline let spare: UnsafeMutableRawPointer
  @usableFromInline let byteCount: Int
  @usableFromInline var isDecoderRefused = false
  @usableFromInline var account = DeliveryAccount()

  /// What has been handed over so far.
  public var delivered: DeliveryAccount { account }

  /// Both rings have slots for `channelCount` channels: `FrameSlot.byteCount(channelCount:)`.
  ///
  /// - Parameter wakesDecoder: false where that thread comes by itself, before its ring is full.
  public init(
    decoder: consuming RingProducer, recorder: consuming RingProducer, decoderBell: Doorbell,
    channelCount: Int, wakesDecoder: Bool = true
  ) {
    self.decoder = decoder
    self.recorder = recorder
    self.decoderBell = decoderBell
    self.wakesDecoder = wakesDecoder
    byteCount = FrameSlot.byteCount(channelCount: channelCount)
    unsafe spare = .allocate(byteCount: byteCount, alignment: 64)
    unsafe spare.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe spare.deallocate() }

  /// Whether both rings would take a frame now.
  ///
  /// For sources that may wait: live ones never ask, so that a slow consumer cannot hold them up.
  @_noLocks @_noAllocation
  public mutating func hasRoom() -> Bool {
    let decoderHasRoom = decoder.hasRoom()
    let recorderHasRoom = recorder.hasRoom()
    return decoderHasRoom && recorderHasRoom
  }

  /// Frames that the decoding thread was not given, because its ring was full.
  public var refusedByDecoder: UInt64 { decoder.refusedCount }

  /// … and the recorder.
  public var refusedByRecorder: UInt64 { recorder.refusedCount }

  /// The slot to write the next frame into, in place.
  @_noLocks @_noAllocation
  @inlinable public mutating func claim() -> FrameSlot {
    if let slot = unsafe decoder.claim() {
      isDecoderRefused = false
      return unsafe FrameSlot(slot)
    }
    isDecoderRefused = true
    return unsafe FrameSlot(spare)
  }

  /// Stamps the claimed frame with its time of publication and hands it over.
  ///
  /// Real-time: one copy of the frame; one system call if the decoding thread sleeps.
  @_noLocks @_noAllocation
  @inlinable public mutating func publish(_ frame: FrameSlot) {
    var header = frame.header
    header.publishTime = .now()
    frame.header = header
    account.note(header)
    if let slot = unsafe recorder.claim() {
      unsafe slot.copyMemory(from: frame.base, byteCount: byteCount)
      recorder.publish()
    }
    if !isDecoderRefused {
      decoder.publish()
      if wakesDecoder { decoderBell.ring() }
    }
  }
}
