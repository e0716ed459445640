// Finds frames in a stream of bytes, whatever else the stream holds.
//
//     var parser = FrameParser()
//     parser.append(bytes)                      // or read straight into `withFreeMemory`
//     while let frame = parser.next() { … }
//
// A frame is given out only when its start, version, code, length and CRC agree. When they do not,
// the search goes on one byte after the false start, so that a frame inside a damaged one is found.

/// What the stream held besides good frames.
public struct FrameParserCounts: Equatable, Sendable {
  /// Good frames.
  public var frames: UInt64 = 0
  /// Bytes that belonged to no good frame.
  public var skippedBytes: UInt64 = 0
  /// Whole frames whose checksum was wrong.
  public var checksumErrors: UInt64 = 0
  /// Starts of frames with another version; `foreignVersion` is the last one.
  public var foreignVersions: UInt64 = 0
  public var foreignVersion: UInt8 = 0
  /// Good frames that say what this version does not know (a state, a result).
  public var unknownMeanings: UInt64 = 0

  @_noLocks @_noAllocation
  public init() {}
}

/// Owns its memory, taken once. One thread at a time.
@safe
public struct FrameParser: ~Copyable, @unchecked Sendable {
  /// Bytes that it can hold; a whole read of a busy line fits.
  public static var capacity: Int { @_noLocks @_noAllocation get { 1024 } }

  let memory: UnsafeMutableRawPointer
  /// The bytes not looked at yet: `start..<end`.
  var start = 0
  var end = 0
  public internal(set) var counts = FrameParserCounts()

  public init() {
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
  }

  deinit { unsafe memory.deallocate() }
}
