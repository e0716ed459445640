// What every source of samples must deliver, be it a chip, a USB device, a model or a file.
//
// The contract:
//   - raw counts, never scaled, filtered, interpolated or repeated;
//   - `edgeTime` as close to the hardware as it goes, CLOCK_MONOTONIC;
//   - `sampleIndex` counts every conversion, the lost ones included, and `lostBefore` is exact;
//   - nothing is allocated, locked or formatted between `arm()` and `stop()`.

public import RT
public import Signal

/// What an amplifier is and what its counts mean.
public struct AmplifierDescription: Sendable, Equatable {
  /// As a person would say it: "ADS1299 (model), 8 channels".
  public var name: String
  public var serialNumber: String?
  /// As it says it itself, known from `arm` on: "v3.1.2"; nil where it says none.
  public var firmware: String?
  public var montage: Montage
  /// Delay of the converter's own digital filter.
  public var groupDelay: Nanoseconds
  /// What lies before the converter's output besides: a radio's averaging, halves that wait.
  public var delays: [StructuralDelay]
  /// What each frame holds beside the counts, in the order of its words; at most four.
  public var auxiliaries: [AuxiliarySignal]

  public init(
    name: String, serialNumber: String?, montage: Montage, groupDelay: Nanoseconds,
    delays: [StructuralDelay] = [], auxiliaries: [AuxiliarySignal]
  ) {
    precondition(auxiliaries.count <= AuxiliarySignal.most, "a frame has four words at most")
    self.name = name
    self.serialNumber = serialNumber
    self.montage = montage
    self.groupDelay = groupDelay
    self.delays = delays
    self.auxiliaries = auxiliaries
  }

  /// For the header of a recording, whose field is short: "OpenBCI Cyton, 8 channels, fw v3.1.2".
  public var equipment: String { name + (firmware.map { ", fw \($0)" } ?? "") }
}

/// Why an amplifier could not be brought up. `message` says it in one sentence, with the remedy.
public enum AmplifierFault: Error, Equatable, Sendable {
  /// The device node is not there.
  case missing(device: String)
  /// The device node may not be opened.
  case permissionDenied(device: String)
  /// Somebody else holds the device or the line.
  case busy(device: String)
  /// A chip answered, but not the one that is configured.
  case wrongIdentity(found: UInt8, expected: UInt8, hint: String)
  /// A register read back otherwise than it was written.
  case registerMismatch(name: String, wrote: UInt8, read: UInt8)
  /// The chip is set up and started, and yet no conversion comes.
  case noConversions(device: String)
  /// Several chips do not convert together: chip `chip` (2 is the second) walks against the first.
  case unsynchronised(device: String, chip: Int, partsPerMillion: Int)
  /// The configuration asks for what the amplifier cannot do.
  case unsupported(String)
  /// No amplifier of this kind is plugged in, or none with this serial number (empty: any).
  case notPlugged(kind: String, serialNumber: String, others: [String])
  /// Several of them are, and none is named.
  case severalPlugged(kind: String, serialNumbers: [String])
  /// The line is open, but what comes over it is no answer or no stream of packets.
  case noAnswer(device: String, hint: String)
  /// The firmware refused a command, with these words.
  case commandRefused(device: String, command: String, reply: String)
  /// A serial line cannot be used, said in one sentence.
  case line(String)
  /// A kernel call failed.
  case system(operation: String, device: String, errno: Int32)
}

/// Why `run` returned.
public enum AcquisitionEnd: Equatable, Sendable {
  /// The stop signal was raised.
  case stopped
  /// A recording came to its end.
  case finished
  /// No conversion was ready for too long, whatever remedy was tried: START low, a cable, the
  /// power.
  case silent
  /// Every remedy was tried, and the chip is still not to be believed: `cause` is the raw value of
  /// a `Recovery.Cause`.
  case unrecoverable(cause: UInt8)
  /// Several chips have lost each other while they ran.
  case unsynchronised
  /// A kernel call failed for good (`-errno` as the shim returned it).
  case failed(errno: Int32)
}

/// One source of samples. Every method is called by one thread at a time.
public protocol Amplifier: ~Copyable {
  var description: AmplifierDescription { get }

  /// Brings the hardware up and proves that it converts. May take seconds; allocates.
  mutating func arm() throws(AmplifierFault)

  /// Starts conversions and delivers frames on the calling real-time thread until told to stop;
  /// once after each `arm()`.
  ///
  /// Real-time. Concrete implementations carry `@_noLocks @_noAllocation`.
  mutating func run(into sink: inout FrameSink, until stop: StopSignal) -> AcquisitionEnd

  /// Stops conversions and lets the hardware go. Idempotent.
  mutating func stop()

  /// What went over the line, of an amplifier that has one; the last session's after `stop`.
  var lineStatistics: LineStatistics? { get }
  /// Says while it runs whether the device is there; from `arm` on, of an amplifier that may go.
  var presence: DevicePresence? { get }
}

extension Amplifier where Self: ~Copyable {
  public var lineStatistics: LineStatistics? { nil }
  public var presence: DevicePresence? { nil }
}
