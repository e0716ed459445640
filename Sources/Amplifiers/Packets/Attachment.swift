// From a profile to a device that is there, set up, and proven to stream.

import RT

/// Where a streaming amplifier is looked for.
public enum AmplifierPlace: Sendable, Equatable {
  /// On USB, by its serial number; empty: the only one. `sparing` is the topology ("1-1.2") of
  /// somebody else's device, however alike it is.
  case usb(serialNumber: String, sparing: String?)
  /// At a serial line of the kernel's, or a pseudo-terminal.
  case serial(path: String)
}

/// A line that is open, and whether the device streams on as it was set up before.
struct AttachedLine {
  var handle: LineHandle
  /// "/dev/ttyUSB0", "/dev/bus/usb/001/004".
  var device: String
  /// By which it is known again; nil for what is not on USB.
  var known: KnownDevice?
  /// Of a serial line: where on USB its adapter is plugged in, if it has one.
  var topology: String?
  var isContinuing = false
  /// The firmware's version, where it says one.
  var firmware: String?

  var serialNumber: String { known?.device.serialNumber ?? "" }
}

extension AmplifierProfile {
  /// Finds the device, opens it, and brings it to where its start message makes it stream.
  ///
  /// - Parameter before: what it was attached as a moment ago: the same device is taken and no
  ///   other, and what streams on is left alone.
  func attach(
    _ place: AmplifierPlace, before: AttachedLine? = nil, until stop: StopSignal? = nil
  ) throws(AmplifierFault) -> AttachedLine {
    let isResuming = before != nil
    var attached = try open(place, before: before)
    do throws(AmplifierFault) {
      var conversation = LineConversation(attached.handle, device: attached.device, stop: stop)
      if isResuming { attached.isContinuing = try streams(&conversation) }
      if !attached.isContinuing {
        guard !isResuming || !startMessage.isEmpty else {
          throw .noAnswer(device: attached.device, hint: "it does not stream yet")
        }
        attached.firmware = try prepare(&conversation)
      }
      return attached
    } catch {
      putToRest(attached.handle, device: attached.device)
      attached.handle.close()
      throw error
    }
  }

  /// Leaves the device without a current through anybody, as far as it can still be told.
  func putToRest(_ handle: LineHandle, device: String) {
    var conversation = LineConversation(handle, device: device)
    for message in [stopMessage] + restMessages where !message.isEmpty {
      guard (try? conversation.send(message)) != nil,
        // It must have left before the line is closed.
        (try? conversation.receive(for: .milliseconds(30))) != nil
      else { return }
    }
  }

  private func open(_ place: AmplifierPlace, before: AttachedLine?) throws(AmplifierFault)
    -> AttachedLine
  {
    switch place {
    case .usb(let serialNumber, let spared):
      var known: KnownDevice
      if let last = before?.known {
        guard let device = USBDevices.findAgain(last, usb, sparing: spared) else {
          throw .notPlugged(kind: name, serialNumber: last.device.serialNumber, others: [])
        }
        known = last
        known.device = device
      } else {
        known = try USBDevices.find(
          usb, serialNumber: serialNumber, sparing: spared, kind: name)
      }
      return AttachedLine(
        handle: try USBDevices.open(known.device, usb, baud: baud), device: known.device.path,
        known: known)
    case .serial(let path):
      let topology = SerialPort.place(of: path)?.device
      // Names are dealt anew when a hub comes back.
      if let before, before.topology != topology {
        throw .line("\(path) is another adapter than before: plug it in where it was")
      }
      do throws(SerialFault) {
        return AttachedLine(
          handle: LineHandle(try SerialPort(path: path, baud: baud)), device: path,
          topology: topology)
      } catch {
        throw .line(error.message)
      }
    }
  }

  /// Whether packets come by themselves, within a third of a second.
  private func streams(_ conversation: inout LineConversation) throws(AmplifierFault) -> Bool {
    let bytes = try conversation.receive(for: .milliseconds(300))
    return holdsPackets(bytes)
  }

  private func holdsPackets(_ bytes: [UInt8]) -> Bool {
    var parser = PacketParser()
    var passed = 0
    return unsafe bytes.withUnsafeBytes { memory in
      guard let start = memory.baseAddress else { return false }
      return unsafe parser.find(in: start, available: memory.count, format, passed: &passed)
    }
  }

  /// Lets it stream until packets are there, and stops it again.
  ///
  /// - Throws: `.noAnswer`, with what the bytes look like.
  func prove(_ attached: AttachedLine) throws(AmplifierFault) {
    var conversation = LineConversation(attached.handle, device: attached.device)
    if !startMessage.isEmpty { try conversation.send(startMessage) }
    let deadline = MonotonicInstant.now() + .seconds(3)
    var bytes: [UInt8] = []
    // Not more than the search takes a moment for.
    while !holdsPackets(bytes) {
      guard MonotonicInstant.now() < deadline, bytes.count < 1 << 20 else {
        if !stopMessage.isEmpty { try conversation.send(stopMessage) }
        throw .noAnswer(device: attached.device, hint: explain(bytes))
      }
      bytes += try conversation.receive(for: .milliseconds(20))
    }
    if !stopMessage.isEmpty {
      try conversation.send(stopMessage)
      _ = try conversation.awaitQuiet(.milliseconds(50), within: .seconds(1))
    }
  }
}
