// Taking what has come once in a while instead of each packet at once: less work for the processor,
// for who only records. The line must hold meanwhile what comes; how long it can is reckoned here.

import RT

/// How often what has come is taken, and how long the newest packet of a bunch may have waited.
struct Gathering: Sendable, Equatable {
  /// Between two lookings; zero: each packet at once.
  var span = Nanoseconds.zero
  /// From the arrival of the newest whole packet to the moment that it is taken.
  var longestWait = Nanoseconds.zero
}

extension AmplifierProfile {
  /// Bytes that a terminal's driver keeps for its reader: `N_TTY_BUF_SIZE` less one, n_tty.c.
  private static var terminalByteCount: Double { 4_095 }

  private var bytesPerSecond: Double { Double(format.byteCount) * packetsPerSecond }

  /// Transfers that complete in a second at most: a full-speed device may end one in each frame of
  /// 1 ms, which an FTDI chip does; one with bulk endpoints ends them when full or with a packet.
  private var transfersPerSecond: Double {
    let bySize = bytesPerSecond / Double(usb.transferByteCount)
    return max(usb.interface == .bulk ? bySize : 1_000, packetsPerSecond)
  }

  /// How long nobody needs to come: half of what the line holds, in whole milliseconds.
  ///
  /// - Returns: zero where it is less than a millisecond.
  public func longestGathering(at place: AmplifierPlace) -> Nanoseconds {
    let seconds =
      switch place {
      case .serial: Self.terminalByteCount / bytesPerSecond
      case .usb: Double(usb.transferCount) / transfersPerSecond
      }
    return .milliseconds(Int64(seconds / 2 * 1_000))
  }

  /// Has what comes taken once in `span`, for who can wait.
  ///
  /// - Throws: `.unsupported` when the line does not hold so much with as much again in hand.
  public mutating func gather(every span: Nanoseconds, at place: AmplifierPlace)
    throws(AmplifierFault)
  {
    precondition(span > .zero, "a span has a length")
    let longest = longestGathering(at: place)
    let line = if case .serial = place { "a serial line" } else { "USB" }
    guard span <= longest else {
      throw .unsupported(
        longest < .milliseconds(10)
          ? "\(name) sends too much over \(line) to be taken once in a while: leave out --gather"
          : "\(name) can be taken every \(longest.rawValue / 1_000_000) ms at most over \(line), "
            + "which holds no more: shorten --gather")
    }
    let transfer: Nanoseconds =
      switch place {
      case .serial: .zero
      case .usb where usb.interface == .bulk:
        Nanoseconds(seconds: Double(usb.transferByteCount) / bytesPerSecond)
      case .usb: .milliseconds(1)
      }
    gathering = Gathering(
      span: span, longestWait: Nanoseconds(seconds: 1 / packetsPerSecond) + transfer)
  }
}
