// What is known of an electrode: a number with its uncertainty, or why there is none.

/// One electrode's impedance at the frequency of the current, its magnitude.
public enum ImpedanceReading: Sendable, Equatable, BitwiseCopyable {
  /// No window of samples without a loss has passed yet.
  case settling
  /// Ohms, and how far the truth may lie from them.
  case measured(ohms: Double, uncertainty: Double)
  /// Not to be told from zero; the truth lies below this limit.
  case below(ohms: Double)
  /// Less than the board's own series resistors, by more than the uncertainty: these, or the
  /// calibration, are configured wrong.
  case lessThanSeries(ohms: Double, uncertainty: Double)
  /// The EEG, the mains or movement near the current's frequency hide it.
  case drowned(uncertainty: Double)
  /// The converter is at one end of its range: the electrode is off, or its offset too large.
  case saturated
  /// The current drives the converter to both ends of its range.
  case open
}

/// How good a contact is.
public enum ContactGrade: String, Sendable, CaseIterable {
  case good, fair, poor, off
  /// There is no number to judge.
  case unknown
}

/// Where one grade ends and the next begins, in ohms.
public struct ContactThresholds: Sendable, Equatable {
  public var good = 10_000.0
  public var fair = 50_000.0
  /// From here on nothing touches: skin and gel are never that much.
  public var off = 1_000_000.0

  public init() {}

  /// Rising, positive numbers.
  public var areUsable: Bool {
    good > 0 && good < fair && fair < off && off.isFinite
  }

  /// The uncertainty above which a reading must not be shown, unless the reading is more than twice
  /// as large: half of what counts as good.
  public var drownedAbove: Double { good / 2 }

  /// - Parameter fullScaleOhms: what would drive the converter to the ends of its range; an
  ///   electrode beyond it is off only if no fair one could be.
  public func grade(_ reading: ImpedanceReading, fullScaleOhms: Double) -> ContactGrade {
    switch reading {
    case .measured(let ohms, _):
      ohms < good ? .good : ohms < fair ? .fair : ohms < off ? .poor : .off
    case .below(let limit):
      limit < good ? .good : .unknown
    case .open:
      fullScaleOhms >= fair ? .off : .unknown
    case .settling, .lessThanSeries, .drowned, .saturated:
      .unknown
    }
  }
}
