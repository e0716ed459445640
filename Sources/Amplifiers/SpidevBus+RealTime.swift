// Real-time: SPI messages, on the acquisition thread; one system call each,
// ioctl(SPI_IOC_MESSAGE).

import SPIShim

/// The spidev nodes of one to four chip selects, open and set up. Closed when it goes away.
@safe
struct SpidevBus: ~Copyable {
  let selectCount: Int
  private var descriptors: InlineArray<4, Int32>
  private let hertz: UInt32
  private let commandHertz: UInt32

  /// SPI mode 1, eight bits; read back.
  ///
  /// - Parameter paths: at most four.
  /// - Throws: `.missing`, `.permissionDenied`, `.busy`, `.unsupported` when the controller cannot
  ///   do mode 1 or the clock, `.system`.
  init(paths: [String], hertz: UInt32) throws(AmplifierFault) {
    var opened = InlineArray<4, Int32>(repeating: -1)
    var fault: AmplifierFault?
    for (index, path) in paths.prefix(4).enumerated() where fault == nil {
      do throws(AmplifierFault) {
        opened[index] = try Self.open(path, hertz: hertz)
      } catch {
        fault = error
      }
    }
    if let fault {
      for index in 0..<4 where opened[index] >= 0 { shim_close(opened[index]) }
      throw fault
    }
    descriptors = opened
    selectCount = min(4, paths.count)
    self.hertz = hertz
    commandHertz = min(hertz, ADS1299.commandHertz)
  }

  deinit {
    for index in 0..<4 where descriptors[index] >= 0 { shim_close(descriptors[index]) }
  }

  /// Not on the real-time path.
  private static func open(_ path: String, hertz: UInt32) throws(AmplifierFault) -> Int32 {
    // SAFETY: the string lives through the call.
    let descriptor = unsafe shim_spi_open(path)
    if descriptor < 0 {
      throw AmplifierFault(errno: descriptor, operation: "opening", device: path)
    }
    do throws(AmplifierFault) {
      try configure(descriptor, path, hertz: hertz)
    } catch {
      shim_close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Not on the real-time path.
  private static func configure(_ descriptor: Int32, _ path: String, hertz: UInt32)
    throws(AmplifierFault)
  {
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

  /// One transfer. Bytes, or -errno.
  @_noLocks @_noAllocation
  func exchange(_ bytes: ExchangeBytes, select: Int, byteCount: Int, isCommand: Bool) -> Int32 {
    var transfer = unsafe transfer(
      bytes, from: 0, byteCount: byteCount, hertz: isCommand ? commandHertz : hertz)
    // SAFETY: the kernel reads and writes `byteCount` bytes of blocks that are longer.
    return unsafe shim_spi_exchange(descriptors[select], &transfer, nil)
  }

  /// Two transfers, chip select high between them. Bytes, or -errno.
  @_noLocks @_noAllocation
  func exchange(
    _ bytes: ExchangeBytes, select: Int, byteCount: Int, thenCommand commandByteCount: Int
  ) -> Int32 {
    var frame = unsafe transfer(bytes, from: 0, byteCount: byteCount, hertz: hertz)
    unsafe frame.change_select = 1
    var command = unsafe transfer(
      bytes, from: ExchangeBytes.readBack, byteCount: commandByteCount, hertz: commandHertz)
    // SAFETY: as above.
    return unsafe shim_spi_exchange(descriptors[select], &frame, &command)
  }

  @_noLocks @_noAllocation
  private func transfer(
    _ bytes: ExchangeBytes, from first: Int, byteCount: Int, hertz: UInt32
  ) -> shim_spi_transfer {
    precondition(
      first >= 0 && byteCount >= 0 && first + byteCount <= ExchangeBytes.capacity,
      "a transfer is at most 128 bytes")
    return unsafe shim_spi_transfer(
      transmit: bytes.transmit + first, receive: bytes.receive + first,
      byte_count: UInt32(truncatingIfNeeded: byteCount), hertz: hertz,
      delay_microseconds: ADS1299.selectHoldMicroseconds, change_select: 0, bits_per_word: 8)
  }
}
