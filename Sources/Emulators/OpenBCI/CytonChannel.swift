// One channel of a Cyton as its converter has it: an ADS1299's CHnSET and the switches around it.

/// Source: OpenBCI Cyton SDK, "Channel Setting Commands"; SBAS499C §9.6.1.6 for input and gain.
struct CytonChannel: Equatable, Sendable {
  static var gains: [Double] { [1, 2, 4, 6, 8, 12, 24] }
  static var referenceMicrovolts: Double { 4.5e6 }

  /// What the last `x…X` or `d` said.
  var settings = Settings()
  /// Channel off and on again leave the settings as they are.
  var isPoweredDown = false
  /// The lead-off current flows through the P input, through the N input.
  var isDrivenP = false
  var isDrivenN = false

  struct Settings: Equatable, Sendable {
    var isPoweredDown = false
    var gainCode: UInt8 = 6
    var input: UInt8 = 0
    var isInBias = true
    var usesSRB2 = true
    var usesSRB1 = false
  }

  var gain: Double { Self.gains[Int(settings.gainCode)] }

  var converter: Converter {
    Converter(
      microvoltsPerCount: Self.referenceMicrovolts / 8_388_607 / gain,
      range: Converter.range24Bit)
  }

  /// The register, as `?` shows it.
  var register: UInt8 {
    (isPoweredDown ? 0x80 : 0) | settings.gainCode << 4
      | (settings.usesSRB2 && !isPoweredDown ? 0x08 : 0) | settings.input
  }
}

/// The converter's own test signal.
struct TestSignal: Equatable, Sendable {
  /// 4.5 V / 2400, once or twice.
  var isDoubled = false
  /// Samples from one edge to the next at 250 Hz; nil: a constant.
  ///
  /// fCLK/2^21 and fCLK/2^20 beside a sample of 2^13 clocks.
  var halfPeriod: UInt64? = 128

  func microvolts(sample: UInt64) -> Double {
    let amplitude: Double = isDoubled ? 3750 : 1875
    guard let halfPeriod else { return amplitude }
    return (sample / halfPeriod).isMultiple(of: 2) ? amplitude : -amplitude
  }

  /// CONFIG2.
  var register: UInt8 {
    let frequency: UInt8 =
      switch halfPeriod {
      case 128: 0
      case nil: 3
      default: 1
      }
    return 0xD0 | (isDoubled ? 0x04 : 0) | frequency
  }
}

/// The two converters of a board and its Daisy, and what hangs on their inputs.
struct CytonFrontEnd: Sendable {
  /// In series with each electrode on the board.
  static var seriesOhms: Double { 2_200 }
  static var driveAmperes: Double { 6e-9 }
  /// The drive's square wave of 31.25 Hz beside 250 samples a second, four up and four down, as the
  /// converter's sinc³ filter of three samples shows it: its steps are spread over two of them.
  static var drive: [Double] { [-1, -2.0 / 3, 2.0 / 3, 1, 1, 2.0 / 3, -2.0 / 3, -1] }

  private let playback: Playback
  private let electrodeOhms: Double
  var channels = [CytonChannel](repeating: CytonChannel(), count: 16)
  /// Nil until a test command came: the test source is off.
  var testSignal: TestSignal?

  init(playback: Playback, electrodeOhms: Double) {
    self.playback = playback
    self.electrodeOhms = electrodeOhms
  }

  mutating func reset() {
    channels = [CytonChannel](repeating: CytonChannel(), count: 16)
    testSignal = nil
  }

  /// Eight channels of one converter.
  ///
  /// - Parameter chip: 0 the board's, 1 the Daisy's.
  func counts(chip: Int, sample: UInt64) -> [Int32] {
    (0..<8).map { place in
      let channel = channels[chip * 8 + place]
      guard !channel.isPoweredDown else { return 0 }
      return channel.converter.count(microvolts(chip * 8 + place, sample))
    }
  }

  /// By the input multiplexer: SBAS499C §9.6.1.6, MUXn.
  private func microvolts(_ number: Int, _ sample: UInt64) -> Double {
    let channel = channels[number]
    switch channel.settings.input {
    case 1, 2: return 0
    // Half of the 5 V supply; on channels 3 and 4 a quarter of the digital 3.3 V.
    case 3: return number % 8 == 2 || number % 8 == 3 ? 825_000 : 2_500_000
    // 25 °C.
    case 4: return 145_300
    case 5: return (testSignal ?? TestSignal()).microvolts(sample: sample)
    default:
      let drives = (channel.isDrivenP ? 1.0 : 0) + (channel.isDrivenN ? 1 : 0)
      let drop = Self.driveAmperes * (electrodeOhms + Self.seriesOhms) * 1e6 * drives
      let drive = Self.drive[Int(sample % UInt64(Self.drive.count))]
      return playback.microvolts(
        sample: Int(sample % UInt64(playback.sampleCount)), channel: number)
        + drive * drop
    }
  }
}
