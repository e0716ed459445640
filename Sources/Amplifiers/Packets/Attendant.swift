// Whoever finds the device again after its plug was out: a thread of normal priority beside the
// acquisition thread, because looking for a device reads folders, waits, and allocates.

import RT
import SPIShim
import Synchronization

/// What the two threads share. A handle, as `Doorbell` is; its memory lives as long as the process.
@safe
struct LineExchange: @unchecked Sendable {
  enum State {
    /// The acquisition thread has the line.
    static var inUse: UInt32 { @_noLocks @_noAllocation get { 0 } }
    /// The acquisition thread has given the line up; the attendant shall close it.
    static var givenUp: UInt32 { @_noLocks @_noAllocation get { 1 } }
    /// There is no line; the attendant looks for one.
    static var missing: UInt32 { @_noLocks @_noAllocation get { 2 } }
    /// A line for the acquisition thread, which must make the device stream.
    static var ready: UInt32 { @_noLocks @_noAllocation get { 3 } }
    /// A line over which the device streams on as it was set up before.
    static var streaming: UInt32 { @_noLocks @_noAllocation get { 4 } }
  }

  private let memory: UnsafeMutablePointer<Atomic<UInt32>>
  private let line: UnsafeMutablePointer<LineHandle>
  private let alarmBits: UnsafeMutablePointer<Atomic<UInt32>>
  let bell = Doorbell()

  init(_ handle: LineHandle) {
    unsafe memory = .allocate(capacity: 1)
    unsafe memory.initialize(to: Atomic(State.inUse))
    unsafe alarmBits = .allocate(capacity: 1)
    unsafe alarmBits.initialize(to: Atomic(0))
    unsafe line = .allocate(capacity: 1)
    unsafe line.initialize(to: handle)
  }

  /// Whose turn it is: the acquisition thread's from `ready` or `streaming` on, the attendant's
  /// from `givenUp` on.
  var state: UInt32 {
    @_noLocks @_noAllocation get { unsafe memory.pointee.load(ordering: .acquiring) }
  }

  @_noLocks @_noAllocation
  func hand(_ handle: LineHandle, as state: UInt32) {
    unsafe line.pointee = handle
    unsafe memory.pointee.store(state, ordering: .releasing)
    bell.ring()
  }

  /// Acquisition thread, when the state is `ready` or `streaming`.
  @_noLocks @_noAllocation
  func take() -> LineHandle {
    unsafe memory.pointee.store(State.inUse, ordering: .relaxed)
    return unsafe line.pointee
  }

  /// Beside the alarms: the device is there, and nothing comes.
  static var silentBit: UInt32 { @_noLocks @_noAllocation get { 1 << 31 } }

  /// Acquisition thread: alarms of the newest frame, bit 0 the first of the profile.
  @_noLocks @_noAllocation
  func setAlarms(_ raised: UInt32) { unsafe alarmBits.pointee.store(raised, ordering: .relaxed) }
  var alarms: UInt32 { unsafe alarmBits.pointee.load(ordering: .relaxed) }

  /// Closes the line, when both threads have ended and it is not the acquisition thread's.
  func closeLeftover(_ profile: AmplifierProfile) {
    let left = state
    if left == State.inUse || left == State.missing { return }
    profile.putToRest(handle, device: profile.name)
    handle.close()
  }

  private var handle: LineHandle { unsafe line.pointee }

  /// Attendant, when the state is `givenUp`.
  func closeGivenUp() {
    unsafe line.pointee.close()
    unsafe memory.pointee.store(State.missing, ordering: .releasing)
  }
}

/// Whether an amplifier's device is there, for whoever watches the session.
public struct DevicePresence: Sendable {
  let exchange: LineExchange
  let alarmTexts: [String]
  let reason: AttendantReason

  /// It was unplugged or fell silent, and is looked for.
  public var isAway: Bool {
    exchange.state != LineExchange.State.inUse || exchange.alarms & LineExchange.silentBit != 0
  }

  /// Why it could not be brought back yet, in one sentence; nil when nothing has been tried.
  public var hindrance: String? { reason.text.withLock { $0 } }

  /// What the device itself says is wrong: "its battery is low: charge it".
  public var alarms: [String] {
    let raised = exchange.alarms
    return alarmTexts.enumerated().filter { raised & 1 << UInt32($0.offset) != 0 }.map(\.element)
  }
}

/// Why the last attempt failed. The real-time path never sees it.
final class AttendantReason: Sendable {
  let text = Mutex<String?>(nil)
}

/// What the attendant's thread owns.
struct Attendant: Sendable {
  let profile: AmplifierProfile
  let place: AmplifierPlace
  /// The device that was there at first; its handle is of no use.
  let attached: AttachedLine
  let exchange: LineExchange
  let reason: AttendantReason
  let stop: StopSignal

  /// Until told to stop. A line that nobody takes stays in the exchange.
  func run() {
    while !stop.isRaised {
      let ticket = exchange.bell.ticket()
      if exchange.state == LineExchange.State.givenUp {
        exchange.closeGivenUp()
        guard let attached = find() else { return }
        exchange.hand(
          attached.handle,
          as: attached.isContinuing ? LineExchange.State.streaming : LineExchange.State.ready)
      } else {
        exchange.bell.wait(ticket, until: .now() + .seconds(10))
      }
    }
  }

  /// Tries until it is there; nil when told to stop.
  private func find() -> AttachedLine? {
    while !stop.isRaised {
      do throws(AmplifierFault) {
        let again = try profile.attach(place, before: attached, until: stop)
        reason.text.withLock { $0 = nil }
        return again
      } catch {
        reason.text.withLock { $0 = error.message }
      }
      let deadline = MonotonicInstant.now() + .milliseconds(250)
      if case .usb = place {
        // An arrival ends the wait, where libusb hears of it.
        USBDevices.awaitArrival(vendor: profile.usb.vendor, until: deadline)
      } else {
        _ = shim_sleep_until(deadline.nanoseconds)
      }
    }
    return nil
  }
}
