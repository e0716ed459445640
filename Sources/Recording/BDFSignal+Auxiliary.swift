// Auxiliary signals in the header of a recording: status words, acceleration, triggers.
//
// A status word of the ADS1299 is known by its label. Every other one is marked in its reserved
// field, `aux/count SCALE`: whatever its unit is, it is not taken for an EEG channel.

public import Signal

extension BDFSignal {
  /// An auxiliary signal, 24 bits signed.
  ///
  /// Bits and plain numbers are stored over the whole range, one to one; what has a unit over a
  /// symmetric one, so that code 0 is exactly 0 in every reader.
  ///
  /// - Throws: `.doesNotFit` for a label or a unit that is too long, and for a scale that eight
  ///   characters of a physical maximum come nowhere near.
  public static func auxiliary(_ auxiliary: AuxiliarySignal, samplesPerRecord: Int)
    throws(RecordingFault) -> BDFSignal
  {
    let scale = auxiliary.unitsPerCount
    var signal = BDFSignal(
      label: auxiliary.label, dimension: auxiliary.unit, physicalMinimum: -8_388_608,
      physicalMaximum: 8_388_607, digitalMinimum: -8_388_608, digitalMaximum: 8_388_607,
      samplesPerRecord: samplesPerRecord)
    guard !signal.isAnnotations, !auxiliary.label.isEmpty else {
      throw .doesNotFit(
        field: "label, which has a meaning there", text: auxiliary.label, byteCount: 16)
    }
    if signal.chip == nil { signal.reserved = mark + String(scale) }
    guard !(auxiliary.unit.isEmpty && scale == 1) else { return signal }
    let limit = scale * 8_388_607
    let near = HeaderNumber.symmetric(limit)
    // Beyond eight characters the range has no place, below them it is empty.
    guard signal.chip == nil, scale > 0, limit < 9_999_999.5, abs(near - limit) <= limit * nearness
    else {
      throw .doesNotFit(
        field: "physical range of \(auxiliary.label)", text: String(limit), byteCount: 8)
    }
    signal.digitalMinimum = -8_388_607
    signal.physicalMinimum = -near
    signal.physicalMaximum = near
    return signal
  }

  /// Whose status word this is, 0 to 3; nil for every other signal.
  public var chip: Int? { AuxiliarySignal(label: label).chip }

  /// What a file of ours says about an auxiliary signal, the status words of the ADS1299 left out;
  /// nil for every other signal.
  public var auxiliary: AuxiliarySignal? {
    guard isAuxiliary else { return nil }
    let perCount =
      (physicalMaximum - physicalMinimum) / (Double(digitalMaximum) - Double(digitalMinimum))
    let exact = Double(reserved.dropFirst(Self.mark.utf8.count))
    if let exact, exact.isFinite, abs(exact - perCount) <= abs(perCount) * Self.nearness {
      return AuxiliarySignal(label: label, unit: dimension, unitsPerCount: exact)
    }
    return AuxiliarySignal(label: label, unit: dimension, unitsPerCount: perCount)
  }

  var isAuxiliary: Bool { reserved.hasPrefix(Self.mark) }

  private static var mark: String { "aux/count " }
  /// How near the physical range, of eight characters, must come to the exact scale.
  private static var nearness: Double { 1e-3 }
}
