// What a person is told when an amplifier ends by itself.

import Amplifiers
import Signal

extension AcquisitionEnd {
  /// Nil when the end was wanted.
  ///
  /// - Parameter name: of the amplifier.
  func failure(of name: String) -> Failure? {
    switch self {
    case .stopped, .finished: nil
    case .silent:
      Failure(
        .unavailable,
        "\(name) fell silent: no conversion was ready for eight periods, and resets did not bring "
          + "it back; check START, DRDY and the power")
    case .unrecoverable(let cause):
      Failure(
        .unavailable,
        "\(name) did not come back from \(Recovery.Cause(rawValue: cause)?.text ?? "a fault") "
          + "after resets and power cycles: check its supply, the SPI wires and DRDY")
    case .unsynchronised:
      Failure(
        .wrongDevice,
        "the chips of \(name) do not convert together any more: give all of them one clock and "
          + "one START")
    case .failed(let errno):
      Failure(.unavailable, "reading \(name) failed: \(describe(errno: errno))")
    }
  }
}
