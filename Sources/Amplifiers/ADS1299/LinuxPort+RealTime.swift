// Bus and edges on Linux.
//
// Real-time: acquisition thread. `exchange` is one ioctl; `waitForEdge` one ppoll and one read.

public import RT
import SPIShim

extension LinuxPort {
  @_noLocks @_noAllocation
  public mutating func exchange(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Int32 {
    // Chip select stays low for 2 µs after the last clock: tSCCS is 4 clocks of the chip
    // (SBAS499C §7.6); without it a command may be ignored.
    var transfer = unsafe shim_spi_transfer(
      transmit: UnsafeRawPointer(bytes), receive: UnsafeMutableRawPointer(bytes),
      byte_count: UInt32(truncatingIfNeeded: count), hertz: hertz, delay_microseconds: 2,
      change_select: 0, bits_per_word: 8)
    let result = unsafe shim_spi_transfer(bus.rawValue, &transfer)
    return result < 0 ? result : 0
  }

  @_noLocks @_noAllocation
  public mutating func waitForEdge(until deadline: MonotonicInstant) -> EdgeOutcome {
    let ready = shim_gpio_wait(edges.rawValue, deadline.nanoseconds)
    if ready == 0 || ready == -4 { return .nothing }
    if ready < 0 { return .failed(errno: 0 &- ready) }
    return takeNewest()
  }

  /// The newest of the edges that wait; the chip has overwritten the conversions of the others.
  @_noLocks @_noAllocation
  private mutating func takeNewest() -> EdgeOutcome {
    var newest: EdgeOutcome = .nothing
    // 1024 events are at most 64 full reads.
    for _ in 0..<65 {
      let count = unsafe shim_gpio_read_edges(edges.rawValue, events.base)
      if count < 0 { return .failed(errno: 0 &- count) }
      if count == 0 { break }
      for index in 0..<Int(count) {
        let event = unsafe events.base[index]
        number &+= UInt64(event.line_sequence &- UInt32(truncatingIfNeeded: number))
        newest = .edge(time: MonotonicInstant(nanoseconds: event.nanoseconds), number: number)
      }
      if count < 16 { break }
    }
    return newest
  }

  @_noLocks @_noAllocation
  public mutating func discardEdges() -> UInt64 {
    _ = takeNewest()
    return number
  }

  public var keepsConversions: Bool {
    @_noLocks @_noAllocation
    get { false }
  }

  /// Low for 4 µs: two clocks of the chip are enough (SBAS499C §9.4.2.2).
  public mutating func pulseReset() -> Bool {
    guard lines.reset != nil else { return false }
    lines.reset?.set(0)
    shim_sleep_until((MonotonicInstant.now() + .microseconds(4)).nanoseconds)
    lines.reset?.set(1)
    return true
  }

  @_noLocks @_noAllocation
  public mutating func setStart(_ isHigh: Bool) -> Bool {
    guard lines.start != nil else { return false }
    lines.start?.set(isHigh ? 1 : 0)
    return true
  }
}
