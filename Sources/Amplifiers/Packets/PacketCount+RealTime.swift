// Real-time: which packet a packet is. Acquisition thread; a dozen operations; no system calls.
//
// The device counts modulo 256, at 250 packets a second once in 1.024 s, so that the counter alone
// cannot tell a loss of 3 packets from one of 259. The clock can, where it is right to within half
// a turn. A packet is never early: of the numbers that its counter allows it has the largest that
// the clock allows. What still waits in memory behind it was sent later, and is taken off.

import RT
import Signal

/// Where a packet belongs.
enum PacketPlace: BitwiseCopyable {
  /// After the last, with so many missing between them.
  case next(missing: Int64)
  /// The same, but the counter has gone round, which the clock alone says.
  case leap(missing: Int64)
  /// The device began to count anew; so many periods went by without a packet.
  case restarted(missing: Int64)
  /// It has come before, or its successor has.
  case repeated
  /// Its counter fits neither the last packet nor the clock.
  case implausible

  /// Only the clock says so, which can be asked when nothing waits upstream any more.
  var isByClock: Bool {
    @_noLocks @_noAllocation
    get {
      switch self {
      case .leap, .restarted: true
      case .next, .repeated, .implausible: false
      }
    }
  }
}

/// The count of a stream's packets, extended from 8 bits to 64.
struct PacketCount: BitwiseCopyable {
  /// Of the newest packet; −1 before the first.
  private(set) var index: Int64 = -1
  private var counter = -1
  /// Periods that the newest packet came after the clock had expected it, without those that it
  /// may have waited for somebody to look.
  private var lateness = 0.0
  /// Packets that may seem early: the clock has not settled, the oscillator is off.
  private let slack: Double
  /// Of a device that counts nothing: packets of 20 ms, which is no jitter any more, and of 3 ms,
  /// which may be.
  private let pause: Double
  private let jitter: Double
  /// Packets that may wait until somebody looks: before a hole the last ones do.
  private let unseen: Double

  /// - Parameters:
  ///   - packetsPerSecond: nominal.
  ///   - gathering: between two lookings; zero: somebody looks at once.
  @_noLocks @_noAllocation
  init(packetsPerSecond: Double, gathering: Nanoseconds = .zero) {
    unseen = packetsPerSecond * gathering.seconds
    let tenth = packetsPerSecond * 0.1
    slack = tenth < 16 ? 16 : tenth > 64 ? 64 : tenth
    pause = packetsPerSecond * 0.02
    jitter = packetsPerSecond * 0.003
  }

  /// Looks where a packet belongs; `accept` makes it the newest.
  ///
  /// - Parameters:
  ///   - counter: −1 when the device does not count.
  ///   - elapsed: periods from the newest packet to this one, by the clock.
  ///   - drift: by which fraction the clock may be wrong.
  ///   - followsHole: what was late until now was so because of a hole before this packet.
  ///   - isFirst: bytes were passed over before it, so that a packet may be missing.
  ///   - isAnew: the device was set up afresh, and its counter says nothing of what was before.
  @_noLocks @_noAllocation
  func place(
    counter: Int, elapsed: Double, drift: Double, followsHole: Bool, isFirst: Bool, isAnew: Bool
  ) -> PacketPlace {
    if index < 0 { return .next(missing: 0) }
    // Months, or not a number: nothing that a clock says.
    guard elapsed > -1e9, elapsed < 1e9 else { return .implausible }
    let byClock = elapsed < 1 ? 1 : Int64(elapsed + 0.5)
    if isAnew { return .restarted(missing: byClock - 1) }
    // As late as the packet before: then both waited somewhere, and nothing went by between them.
    let since = followsHole ? elapsed : elapsed - lateness
    if counter < 0 {
      // Bytes that belong to no packet are those of one that is torn.
      let torn: Int64 = isFirst ? 1 : 0
      let missing = elapsed - 1 > jitter ? max(torn, byClock - 1) : torn
      if since > pause { return .leap(missing: missing) }
      return .next(missing: isFirst ? missing : 0)
    }
    let step = Int64((counter - self.counter) & 0xFF)
    let latest = elapsed + slack + drift * (elapsed > 0 ? elapsed : 0)
    var turns = (Int64(latest) - step) >> 8  // Rounds down, below zero, too.
    if turns > 0 { turns = max(0, min(turns, (Int64(since + slack) - step) >> 8)) }
    let distance = step + 256 * turns
    if distance > 0 {
      // From zero on, which is not what would have been next, and not when it should have come.
      if counter <= 4, step != 1, since - Double(distance) > slack {
        return .restarted(missing: byClock - 1)
      }
      return turns > 0 ? .leap(missing: distance - 1) : .next(missing: distance - 1)
    }
    if distance > -16 { return .repeated }
    return isFirst ? .restarted(missing: byClock - 1) : .implausible
  }

  /// From the newest packet's counter to this one, 0…255; 1 where nothing is counted.
  @_noLocks @_noAllocation
  func step(to counter: Int) -> Int { counter < 0 ? 1 : (counter - self.counter) & 0xFF }

  /// Makes a packet the newest.
  ///
  /// - Parameters:
  ///   - elapsed: as in `place`.
  ///   - alignment: 2: packets with an even counter get an even number, skipping one.
  @_noLocks @_noAllocation
  mutating func accept(counter: Int, missing: Int64, elapsed: Double, alignment: Int) {
    var next = index + 1 + missing
    if alignment == 2, counter >= 0, (next ^ Int64(counter)) & 1 != 0 { next += 1 }
    lateness = index < 0 ? 0 : elapsed - Double(next - index)
    if lateness > 0 { lateness = lateness > unseen ? lateness - unseen : 0 }
    index = next
    self.counter = counter
  }
}
