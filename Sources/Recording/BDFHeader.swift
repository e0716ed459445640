// What stands at the beginning of an EDF, EDF+, BDF or BDF+ file.
//
// All fields are printable ASCII, left-justified and padded with spaces. 256 bytes of the file's
// own, then 256 bytes for each signal, field by field: all labels, then all transducers, and so on.
// Sources: Kemp et al. 1992 (EDF); edfplus.info (EDF+); biosemi.com/faq/file_format.htm (BDF).

/// The header of a recording; `BDFHeader+Coding.swift` reads and writes it.
public struct BDFHeader: Equatable, Sendable {
  /// What the version and the reserved field of the file say together.
  public enum Kind: CaseIterable, Equatable, Sendable {
    case edf, edfContinuous, edfDiscontinuous
    case bdf, bdfContinuous, bdfDiscontinuous

    /// Bytes of one sample: 16 or 24 bits, little-endian, two's complement.
    public var sampleByteCount: Int {
      switch self {
      case .edf, .edfContinuous, .edfDiscontinuous: 2
      case .bdf, .bdfContinuous, .bdfDiscontinuous: 3
      }
    }

    /// True when every record begins with its own time.
    public var isPlus: Bool { self != .edf && self != .bdf }

    public var isDiscontinuous: Bool { self == .edfDiscontinuous || self == .bdfDiscontinuous }
  }

  public var kind: Kind
  /// EDF+: `code sex birthdate name`; `X` for what is not said.
  public var patient: String
  /// EDF+: `Startdate dd-MMM-yyyy code technician equipment`.
  public var recording: String
  /// `dd.mm.yy`, as it stands.
  public var startDate: String
  /// `hh.mm.ss`, as it stands.
  public var startTime: String
  /// Whole data records; -1 in files that were never closed.
  public var recordCount: Int
  /// Length of a data record in nanoseconds.
  public var recordNanoseconds: Int64
  public var signals: [BDFSignal]

  public init(
    kind: Kind, patient: String, recording: String, start: RecordedTime, recordCount: Int,
    recordNanoseconds: Int64, signals: [BDFSignal]
  ) {
    self.kind = kind
    self.patient = patient
    self.recording = recording
    self.recordCount = recordCount
    self.recordNanoseconds = recordNanoseconds
    self.signals = signals
    startDate = ""
    startTime = ""
    setStart(start)
  }

  /// Writes date and time of day; the part of a second goes into the first time stamp.
  mutating func setStart(_ start: RecordedTime) {
    let c = start.civil
    startDate = "\(padded(c.day, 2)).\(padded(c.month, 2)).\(padded(c.year % 100, 2))"
    startTime = "\(padded(c.hour, 2)).\(padded(c.minute, 2)).\(padded(c.second, 2))"
  }

  /// Date and time of day as if of UTC (the format knows no zone); nil when they are none.
  public var start: RecordedTime? {
    let date = startDate.split(separator: ".").map { Int($0) }
    let time = startTime.split(separator: ".").map { Int($0) }
    guard date.count == 3, time.count == 3, let day = date[0], let month = date[1],
      let year = date[2], let hour = time[0], let minute = time[1], let second = time[2],
      (0...99).contains(year)
    else { return nil }
    // 85…99 are of the last century, the rest of this one: EDF+ specification, 2.1.3.2.
    return RecordedTime(
      year: year >= 85 ? 1900 + year : 2000 + year, month: month, day: day, hour: hour,
      minute: minute, second: second)
  }

  /// Header bytes.
  public var byteCount: Int { 256 * (signals.count + 1) }

  /// Bytes of one data record.
  public var recordByteCount: Int {
    signals.reduce(0) { $0 + $1.samplesPerRecord } * kind.sampleByteCount
  }
}

/// One signal of a recording.
public struct BDFSignal: Equatable, Sendable {
  public var label: String
  public var transducer = ""
  /// `uV`, or blank for what is no physical quantity.
  public var dimension = ""
  public var physicalMinimum: Double
  public var physicalMaximum: Double
  public var digitalMinimum: Int
  public var digitalMaximum: Int
  public var prefilter = ""
  public var samplesPerRecord: Int
  /// Of 32 bytes that nobody else uses; ours holds the exact size of a count, and marks auxiliary
  /// signals.
  public var reserved = ""

  /// A voltage of `microvoltsPerCount`, 24 bits.
  ///
  /// The range is -8388607…8388607 although -8388608 may occur: only a symmetric one gives code 0
  /// exactly 0 µV in every reader, and readers hand out a code beyond the range as it is.
  public init(
    label: String, transducer: String, microvoltsPerCount: Double, prefilter: String,
    samplesPerRecord: Int
  ) {
    let limit = 8_388_607
    self.label = label
    self.transducer = transducer
    dimension = "uV"
    physicalMaximum = HeaderNumber.symmetric(microvoltsPerCount * Double(limit))
    physicalMinimum = -physicalMaximum
    digitalMinimum = -limit
    digitalMaximum = limit
    self.prefilter = prefilter
    self.samplesPerRecord = samplesPerRecord
    reserved = "uV/count \(microvoltsPerCount)"
  }

  /// The signal that holds annotations, three bytes a sample.
  public static func annotations(samplesPerRecord: Int) -> BDFSignal {
    BDFSignal(
      label: annotationLabel, physicalMinimum: -1, physicalMaximum: 1,
      digitalMinimum: -8_388_608, digitalMaximum: 8_388_607, samplesPerRecord: samplesPerRecord)
  }

  static var annotationLabel: String { "BDF Annotations" }

  public var isAnnotations: Bool { label == "BDF Annotations" || label == "EDF Annotations" }

  init(
    label: String, transducer: String = "", dimension: String = "", physicalMinimum: Double,
    physicalMaximum: Double, digitalMinimum: Int, digitalMaximum: Int, prefilter: String = "",
    samplesPerRecord: Int, reserved: String = ""
  ) {
    self.label = label
    self.transducer = transducer
    self.dimension = dimension
    self.physicalMinimum = physicalMinimum
    self.physicalMaximum = physicalMaximum
    self.digitalMinimum = digitalMinimum
    self.digitalMaximum = digitalMaximum
    self.prefilter = prefilter
    self.samplesPerRecord = samplesPerRecord
    self.reserved = reserved
  }

  /// Microvolts of one unit of the dimension; nil when the signal is not a voltage.
  private var microvoltsPerUnit: Double? {
    switch dimension {
    case "uV", "µV", "\u{3BC}V": 1
    case "mV": 1_000
    case "V": 1_000_000
    case "nV": 0.001
    default: nil
    }
  }

  /// Microvolts are `count * scale + offset`; nil when the signal is not the voltage of a channel.
  ///
  /// The exact scale of a file of ours is the one in the reserved field: the eight characters of
  /// a physical maximum cannot hold every scale, and a replay must see the live one to the bit.
  public var scale: (microvoltsPerCount: Double, offsetMicrovolts: Double)? {
    guard !isAuxiliary, let unit = microvoltsPerUnit else { return nil }
    let span = Double(digitalMaximum) - Double(digitalMinimum)
    let perCount = (physicalMaximum - physicalMinimum) / span * unit
    let offset =
      (physicalMinimum * Double(digitalMaximum) - physicalMaximum * Double(digitalMinimum))
      / span * unit
    let prefix = "uV/count "
    if unit == 1, reserved.hasPrefix(prefix),
      let exact = Double(reserved.dropFirst(prefix.count)), exact.isFinite,
      abs(exact - perCount) <= abs(perCount) * 1e-3
    {
      return (exact, offset)
    }
    return (perCount, offset)
  }
}
