// An amplifier that streams packets over USB or a serial line: OpenBCI, OpenEEG, FreeEEG, BioSemi.
//
//     var amplifier = PacketAmplifier(profile, at: .usb(serialNumber: ""))
//     try amplifier.arm()                             // found, set up, seen to stream
//     amplifier.run(into: &sink, until: stop)         // on the acquisition thread
//     amplifier.stop()
//
// The acquisition thread itself handles the transfers. When the plug is pulled it hands the line to
// the attendant, a thread of normal priority, and waits for a new one; the governor has noticed the
// missing frames long before. Frames go on with the number that the clock and the device's counter
// give them.

import RT
import Signal

/// Counts of what went wrong on the line, for the closing report.
public struct LineStatistics: Sendable, Equatable, BitwiseCopyable {
  public var packets: UInt64 = 0
  /// Bytes that belonged to no packet, and times that packets were not where they should be.
  public var skippedBytes: UInt64 = 0
  public var lostLocks: UInt64 = 0
  public var repeatedPackets: UInt64 = 0
  public var implausiblePackets: UInt64 = 0
  public var lineErrors = LineErrors()
  /// Times that the plug was out, the device fell silent, or began to count anew.
  public var outages: UInt64 = 0
  public var restarts: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  /// Allocations and frees inside libusb on the acquisition thread: one record for each transfer.
  public var libraryHeapCalls: UInt64 = 0
}

public struct PacketAmplifier: Amplifier, ~Copyable {
  public private(set) var description: AmplifierDescription
  let profile: AmplifierProfile
  private let place: AmplifierPlace
  /// Nil before `arm` and after `stop`.
  var stream: PacketStream?
  private var attendant: RealTimeThread<Attendant>?
  /// Wakes the attendant, so that it sees its stop signal.
  private var attendantBell: Doorbell?
  private let reason = AttendantReason()
  private var finished = LineStatistics()
  private var attendantStop = StopSignal()

  public init(_ profile: AmplifierProfile, at place: AmplifierPlace) {
    self.profile = profile
    self.place = place
    description = AmplifierDescription(
      name: profile.name, serialNumber: nil, montage: profile.montage,
      groupDelay: profile.groupDelay, delays: profile.delays, auxiliaries: profile.auxiliaries)
  }

  deinit {
    attendantStop.raise()
    attendantBell?.ring()
    if let attendant { _ = attendant.join() }
    if let stream { stream.close(profile) }
  }

  public mutating func arm() throws(AmplifierFault) {
    stop()
    let attached = try profile.attach(place)
    do throws(AmplifierFault) {
      try profile.prove(attached)
    } catch {
      profile.putToRest(attached.handle, device: attached.device)
      attached.handle.close()
      throw error
    }
    description.serialNumber = attached.serialNumber.isEmpty ? nil : attached.serialNumber
    description.firmware = attached.firmware
    let exchange = LineExchange(attached.handle)
    attendantStop = StopSignal()
    attendantBell = exchange.bell
    stream = PacketStream(profile, line: attached.handle, exchange: exchange)
    do throws(SchedulingFault) {
      attendant = try RealTimeThread.start(
        ThreadSettings(name: "attendant", policy: .other),
        workspace: Attendant(
          profile: profile, place: place, attached: attached, exchange: exchange,
          reason: reason, stop: attendantStop)
      ) { $0.run() }
    } catch {
      stop()
      throw .line(error.message)
    }
  }

  public mutating func stop() {
    attendantStop.raise()
    attendantBell?.ring()
    if let ended = attendant.take() { _ = ended.join() }
    if let stopped = stream.take() {
      finished = stopped.statistics
      stopped.close(profile)
    }
  }

  public var presence: DevicePresence? {
    switch stream {
    case .some(let now):
      DevicePresence(exchange: now.exchange, alarmTexts: profile.alarmTexts, reason: reason)
    case .none: nil
    }
  }

  /// Of the stream that runs, or that ran last.
  public var lineStatistics: LineStatistics? {
    switch stream {
    case .some(let now): now.statistics
    case .none: finished
    }
  }
}
