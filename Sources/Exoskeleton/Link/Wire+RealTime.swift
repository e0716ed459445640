// Real-time: the decoding thread. Which protocol a link speaks; each operation is the one of that
// protocol, whose file says what it costs. Another protocol takes a line in each switch.

internal import RT

@safe
struct Wire: ~Copyable, @unchecked Sendable {
  let kind: DriveKind
  /// What has come, for all protocols but our own, whose parser has a memory of its own.
  var queue = ByteQueue()
  var framed = FramedWire()
  private var vesc: VESCWire
  var dynamixel: DynamixelWire
  var odrive: ODriveWire
  var openExo: OpenExoWire
  var compact: CompactWire

  init(_ settings: DriveSettings) {
    kind = settings.kind
    vesc = VESCWire(settings)
    dynamixel = DynamixelWire(settings)
    odrive = ODriveWire(settings)
    openExo = OpenExoWire(settings)
    compact = CompactWire(settings)
  }

  /// Puts a command's bytes into memory; true when they ask for an answer.
  @_noLocks @_noAllocation
  mutating func encode(
    _ command: Command, sequence: UInt16, at now: MonotonicInstant, into out: inout ByteWriter
  ) -> Bool {
    switch kind {
    case .framed: framed.encode(command, sequence: sequence, into: &out)
    case .vesc, .cubemars:
      vesc.encode(command, sequence: sequence, at: now, into: &out, &queue)
    case .dynamixel: dynamixel.encode(command, sequence: sequence, at: now, into: &out, &queue)
    case .odrive: odrive.encode(command, sequence: sequence, at: now, into: &out, &queue)
    case .openExo: openExo.encode(command, sequence: sequence, at: now, into: &out)
    case .compact: compact.encode(command, sequence: sequence, at: now, into: &out)
    }
  }

  /// A command that asked was not written: what comes answers something else. Our own protocol's
  /// answers say themselves what they answer.
  @_noLocks @_noAllocation
  mutating func withdraw() {
    switch kind {
    case .vesc, .cubemars: vesc.withdraw()
    case .dynamixel: dynamixel.withdraw()
    case .odrive: odrive.withdraw()
    case .openExo: openExo.withdraw()
    case .compact: compact.withdraw()
    case .framed: break
    }
  }

  /// The next answer in what has come. A protocol that must say more at once puts it into `out`.
  @_noLocks @_noAllocation
  mutating func next(at now: MonotonicInstant, into out: inout ByteWriter) -> DriveReply? {
    switch kind {
    case .framed: framed.next()
    case .vesc, .cubemars: vesc.next(&queue)
    case .dynamixel: dynamixel.next(at: now, into: &out, &queue)
    case .odrive: odrive.next(into: &out, &queue)
    case .openExo: openExo.next(&queue, at: now)
    case .compact: compact.next(&queue, at: now)
    }
  }

  /// Room for bytes to come.
  @_noLocks @_noAllocation
  mutating func freeMemory() -> UnsafeMutableRawBufferPointer {
    switch kind {
    case .framed: unsafe framed.parser.freeMemory()
    case .vesc, .cubemars, .dynamixel, .odrive, .openExo, .compact: unsafe queue.freeMemory()
    }
  }

  @_noLocks @_noAllocation
  mutating func received(byteCount: Int) {
    switch kind {
    case .framed: framed.parser.received(byteCount: byteCount)
    case .vesc, .cubemars, .dynamixel, .odrive, .openExo, .compact:
      queue.received(byteCount)
    }
  }

  /// Bytes that belonged to no good message, and messages with a wrong checksum.
  var damage: (skippedBytes: UInt64, checksumErrors: UInt64) {
    @_noLocks @_noAllocation
    get {
      switch kind {
      case .framed: (framed.parser.counts.skippedBytes, framed.parser.counts.checksumErrors)
      case .vesc, .cubemars, .dynamixel, .odrive, .openExo, .compact:
        (queue.skippedBytes, queue.checksumErrors)
      }
    }
  }
}
