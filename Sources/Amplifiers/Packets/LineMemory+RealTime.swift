// Real-time: bytes from a USB device or a serial line. Acquisition thread; bounded by the transfers
// that are under way. System calls, USB: poll, and for each transfer two that reap it (the second
// finds no more) and one that submits it again; serial line: ppoll and read.

import RT
import USBShim

extension LineMemory {
  /// Bytes that wait to be parsed.
  var count: Int { @_noLocks @_noAllocation get { end - begin } }

  /// The first of them.
  @unsafe
  var bytes: UnsafeRawPointer {
    @_noLocks @_noAllocation get { unsafe UnsafeRawPointer(memory + begin) }
  }

  /// They need not be kept any more.
  @_noLocks @_noAllocation
  mutating func drop(_ byteCount: Int) {
    begin += byteCount < count ? byteCount : count
    if begin == end {
      begin = 0
      end = 0
      boundary = 0
    }
  }

  /// Takes bytes that came at an instant, as far as they fit.
  ///
  /// - Returns: how many.
  @_noLocks @_noAllocation
  mutating func append(_ source: UnsafeRawBufferPointer, at instant: MonotonicInstant) -> Int {
    makeRoom()
    beginChunk()
    guard let start = source.baseAddress else { return 0 }
    let taken = min(source.count, capacity - end)
    // SAFETY: so many bytes are there, and there is room for them.
    unsafe (memory + end).copyMemory(from: start, byteCount: taken)
    end += taken
    if taken > 0 { arrival = instant }
    return taken
  }

  /// Sleeps until bytes have come or until the deadline, and takes all that fit.
  ///
  /// - Returns: how many; 0: none, or none but a chip's status; negative: `-errno`, it is gone.
  @_noLocks @_noAllocation
  mutating func receive(until deadline: MonotonicInstant) -> Int32 {
    makeRoom()
    beginChunk()
    let before = end
    receivedEnd = end
    let result = unsafe handle.usb != nil ? receiveTransfers(deadline) : receiveBytes(deadline)
    let received = end - before
    receivedBytes &+= UInt64(truncatingIfNeeded: received)
    if received > 0 { return Int32(truncatingIfNeeded: received) }
    return result < 0 ? result : 0
  }

  /// Takes what has come, without waiting: every transfer, or one read of a serial line, which is
  /// all that its driver keeps.
  ///
  /// - Returns: as `receive`.
  @_noLocks @_noAllocation
  mutating func receiveAll() -> Int32 {
    makeRoom()
    beginChunk()
    let first = end
    receivedEnd = end
    var result: Int32 = 0
    if unsafe handle.usb == nil {
      result = readBytes()
    } else {
      // libusb reaps some 25 transfers at once; there are not more than 256.
      for _ in 0..<32 {
        result = receiveTransfers(MonotonicInstant(nanoseconds: 0))
        if result <= 0 { break }
      }
    }
    let received = end - first
    receivedBytes &+= UInt64(truncatingIfNeeded: received)
    if received > 0 { return Int32(truncatingIfNeeded: received) }
    return result < 0 ? result : 0
  }

  /// Sends a message of at most 512 bytes without waiting.
  ///
  /// - Returns: 0, or `-errno`.
  @_noLocks @_noAllocation
  mutating func send(_ message: UnsafeRawBufferPointer) -> Int32 {
    guard let start = message.baseAddress else { return 0 }
    // SAFETY: the handle is open; the message is copied before the calls return.
    if let usb = unsafe handle.usb {
      let bytes = unsafe start.assumingMemoryBound(to: UInt8.self)
      let count = Int32(truncatingIfNeeded: message.count)
      return unsafe shim_usb_send(usb, handle.outEndpoint, bytes, count)
    }
    guard let port = unsafe handle.port else { return -Errno.noDevice }
    switch unsafe port.pointee.write(message) {
    case .written, .begun: return 0
    case .wouldBlock: return -Errno.tryAgain
    case .gone(let errno): return -errno
    }
  }

  /// What libusb allocated and freed: a record for each transfer.
  var libraryHeapCalls: UInt64 {
    @_noLocks @_noAllocation
    get {
      guard let usb = unsafe handle.usb else { return 0 }
      return unsafe shim_usb_heap_calls(usb)
    }
  }

  /// What comes from here on came together.
  @_noLocks @_noAllocation
  private mutating func beginChunk() {
    boundary = end
    earlierArrival = arrival
  }

  /// When the first packet came, and how many whole ones came together with it behind it.
  @_noLocks @_noAllocation
  func arrivalOfFirst(_ byteCount: Int) -> (arrival: MonotonicInstant, behind: Int) {
    if begin + byteCount <= boundary {
      return (earlierArrival, (boundary - begin) / byteCount - 1)
    }
    return (arrival, count / byteCount - 1)
  }

  /// Moves what is there to the beginning, which is never more than a few packets.
  @_noLocks @_noAllocation
  private mutating func makeRoom() {
    if begin == 0 || capacity - end >= capacity / 2 { return }
    // SAFETY: both lie within the memory; the regions may overlap.
    unsafe memory.copyMemory(from: memory + begin, byteCount: count)
    end -= begin
    boundary = boundary > begin ? boundary - begin : 0
    begin = 0
  }

  /// - Returns: how many there were, or `-errno`.
  @_noLocks @_noAllocation
  private mutating func receiveTransfers(_ deadline: MonotonicInstant) -> Int32 {
    // SAFETY: the device is open; each transfer's bytes stay until it is given back.
    guard let usb = unsafe handle.usb else { return -Errno.noDevice }
    let waiting = unsafe shim_usb_wait(usb, deadline.nanoseconds)
    if waiting < 0 { return waiting }
    var source: UnsafePointer<UInt8>?
    var byteCount: Int32 = 0
    var time: Int64 = 0
    for _ in 0..<waiting {
      // What does not fit waits in libusb's memory.
      if capacity - end < 16_384 { break }
      if unsafe shim_usb_take(usb, &source, &byteCount, &time) == 0 { break }
      if let source = unsafe source, byteCount > 0 {
        let before = end
        unsafe keep(source, Int(byteCount))
        if end > before { arrival = MonotonicInstant(nanoseconds: time) }
      }
      if unsafe shim_usb_give_back(usb) < 0 { break }
    }
    return waiting
  }

  @_noLocks @_noAllocation
  private mutating func keep(_ source: UnsafePointer<UInt8>, _ byteCount: Int) {
    // SAFETY: a transfer has at most 16 384 bytes, for which there is room.
    let target = unsafe memory + end
    if handle.isFTDI {
      let before = errors
      let stripped = unsafe FTDI.strip(source, byteCount, into: target, &errors)
      end += stripped
      noteErrors(since: before, newest: stripped)
    } else {
      unsafe target.copyMemory(from: source, byteCount: byteCount)
      end += byteCount
    }
  }

  /// After an overrun the chip still sends what its FIFO held, and the hole comes after that.
  @_noLocks @_noAllocation
  private mutating func noteErrors(since before: LineErrors, newest byteCount: Int) {
    let overruns = errors.overruns &- before.overruns
    let damaged =
      (errors.parity &+ errors.framing &+ errors.breaks)
      &- (before.parity &+ before.framing &+ before.breaks)
    if overruns == 0 && damaged == 0 { return }
    let now = receivedBytes &+ UInt64(truncatingIfNeeded: end - receivedEnd)
    // Of two places that are near to each other, all between them.
    let begin = now &- UInt64(truncatingIfNeeded: byteCount)
    if begin > doubtfulUntil { doubtfulFrom = begin }
    doubtfulUntil = now &+ (overruns > 0 ? UInt64(FTDI.fifoByteCount) : 0)
  }

  /// Whether the next `byteCount` bytes may lack some between them.
  @_noLocks @_noAllocation
  func isDoubtful(_ byteCount: Int) -> Bool {
    let first = receivedBytes &- UInt64(truncatingIfNeeded: count)
    return first < doubtfulUntil && first &+ UInt64(truncatingIfNeeded: byteCount) > doubtfulFrom
  }

  @_noLocks @_noAllocation
  private mutating func receiveBytes(_ deadline: MonotonicInstant) -> Int32 {
    // SAFETY: the port is open.
    guard let port = unsafe handle.port else { return -Errno.noDevice }
    _ = unsafe port.pointee.flush()  // The rest of a message, if the driver took half of it.
    unsafe port.pointee.wait(until: deadline)
    return readBytes()
  }

  @_noLocks @_noAllocation
  private mutating func readBytes() -> Int32 {
    // SAFETY: the port is open; the rest of the memory is what it may write to.
    guard let port = unsafe handle.port else { return -Errno.noDevice }
    let now = MonotonicInstant.now()
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: memory + end, count: capacity - end)
    switch unsafe port.pointee.read(into: room) {
    case .bytes(let byteCount):
      end += byteCount
      arrival = now
      return 0
    case .nothing: return 0
    case .gone(let errno): return -errno
    }
  }
}
