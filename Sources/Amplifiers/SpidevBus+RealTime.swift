// Real-time: one SPI transfer, on the acquisition thread; one system call, ioctl(SPI_IOC_MESSAGE).

import SPIShim

/// A spidev node, open and set up. Closed when it goes away.
@safe
struct SpidevBus: ~Copyable {
  private let descriptor: Int32
  private let hertz: UInt32
  private let commandHertz: UInt32

  /// SPI mode 1, eight bits; read back.
  ///
  /// - Throws: `.missing`, `.permissionDenied`, `.busy`, `.unsupported` when the controller cannot
  ///   do mode 1 or the clock, `.system`.
  init(path: String, hertz: UInt32) throws(AmplifierFault) {
    self.hertz = hertz
    commandHertz = min(hertz, ADS1299.commandHertz)
    // SAFETY: the string lives through the call.
    descriptor = unsafe shim_spi_open(path)
    if descriptor < 0 {
      throw AmplifierFault(errno: descriptor, operation: "opening", device: path)
    }
    var wanted = shim_spi_configuration(mode: 1, hertz: hertz, bits_per_word: 8)
    var found = shim_spi_configuration()
    // SAFETY: both structs live through the calls.
    var result = unsafe shim_spi_configure(descriptor, &wanted)
    if result == 0 { result = unsafe shim_spi_read_configuration(descriptor, &found) }
    if result < 0 {
      throw AmplifierFault(errno: result, operation: "setting SPI mode 1", device: path)
    }
    // Bits above CPOL and CPHA are the controller's own, such as the level of its chip select.
    guard found.mode & 0b11 == 1, found.bits_per_word == 8 else {
      throw .unsupported(
        "\(path) cannot do SPI mode 1 with 8 bits: connect the ADS1299 to another controller")
    }
    guard found.hertz <= hertz else {
      throw .unsupported("\(path) cannot clock as slowly as \(hertz) Hz: raise the SPI clock")
    }
  }

  deinit {
    if descriptor >= 0 { shim_close(descriptor) }
  }

  @_noLocks @_noAllocation
  func exchange(_ bytes: ExchangeBytes, byteCount: Int, isCommand: Bool) -> Int32 {
    precondition(byteCount <= ExchangeBytes.capacity, "a transfer is at most 32 bytes")
    // SAFETY: the kernel reads and writes `byteCount` bytes of blocks that are longer.
    var transfer = unsafe shim_spi_transfer(
      transmit: bytes.transmit, receive: bytes.receive,
      byte_count: UInt32(truncatingIfNeeded: byteCount), hertz: isCommand ? commandHertz : hertz,
      delay_microseconds: ADS1299.selectHoldMicroseconds, change_select: 0, bits_per_word: 8)
    return unsafe shim_spi_exchange(descriptor, &transfer)
  }
}
