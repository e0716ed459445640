// The truth about a stream, for whoever judges what came of it.
//
// One line for each packet that was made: INDEX COUNTER sent|lost|torn COUNT1 COUNT2 …
// INDEX begins at 0 with each start of the stream and with each power-up. In between stand lines
// that begin with `#`: "# restart", "# command b", "# garbage 40" and, where a packet carries more
// than counts, "# aux INDEX FOOTER BYTES" before it; "# duplicate" after one that came twice.

internal import RT
internal import SPIShim
internal import Synchronization

/// EEXIST of <asm-generic/errno-base.h>.
enum FileExists {
  static var errno: Int32 { 17 }
}

/// Written by a thread of its own, so that no packet waits for a disk.
final class TruthFile: Sendable {
  private struct Shared {
    var waiting: [[Turn.Event]] = []
    var isClosing = false
  }

  let path: String
  private let descriptor: OwnedDescriptor
  private let shared = Mutex(Shared())
  private let bell = Doorbell()
  private let thread = Mutex<RealTimeThread<TruthWriter>?>(nil)

  /// - Throws: `truthExists`, `truthNotWritten`.
  init(creating path: String) throws(EmulatorFault) {
    self.path = path
    let descriptor = unsafe path.withCString { unsafe shim_create_exclusively($0) }
    if descriptor == -FileExists.errno { throw .truthExists(path: path) }
    guard descriptor >= 0 else { throw .truthNotWritten(path: path, errno: -descriptor) }
    self.descriptor = OwnedDescriptor(descriptor)
  }

  /// The writing thread, which runs until `close()`.
  func start() throws(SchedulingFault) {
    let fault: SchedulingFault? = thread.withLock { thread in
      do throws(SchedulingFault) {
        thread = try RealTimeThread.start(
          ThreadSettings(name: "truth", policy: .other), workspace: TruthWriter(file: self)
        ) { $0.run() }
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
  }

  func add(_ events: [Turn.Event]) {
    guard !events.isEmpty else { return }
    shared.withLock { $0.waiting.append(events) }
    bell.ring()
  }

  /// Waits until everything is in the file.
  func close() throws(EmulatorFault) {
    shared.withLock { $0.isClosing = true }
    bell.ring()
    let failure: Int32 = thread.withLock { thread in
      guard let running = thread.take() else { return 0 }
      return running.join().failure
    }
    guard failure == 0 else { throw .truthNotWritten(path: path, errno: failure) }
  }

  /// On the writing thread: what is there to be written; nil when it is over.
  fileprivate func next() -> [[Turn.Event]]? {
    while true {
      let ticket = bell.ticket()
      let (waiting, isClosing) = shared.withLock { shared in
        defer { shared.waiting = [] }
        return (shared.waiting, shared.isClosing)
      }
      if !waiting.isEmpty { return waiting }
      if isClosing { return nil }
      bell.wait(ticket, until: .now() + .seconds(1))
    }
  }

  fileprivate func write(_ bytes: [UInt8], at offset: Int64) -> Int32 {
    unsafe shim_write_all_at(descriptor.rawValue, bytes, bytes.count, offset)
  }
}

private struct TruthWriter: Sendable {
  let file: TruthFile
  private(set) var failure: Int32 = 0
  private var offset: Int64 = 0

  init(file: TruthFile) { self.file = file }

  mutating func run() {
    while let turns = file.next() {
      var text: [UInt8] = []
      for events in turns {
        for event in events { text.append(event) }
      }
      guard failure == 0 else { continue }
      failure = -file.write(text, at: offset)
      offset += Int64(text.count)
    }
  }
}

extension [UInt8] {
  /// The line that tells of an event.
  mutating func append(_ event: Turn.Event) {
    switch event {
    case .note(let text):
      self += "# ".utf8
      self += text.utf8
    case .packet(let packet):
      append(decimal: Int64(packet.index))
      append(0x20)
      append(decimal: Int64(packet.counter))
      append(0x20)
      self += packet.fate.rawValue.utf8
      for count in packet.counts {
        append(0x20)
        append(decimal: Int64(count))
      }
    }
    append(0x0A)
  }

  /// Half a million numbers a second come from a BioSemi: `String` would take too long.
  private mutating func append(decimal number: Int64) {
    if number < 0 { append(0x2D) }
    var rest = number.magnitude
    let first = count
    repeat {
      append(0x30 + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self[first...].reverse()
  }
}
