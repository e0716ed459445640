// The two narrow interfaces that the driver is written against: an SPI transfer, and an edge
// source. Behind them stand the kernel, or the model.
//
// Real-time: `exchange`, `wait`, `takeEdges` and `now` are called by the acquisition loop; every
// implementation carries the oath and says which system calls it makes.

import RT

/// The bytes of a transfer: what goes to the chip and what came from it.
///
/// A handle on memory that its bus owns.
@safe
struct ExchangeBytes {
  /// An opcode and the frames of four chips are the longest, 109, and behind them the read-back.
  static var capacity: Int { @_noLocks @_noAllocation get { 128 } }
  /// Where the read-back of a message begins that follows a frame.
  static var readBack: Int { @_noLocks @_noAllocation get { 112 } }

  let transmit: UnsafeMutablePointer<UInt8>
  let receive: UnsafeMutablePointer<UInt8>

  /// Zeroed, and to be freed by `deallocate`.
  init() {
    // SAFETY: both blocks hold `capacity` bytes until the owner calls `deallocate`, once.
    unsafe transmit = .allocate(capacity: Self.capacity)
    unsafe receive = .allocate(capacity: Self.capacity)
    unsafe transmit.initialize(repeating: 0, count: Self.capacity)
    unsafe receive.initialize(repeating: 0, count: Self.capacity)
  }

  func deallocate() {
    unsafe transmit.deallocate()
    unsafe receive.deallocate()
  }

  @_noLocks @_noAllocation
  func put(_ byte: UInt8, at index: Int) {
    precondition(index >= 0 && index < Self.capacity, "a transfer is at most 128 bytes")
    unsafe transmit[index] = byte
  }

  @_noLocks @_noAllocation
  func received(_ index: Int) -> UInt8 {
    precondition(index >= 0 && index < Self.capacity, "a transfer is at most 128 bytes")
    return unsafe receive[index]
  }
}

/// The chip selects of an SPI bus.
protocol SPIBus: ~Copyable {
  var bytes: ExchangeBytes { get }
  /// One a chip; one for all chips of a daisy chain.
  var selectCount: Int { get }

  /// Chip select low, `byteCount` bytes both ways, chip select high. Bytes, or -errno.
  ///
  /// - Parameter isCommand: a command of several bytes, each of which the chip must decode before
  ///   the next: at most `ADS1299.commandHertz`.
  mutating func exchange(select: Int, byteCount: Int, isCommand: Bool) -> Int32

  /// The same with the bytes of a command behind it, from `ExchangeBytes.readBack` on, as a second
  /// transfer of the same message: one system call all the same.
  mutating func exchange(select: Int, byteCount: Int, thenCommand commandByteCount: Int) -> Int32
}

/// A falling edge of DRDY: one conversion.
typealias Edge = GPIOEdge

/// Where DRDY's edges come from.
protocol EdgeSource: ~Copyable {
  /// Sleeps until an edge waits: 1; until the deadline: 0; or -errno (-EINTR among them).
  mutating func wait(until deadline: MonotonicInstant) -> Int32

  /// Takes the edges that wait, the oldest first. How many, at most 16, or -errno.
  mutating func takeEdges() -> Int32

  /// One of the edges that `takeEdges` took.
  func edge(_ index: Int) -> Edge

  /// DRDY's level now: 0 low, a conversion waits; 1 high; or -errno.
  func dataReadyLevel() -> Int32

  /// Takes the edges of the other chips' DRDYs, without waiting. How many, at most 16, or -errno;
  /// 0 where none is connected.
  mutating func takeOtherEdges() -> Int32

  /// One of the edges that `takeOtherEdges` took.
  func otherEdge(_ index: Int) -> ChipEdge
}

/// An edge of another chip's DRDY.
struct ChipEdge: BitwiseCopyable {
  /// 1 is the second chip.
  var chip = 0
  var edge = Edge()

  @_noLocks @_noAllocation
  init() {}

  @_noLocks @_noAllocation
  init(chip: Int, edge: Edge) {
    self.chip = chip
    self.edge = edge
  }
}

/// What the driver can do to an ADS1299 besides talking and listening.
protocol ADS1299Port: SPIBus, EdgeSource, ~Copyable {
  /// "/dev/spidev0.0", "the model": for sentences.
  var name: String { get }
  /// The SPI clock at which frames are read.
  var hertz: UInt32 { get }
  var hasResetLine: Bool { get }
  var hasStartLine: Bool { get }
  var hasPowerLine: Bool { get }
  /// DRDYs of other chips that are connected.
  var hasOtherDataReady: Bool { get }
  /// Conversions wait for the host instead of being overwritten.
  var holdsConversions: Bool { get }
  /// The clock of edge times and waits.
  var now: MonotonicInstant { get }

  /// Takes the devices. Idempotent.
  mutating func open() throws(AmplifierFault)
  /// Lets them go. Idempotent.
  mutating func close()
  /// Not before so long has passed.
  mutating func sleep(_ span: Nanoseconds)

  /// Drives a control line, if there is one: true is high. 0, or -errno.
  mutating func setReset(_ isHigh: Bool) -> Int32
  mutating func setStart(_ isHigh: Bool) -> Int32
  mutating func setPower(_ isHigh: Bool) -> Int32
}
