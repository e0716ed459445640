// What the acquisition thread owns of an amplifier that streams packets.

import RT
import Signal

/// One device, from its first packet to its last, outages included.
@safe
struct PacketStream: ~Copyable, @unchecked Sendable {
  let format: PacketFormat
  let exchange: LineExchange
  var line: LineMemory
  /// Sent to make it stream; nothing where it streams by itself.
  let startMessage: UnsafeMutableRawBufferPointer
  let outlivesItsPlug: Bool
  /// Without a packet for so long something is done about it.
  let silence: Nanoseconds
  /// When to look for what has come, and how long the newest packet has waited then on average.
  var gathering: GatheringTimer
  let usualWait: Nanoseconds

  var parser = PacketParser()
  var count: PacketCount
  var clock: SampleClock
  var assembly: FrameAssembly
  var counts = LineStatistics()
  /// Of the newest frame that went out; −1: none has.
  var publishedFrame: Int64 = -1
  var epoch: UInt32 = 1
  /// The half of a frame that waits for the other.
  let half: FrameSlot
  /// While a packet waits until the clock can be asked where it belongs.
  var pace = PaceWatch()
  var isFirstHeld = false
  /// Nothing has come for `silence`, and the screen has been told.
  var isSilent = false
  /// What the clock took for the line's new delay although nothing was lost: samples come so much
  /// later than they used to, and are so much older.
  var staleness = Nanoseconds.zero
  /// Periods by which arrivals come after what the clock makes of them, on average.
  var usualLateness = 0.0
  /// Among the packets that wait one follows a hole, which is why all of them are late.
  var hasHoleAhead = false
  /// Alarms that the newest frame raised.
  var alarms: UInt32 = 0
  var lateness = LatenessWatch()
  /// Counters say nothing of what was before.
  var isAnew = false
  /// What the next frame will say it came back from, and since when.
  var cause: UInt8 = 0
  var remedy: UInt8 = 0
  var outageAt = MonotonicInstant(nanoseconds: 0)
  /// Heap calls inside libusb for devices that are closed again, and those that were made for the
  /// present one before this thread had it.
  var closedHeapCalls: UInt64 = 0
  var earlierHeapCalls: UInt64 = 0

  init(_ profile: AmplifierProfile, line handle: LineHandle, exchange: LineExchange) {
    format = profile.format
    self.exchange = exchange
    // All transfers at once, and as much again for what is held back.
    line = LineMemory(
      handle,
      capacity: max(131_072, 2 * Int(profile.usb.transferCount * profile.usb.transferByteCount)))
    unsafe startMessage = Self.copied(profile.startMessage)
    outlivesItsPlug = profile.outlivesItsPlug
    let period = Nanoseconds(seconds: 1 / profile.packetsPerSecond)
    silence = max(.seconds(2), period * 256)
    gathering = GatheringTimer(profile.gathering)
    usualWait = Nanoseconds(profile.gathering.longestWait.rawValue / 2)
    count = PacketCount(
      packetsPerSecond: profile.packetsPerSecond, gathering: profile.gathering.span)
    // A microframe of a high-speed bus, a frame of the others.
    clock = SampleClock(
      nominalPeriod: period,
      arrivalGrid: profile.usb.interface == .bulk ? .microseconds(125) : .milliseconds(1))
    assembly = FrameAssembly(profile.format)
    let byteCount = FrameSlot.byteCount(channelCount: profile.format.channelCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    half = unsafe FrameSlot(memory)
  }

  deinit {
    unsafe startMessage.deallocate()
    unsafe half.base.deallocate()
  }

  private static func copied(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, bytes.count), alignment: 16)
    unsafe memory.copyBytes(from: bytes)
    return unsafe UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: bytes.count)
  }

  var statistics: LineStatistics {
    var now = counts
    now.skippedBytes = parser.skippedBytes
    now.lostLocks = parser.lostLocks
    now.lineErrors = line.errors
    now.receivedBytes = line.receivedBytes
    now.libraryHeapCalls = closedHeapCalls
    if exchange.state == LineExchange.State.inUse {
      now.libraryHeapCalls += line.libraryHeapCalls - earlierHeapCalls
    }
    return now
  }

  /// Stops the device and lets it go, after both threads have ended.
  consuming func close(_ profile: AmplifierProfile) {
    guard exchange.state == LineExchange.State.inUse else {
      exchange.closeLeftover(profile)
      return
    }
    profile.putToRest(line.handle, device: profile.name)
    line.handle.close()
  }
}
