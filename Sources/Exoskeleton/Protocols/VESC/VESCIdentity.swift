// How a VESC says who it is: its firmware's version, and the name of its hardware.

internal import RT

extension ExoskeletonLink {
  /// Not real-time.
  mutating func identifyVESC(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    var question = [UInt8](repeating: 0, count: 16)
    let byteCount = unsafe question.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return 0 }
      var out = unsafe ByteWriter(base, capacity: memory.count)
      VESCFrame.put(VESCCode.firmwareVersion, into: &out)
      return out.byteCount
    }
    let answer = try ask(Array(question[..<byteCount]), until: deadline) { queue in
      while let payload = VESCFrame.find(in: &queue) {
        let bytes = unsafe Array(queue.bytes(payload.offset, count: payload.count))
        queue.drop(payload.offset + payload.count + 3)
        // Our own question has one byte.
        if bytes.count >= 3, bytes[0] == VESCCode.firmwareVersion { return bytes }
      }
      return nil
    }
    let name = answer.dropFirst(3).prefix { (0x20...0x7E).contains($0) }
    var identity = ExoskeletonIdentity(
      name: name.isEmpty ? settings.kind.rawValue : String(decoding: name, as: UTF8.self),
      firmware: "\(answer[1]).\(answer[2])", watchdog: .unknown(usual: .seconds(1)))
    identity.remarks.append(
      "its own watchdog cannot be read over the UART and is usually 1000 ms, after which the joint"
        + " goes on free: set its timeout to 100 ms in the drive maker's tool")
    return identity
  }
}
