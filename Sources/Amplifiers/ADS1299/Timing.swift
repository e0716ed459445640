// The chip's times, in clocks of its own as the data sheet counts them.

public import RT

extension ADS1299 {
  /// fCLK, nominal. The internal oscillator is within ±0.5 % at 25 °C, ±2.5 % over temperature.
  static var clockHertz: Int64 {
    @_noLocks @_noAllocation get { 2_048_000 }
  }

  /// So many periods of the slowest clock that the data sheet allows: tCLK of 666 ns
  /// (SBAS499A p. 8). What the driver waits.
  @_noLocks @_noAllocation
  static func slowest(clocks: Int64) -> Nanoseconds { Nanoseconds(clocks * 666) }

  /// So many periods of the nominal clock, to the nearest nanosecond below: 488.28125 ns each.
  /// What the model takes.
  @_noLocks @_noAllocation
  static func nominal(clocks: Int64) -> Int64 { clocks * 1_000_000_000 / clockHertz }

  enum Clocks {
    /// tPOR, power-up to the first command. 2^16 failed one boot in fifty (TI E2E 480770).
    static var powerOn: Int64 { @_noLocks @_noAllocation get { 1 << 18 } }
    /// RESET pin low. SBAS499A p. 29.
    static var resetPulse: Int64 { @_noLocks @_noAllocation get { 2 } }
    /// After RESET, pin or opcode, to the first command. SBAS499A p. 29.
    static var afterReset: Int64 { @_noLocks @_noAllocation get { 18 } }
    /// After WAKEUP, SDATAC and RDATAC; between the bytes of one command (tSDECODE, p. 37).
    static var command: Int64 { @_noLocks @_noAllocation get { 4 } }

    /// From START to the first settled conversion: four conversions and nine clocks.
    @_noLocks @_noAllocation
    static func settling(_ rateCode: UInt8) -> Int64 { 4 * conversion(rateCode) + 9 }

    /// One conversion: 128 clocks at 16 kSPS, twice as many with each slower rate.
    @_noLocks @_noAllocation
    static func conversion(_ rateCode: UInt8) -> Int64 { 128 << Int64(rateCode) }
  }

  /// At reading an ID that makes sense, and at a configuration that reads back.
  static var attempts: Int {
    @_noLocks @_noAllocation get { 5 }
  }

  /// The internal reference's start-up with 100 µF at VCAP1, SBAS499C typical.
  static var referenceStart: Nanoseconds {
    @_noLocks @_noAllocation get { .milliseconds(150) }
  }

  /// Chip select stays low for 4 tCLK after the last clock (tSCCS), rounded up.
  static var selectHoldMicroseconds: UInt16 {
    @_noLocks @_noAllocation get { 3 }
  }

  /// What a register holds after a reset, by address; `Register.resetValue` for the loop.
  @_noLocks @_noAllocation
  static func resetValue(at address: Int) -> UInt8 {
    switch address {
    case 0: 0x3E
    case 1: 0x96
    case 2: 0xC0
    case 3: 0x60
    case 5...12: 0x61
    case 0x14: 0x0F
    default: 0
    }
  }

  /// The fastest SPI clock at which the bytes of one command may follow without a pause:
  /// a byte in 4 tCLK of the slowest clock.
  static var commandHertz: UInt32 {
    @_noLocks @_noAllocation get { 2_000_000 }
  }
}

extension ADS1299.DataRate {
  /// Between two conversions, nominal: 62.5 µs at 16 kSPS, 4 ms at 250 SPS; exact.
  public var period: Nanoseconds { Nanoseconds(62_500 << Int64(rawValue)) }

  /// From START to the first conversion, nominal: 16.0 ms at 250 SPS.
  public var settling: Nanoseconds {
    Nanoseconds(ADS1299.nominal(clocks: ADS1299.Clocks.settling(rawValue)))
  }

  /// Of the sinc3 filter: (3 · decimation - 3) / 2 modulator clocks, so 1.5 conversions less
  /// 1.5 modulator clocks; fMOD is fCLK / 2.
  public var groupDelay: Nanoseconds {
    let decimation = Int64(64) << Int64(rawValue)
    return Nanoseconds(ADS1299.nominal(clocks: 3 * (decimation - 1)))
  }
}
