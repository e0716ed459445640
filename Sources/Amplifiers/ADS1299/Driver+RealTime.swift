// Reads conversions: edge, transfer, frame.
//
// Real-time: acquisition thread, SCHED_FIFO 80. For each frame at most three system calls on Linux
// (wait, event read, SPI ioctl) and two clock reads; the wait is at most 50 ms long.
//
// Data are read with RDATA: the transfer may overlap the next DRDY without harm
// (SBAS499C §9.5.3.9), and registers stay readable between samples.

public import RT
import Signal

/// What reading needs to know of the configuration, and its buffer.
@safe
struct FrameReader: ~Copyable, @unchecked Sendable {
  let channelCount: Int
  let period: Nanoseconds
  let settling: Nanoseconds
  let buffer: UnsafeMutablePointer<UInt8>
  /// Counts up with every time the registers were written.
  var epoch: UInt32 = 0

  init(_ configuration: ADS1299Configuration) {
    channelCount = configuration.channelCount
    period = configuration.period
    settling = configuration.settling
    unsafe buffer = .allocate(capacity: 64)
    unsafe buffer.initialize(repeating: 0, count: 64)
  }

  deinit { unsafe buffer.deallocate() }
}

extension FrameReader {
  /// Starts conversions and delivers them until told to stop.
  ///
  /// Plain generic; checked through the annotated root of each port.
  @inline(__always)
  func deliver<Port: ADS1299Port & ~Copyable>(
    from port: inout Port, into sink: inout FrameSink, until stop: StopSignal
  ) -> AcquisitionEnd {
    let byteCount = 1 &+ 3 &* (channelCount &+ 1)
    let silence = Nanoseconds(
      period.rawValue &* 8 > 20_000_000 ? period.rawValue &* 8 : 20_000_000)
    let firstNumber = port.discardEdges() &+ 1
    if let errno = begin(&port) { return .failed(errno: errno) }

    var lastEdge = MonotonicInstant.now() + settling
    var expected: UInt64 = 0
    while !stop.isRaised {
      let outcome = port.waitForEdge(until: .now() + .milliseconds(50))
      let wake = MonotonicInstant.now()
      switch outcome {
      case .failed(let errno): return .failed(errno: errno)
      case .nothing:
        if wake > lastEdge + silence { return .silent }
      case .edge(var time, var number):
        unsafe buffer[0] = ADS1299Command.readData
        for index in 1..<byteCount { unsafe buffer[index] = 0 }
        let result = unsafe port.exchange(buffer, count: byteCount)
        if result != 0 { return .failed(errno: 0 &- result) }
        let readTime = MonotonicInstant.now()
        if !port.keepsConversions, wake >= time + period {
          // The chip had gone on before the transfer: what was read is the newest conversion.
          if case .edge(let newer, let newest) = port.waitForEdge(until: wake), newer <= wake {
            time = newer
            number = newest
          }
        }
        lastEdge = time

        let frame = sink.claim()
        var header = FrameHeader()
        header.sampleIndex = number &- firstNumber
        header.edgeTime = time
        header.wakeTime = wake
        header.readTime = readTime
        header.lostBefore = UInt32(truncatingIfNeeded: header.sampleIndex &- expected)
        header.statusWord = word(at: 1)
        header.channelCount = UInt32(truncatingIfNeeded: channelCount)
        header.configurationEpoch = epoch
        var flags: UInt32 = 0
        // SBAS499C §9.4.4.2: the status word begins with 1100.
        if header.statusWord & 0xF0_0000 != 0xC0_0000 { flags |= FrameFlags.corrupt.rawValue }
        if readTime >= time + period { flags |= FrameFlags.late.rawValue }
        header.flags = FrameFlags(rawValue: flags)
        frame.header = header
        for channel in 0..<channelCount {
          // Sign extension of 24 bits.
          let pattern = word(at: 4 &+ 3 &* channel) &<< 8
          frame.setCount(channel, to: Int32(bitPattern: pattern) &>> 8)
        }
        expected = header.sampleIndex &+ 1
        sink.publish(frame)
      }
    }
    return .stopped
  }

  /// START by pin or command; an errno when the bus fails.
  @inline(__always)
  private func begin<Port: ADS1299Port & ~Copyable>(_ port: inout Port) -> Int32? {
    if port.setStart(true) { return nil }
    unsafe buffer[0] = ADS1299Command.start
    let result = unsafe port.exchange(buffer, count: 1)
    return result == 0 ? nil : 0 &- result
  }

  /// 24 bits, most significant byte first.
  @inline(__always)
  private func word(at offset: Int) -> UInt32 {
    unsafe UInt32(buffer[offset]) &<< 16 | UInt32(buffer[offset &+ 1]) &<< 8
      | UInt32(buffer[offset &+ 2])
  }
}

/// The chip behind the kernel's interfaces.
public typealias LinuxADS1299 = ADS1299<LinuxPort>
/// The model of the chip.
public typealias ModelledADS1299 = ADS1299<ModelPort>

extension ADS1299: Amplifier where Port: ~Copyable {
  public mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd {
    Port.run(&self, into: &sink, until: stop)
  }
}

// The concrete roots stand in this file, where the compiler sees the body that they specialise.

extension ModelPort: ADS1299Port {
  @_noLocks @_noAllocation
  public static func run(
    _ amplifier: inout ADS1299<ModelPort>, into sink: inout FrameSink, until stop: StopSignal
  ) -> AcquisitionEnd {
    guard amplifier.isArmed else { return .failed(errno: 1) }
    return amplifier.reader.deliver(from: &amplifier.port, into: &sink, until: stop)
  }
}

extension LinuxPort: ADS1299Port {
  @_noLocks @_noAllocation
  public static func run(
    _ amplifier: inout ADS1299<LinuxPort>, into sink: inout FrameSink, until stop: StopSignal
  ) -> AcquisitionEnd {
    guard amplifier.isArmed else { return .failed(errno: 1) }
    return amplifier.reader.deliver(from: &amplifier.port, into: &sink, until: stop)
  }
}
