// What is known about a recording before its first sample.

public import Signal

/// The fixed part of a recording; the same for every file of a session.
public struct RecordingPlan: Equatable, Sendable {
  public var montage: Montage
  /// The words in each frame, at most four, stored in signals of their own.
  public var auxiliaries: [AuxiliarySignal]
  /// What measured, for the header's recording field: "ADS1299 (model), 8 channels".
  public var equipment: String
  /// "Ag/AgCl electrode"; may be empty.
  public var transducer: String
  /// What was done to the samples before they were stored: "HP:DC LP:65Hz"; may be empty.
  public var prefilter: String
  /// Names for the class indices of decision events.
  public var classNames: [String]
  /// Whole records between two calls that wait for the medium; a power cut loses at most these.
  public var recordsPerSync: Int

  public init(
    montage: Montage, auxiliaries: [AuxiliarySignal], equipment: String, transducer: String = "",
    prefilter: String = "", classNames: [String] = [], recordsPerSync: Int = 1
  ) {
    precondition(recordsPerSync > 0, "a recording is made durable after some number of records")
    self.montage = montage
    precondition(auxiliaries.count <= AuxiliarySignal.most, "a frame has four words at most")
    self.auxiliaries = auxiliaries
    self.equipment = equipment
    self.transducer = transducer
    self.prefilter = prefilter
    self.classNames = classNames
    self.recordsPerSync = recordsPerSync
  }

  /// Bytes of annotations for each second of a record, at least one such block: a dozen
  /// annotations of 60 bytes, a time stamp and a closing sentence, twice as much as the usual.
  static var annotationByteCount: Int { 1_536 }

  /// Signals of the file, annotations left out.
  var signalCount: Int { montage.channels.count + auxiliaries.count }

  /// Three bytes for each sample of a frame.
  var frameByteCount: Int { 3 * signalCount }

  func clock() throws(RecordingFault) -> RecordClock {
    try .forRate(montage.samplesPerSecond, frameByteCount: frameByteCount)
  }

  /// The header of a file that starts at `start` and holds `recordCount` records.
  func header(start: RecordedTime, recordCount: Int) throws(RecordingFault) -> BDFHeader {
    let clock = try clock()
    var signals = montage.channels.map {
      BDFSignal(
        label: $0.label, transducer: transducer, microvoltsPerCount: $0.microvoltsPerCount,
        prefilter: prefilter, samplesPerRecord: clock.samplesPerRecord)
    }
    for signal in signals where signal.isAnnotations || signal.chip != nil {
      throw .doesNotFit(
        field: "label, which has a meaning there", text: signal.label, byteCount: 16)
    }
    for auxiliary in auxiliaries {
      signals.append(try .auxiliary(auxiliary, samplesPerRecord: clock.samplesPerRecord))
    }
    let seconds = max(1, Int(clock.recordNanoseconds / 1_000_000_000))
    signals.append(.annotations(samplesPerRecord: seconds * Self.annotationByteCount / 3))
    return BDFHeader(
      kind: .bdfContinuous, patient: "X X X X", recording: recordingField(start), start: start,
      recordCount: recordCount, recordNanoseconds: clock.recordNanoseconds, signals: signals)
  }

  /// `Startdate dd-MMM-yyyy X X equipment`: EDFlib refuses a blank inside a part.
  private func recordingField(_ start: RecordedTime) -> String {
    let c = start.civil
    let date = "\(padded(c.day, 2))-\(RecordedTime.months[c.month - 1])-\(padded(c.year, 4))"
    let name = String(
      decoding: equipment.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "_") },
      as: UTF8.self)
    return String("Startdate \(date) X X \(name.isEmpty ? "X" : name)".prefix(80))
  }
}
