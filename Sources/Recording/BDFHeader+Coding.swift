// From bytes to a header and back. The bytes are anybody's: no size in them is trusted.

extension BDFHeader {
  /// Widths of the signal fields, in their order.
  private static let widths = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32]

  /// Reads the header at the beginning of `bytes`, which may hold more.
  ///
  /// - Throws: `.notARecording`, `.damaged`.
  public init(decoding bytes: some RandomAccessCollection<UInt8>, path: String)
    throws(RecordingFault)
  {
    var fields = FieldReader(bytes: Array(bytes.prefix(256)), path: path)
    let version = try fields.bytes(8)
    let isBDF = version == [0xFF] + Array("BIOSEMI".utf8)
    guard isBDF || version == Array("0       ".utf8) else { throw .notARecording(path: path) }
    patient = try fields.text(80)
    recording = try fields.text(80)
    startDate = try fields.text(8)
    startTime = try fields.text(8)
    let declaredByteCount = try fields.integer(8, "header size", 512...2_560_256)
    let reserved = try fields.text(44)
    recordCount = try fields.integer(8, "number of records", -1...99_999_999)
    recordNanoseconds = try fields.nanoseconds(8, "duration of a record")
    let signalCount = try fields.integer(4, "number of signals", 1...9_999)
    guard declaredByteCount == 256 * (signalCount + 1) else {
      throw .damaged(
        path: path, what: "a header of \(declaredByteCount) bytes for \(signalCount) signals")
    }
    guard bytes.count >= declaredByteCount else {
      throw .damaged(
        path: path,
        what: "it ends within its header, after \(bytes.count) of \(declaredByteCount) bytes")
    }
    kind =
      switch (isBDF, reserved.prefix(5)) {
      case (false, "EDF+C"): .edfContinuous
      case (false, "EDF+D"): .edfDiscontinuous
      case (false, _): .edf
      case (true, "BDF+C"): .bdfContinuous
      case (true, "BDF+D"): .bdfDiscontinuous
      case (true, _): .bdf
      }
    signals = []
    try decodeSignals(
      FieldReader(bytes: Array(bytes.dropFirst(256).prefix(256 * signalCount)), path: path),
      count: signalCount)
  }

  private mutating func decodeSignals(_ reader: consuming FieldReader, count: Int)
    throws(RecordingFault)
  {
    var fields = reader
    let digital = -8_388_608...8_388_607
    func column<Value>(_ read: (inout FieldReader) throws(RecordingFault) -> Value)
      throws(RecordingFault) -> [Value]
    {
      var values: [Value] = []
      for _ in 0..<count { values.append(try read(&fields)) }
      return values
    }
    let labels = try column { f throws(RecordingFault) in try f.text(16) }
    let transducers = try column { f throws(RecordingFault) in try f.text(80) }
    let dimensions = try column { f throws(RecordingFault) in try f.text(8) }
    let lows = try column { f throws(RecordingFault) in try f.number(8, "physical minimum") }
    let highs = try column { f throws(RecordingFault) in try f.number(8, "physical maximum") }
    let bottoms = try column { f throws(RecordingFault) in
      try f.integer(8, "digital minimum", digital)
    }
    let tops = try column { f throws(RecordingFault) in
      try f.integer(8, "digital maximum", digital)
    }
    let prefilters = try column { f throws(RecordingFault) in try f.text(80) }
    let samples = try column { f throws(RecordingFault) in
      try f.integer(8, "samples of a record", 1...99_999_999)
    }
    let reserved = try column { f throws(RecordingFault) in try f.text(32) }
    for i in 0..<count {
      let signal = BDFSignal(
        label: labels[i], transducer: transducers[i], dimension: dimensions[i],
        physicalMinimum: lows[i], physicalMaximum: highs[i], digitalMinimum: bottoms[i],
        digitalMaximum: tops[i], prefilter: prefilters[i], samplesPerRecord: samples[i],
        reserved: reserved[i])
      if !signal.isAnnotations {
        guard bottoms[i] < tops[i], lows[i] != highs[i] else {
          throw .damaged(path: fields.path, what: "signal \(i + 1) has an empty range")
        }
      }
      signals.append(signal)
    }
  }

  /// The bytes of this header.
  ///
  /// - Throws: `.doesNotFit` for a text that is too long or not printable ASCII, or a number that
  ///   no eight characters come near enough to.
  public func encoded() throws(RecordingFault) -> [UInt8] {
    var bytes: [UInt8] = kind.sampleByteCount == 3 ? [0xFF] + "BIOSEMI".utf8 : []
    func put(_ text: String, _ width: Int, _ field: String) throws(RecordingFault) {
      guard text.utf8.count <= width, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw .doesNotFit(field: field, text: text, byteCount: width)
      }
      bytes += text.utf8
      bytes += repeatElement(UInt8(ascii: " "), count: width - text.utf8.count)
    }
    if bytes.isEmpty { try put("0", 8, "version") }
    try put(patient, 80, "patient field")
    try put(recording, 80, "recording field")
    try put(startDate, 8, "start date")
    try put(startTime, 8, "start time")
    try put(String(byteCount), 8, "header size")
    let mark =
      switch kind {
      case .edf: ""
      case .bdf: "24BIT"
      case .edfContinuous: "EDF+C"
      case .edfDiscontinuous: "EDF+D"
      case .bdfContinuous: "BDF+C"
      case .bdfDiscontinuous: "BDF+D"
      }
    try put(mark, 44, "reserved field")
    try put(String(recordCount), 8, "number of records")
    let duration = Double(recordNanoseconds) / 1e9
    try put(HeaderNumber.text(duration), 8, "duration of a record")
    try put(String(signals.count), 4, "number of signals")
    for s in signals { try put(s.label, 16, "label") }
    for s in signals { try put(s.transducer, 80, "transducer") }
    for s in signals { try put(s.dimension, 8, "physical dimension") }
    for s in signals { try put(HeaderNumber.text(s.physicalMinimum), 8, "physical minimum") }
    for s in signals { try put(HeaderNumber.text(s.physicalMaximum), 8, "physical maximum") }
    for s in signals { try put(String(s.digitalMinimum), 8, "digital minimum") }
    for s in signals { try put(String(s.digitalMaximum), 8, "digital maximum") }
    for s in signals { try put(s.prefilter, 80, "prefilter") }
    for s in signals { try put(String(s.samplesPerRecord), 8, "samples of a record") }
    for s in signals { try put(s.reserved, 32, "reserved field of a signal") }
    return bytes
  }
}

/// Takes fixed-width fields one after the other.
struct FieldReader {
  let bytes: [UInt8]
  let path: String
  private var next = 0

  init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  mutating func bytes(_ count: Int) throws(RecordingFault) -> [UInt8] {
    guard bytes.count - next >= count else {
      guard next > 0 else { throw .notARecording(path: path) }
      throw .damaged(path: path, what: "it ends within its header")
    }
    next += count
    return Array(bytes[(next - count)..<next])
  }

  /// Without the spaces around it; a byte beyond ASCII is read as Latin-1.
  mutating func text(_ count: Int) throws(RecordingFault) -> String {
    var field = try bytes(count)[...]
    while let last = field.last, last == 0x20 || last == 0 { field.removeLast() }
    while field.first == 0x20 { field.removeFirst() }
    var text = ""
    for byte in field { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }

  mutating func integer(_ count: Int, _ name: String, _ range: ClosedRange<Int>)
    throws(RecordingFault) -> Int
  {
    let text = try text(count)
    guard let value = Int(text), range.contains(value) else {
      throw .damaged(path: path, what: "\(name) is \"\(text)\"")
    }
    return value
  }

  mutating func number(_ count: Int, _ name: String) throws(RecordingFault) -> Double {
    let text = try text(count)
    // The standard library also takes "nan", "inf" and hexadecimal numbers; the format does not.
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { throw .damaged(path: path, what: "\(name) is \"\(text)\"") }
    return value
  }

  mutating func nanoseconds(_ count: Int, _ name: String) throws(RecordingFault) -> Int64 {
    let text = try text(count)
    guard let value = TAL.nanoseconds(text.utf8) else {
      throw .damaged(path: path, what: "\(name) is \"\(text)\"")
    }
    return value
  }
}

/// A number in the eight characters that the format has for it.
enum HeaderNumber {
  /// As many decimals as fit; the nearest such number, which need not be the number itself.
  static func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return String(value) }
    for decimals in stride(from: 7, through: 0, by: -1) {
      let candidate = fixed(value, decimals: decimals)
      if candidate.utf8.count <= 8 { return candidate }
    }
    return String(value)
  }

  /// The nearest limit of a range around zero whose both ends fit: with a sign, one digit less
  /// does, and ends of different digits would move code 0 away from zero.
  static func symmetric(_ limit: Double) -> Double { abs(Double(text(-limit)) ?? limit) }

  private static func fixed(_ value: Double, decimals: Int) -> String {
    var unit = 1
    for _ in 0..<decimals { unit *= 10 }
    let scaled = (abs(value) * Double(unit)).rounded()
    guard scaled < 9e18 else { return String(value) }
    let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: unit)
    var text = (value < 0 && scaled > 0 ? "-" : "") + String(whole)
    if rest > 0 {
      text += "." + padded(rest, decimals)
      while text.hasSuffix("0") { text.removeLast() }
    }
    return text
  }
}
