// The dead-man of a person at a terminal: the space bar, again and again, or nothing moves.

import Glibc
import RT

/// Who permits motion.
struct Hands: ~Copyable {
  /// How long a space counts.
  static var span: Nanoseconds { .seconds(2) }

  /// The terminal as it was; nil: a script permits everything, as it said.
  private let before: termios?
  private(set) var permittedUntil: MonotonicInstant

  /// - Parameter isScript: `--yes-move` was given.
  /// - Throws: there is neither a person at a terminal nor `--yes-move`.
  init(isScript: Bool) throws(Failure) {
    permittedUntil = .now()
    guard !isScript else {
      before = nil
      return
    }
    var settings = termios()
    guard isatty(0) == 1, unsafe tcgetattr(0, &settings) == 0 else {
      throw Failure(
        .usage,
        "this moves a joint, and nobody is at a terminal to permit it: run it in one, or say "
          + "--yes-move if nobody can come to harm")
    }
    before = settings
    // Keys come one by one and are not shown; Ctrl-C still interrupts.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    // What was typed before the prompt asked for it permits nothing.
    unsafe tcsetattr(0, TCSAFLUSH, &settings)
  }

  /// Forgets what was typed until now: it permits nothing.
  func forget() {
    if needsKeys { tcflush(0, TCIFLUSH) }
  }

  deinit {
    if var before { unsafe tcsetattr(0, TCSANOW, &before) }
  }

  var needsKeys: Bool { before != nil }

  /// What to do to make it move; empty where nothing is to be done.
  var prompt: String {
    guard needsKeys else { return "" }
    let rest = permittedUntil - .now()
    return rest > .zero
      ? "  [space: \(rest.rawValue / 100_000_000 * 100) ms left]"
      : "  [press space to move, q ends]"
  }

  /// Takes the keys that were pressed; false: the person wants it to end.
  mutating func renew(_ wish: PersonsWish) -> Bool {
    guard needsKeys else {
      wish.permit(until: .now() + Self.span)
      return true
    }
    var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 0) == 1 else { return true }
    var keys = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(0, &keys, keys.count)
    // The terminal is gone.
    guard count > 0 else { return false }
    if keys[..<count].contains(where: { $0 == 0x71 || $0 == 0x51 }) { return false }
    guard keys[..<count].contains(0x20) else { return true }
    permittedUntil = .now() + Self.span
    wish.permit(until: permittedUntil)
    return true
  }
}
