// What can go wrong with a recording, and what to do about it.

/// Why a recording could not be read, started or continued.
public enum RecordingFault: Error, Equatable, Sendable {
  /// The file cannot be opened or read.
  case unreadable(path: String, errno: Int32)
  /// The first bytes are not those of an EDF or BDF file.
  case notARecording(path: String)
  /// A field of the header, or a record, says what cannot be.
  case damaged(path: String, what: String)
  /// EDF+D or BDF+D: a recording with holes in time.
  case discontinuous(path: String)
  /// The file ends before its first whole record.
  case empty(path: String)
  /// No signal of the file is a voltage.
  case noChannels(path: String)
  /// The folder cannot be made or written to.
  case unwritable(folder: String, errno: Int32)
  /// There is no room for a minute of recording.
  case noRoom(folder: String, freeBytes: Int64, neededBytes: Int64)
  /// Writing failed while recording; the file ends at its last whole record.
  case writeFailed(path: String, errno: Int32)
  /// Too many samples in a row are missing to fill them with zeros.
  case gapTooLong(path: String, sampleCount: UInt64)
  /// No data record of whole samples and decimal length exists at this rate.
  case unsupportedRate(samplesPerSecond: Double)
  /// A text or a number has no place in the field of the header that it is meant for.
  case doesNotFit(field: String, text: String, byteCount: Int)

  /// One sentence: what is wrong, with what, and what to do.
  public var message: String {
    switch self {
    case .unreadable(let path, let errno):
      "\(path) cannot be read (\(Self.reason(errno))): check the path and its permissions."
    case .notARecording(let path):
      "\(path) is not an EDF or BDF recording: give a file that ends in .edf or .bdf."
    case .damaged(let path, let what):
      "\(path) is damaged (\(what)): use another copy of the file."
    case .discontinuous(let path):
      "\(path) is a discontinuous recording (EDF+D or BDF+D), whose samples have no fixed place "
        + "in time: export it as EDF+C or BDF+C."
    case .empty(let path):
      "\(path) ends before its first whole data record: nothing in it can be saved, use another "
        + "recording."
    case .noChannels(let path):
      "\(path) holds no signal in V, mV, uV or nV: use a recording of voltages."
    case .unwritable(let folder, let errno):
      "\(folder) cannot hold a recording (\(Self.reason(errno))): name a folder that may be "
        + "written to with --output."
    case .noRoom(let folder, let free, let needed):
      "\(folder) has \(free) bytes free and a minute of recording takes \(needed): free some "
        + "space or name another folder with --output."
    case .writeFailed(let path, let errno):
      "\(path) could not be continued (\(Self.reason(errno))) and ends at its last whole record: "
        + "free some space or name another folder with --output."
    case .gapTooLong(let path, let count):
      "\(path) was closed because \(count) samples in a row never arrived: check the amplifier "
        + "and start a new recording."
    case .unsupportedRate(let rate):
      "\(rate) samples a second do not fill a BDF data record of at most ten seconds evenly: "
        + "choose a whole number of samples a second."
    case .doesNotFit(let field, let text, let count):
      "\"\(text)\" does not fit the BDF header's \(field): use at most \(count) printable ASCII "
        + "characters."
    }
  }

  /// The kernel's reason in words, for those reasons that people meet with files.
  static func reason(_ errno: Int32) -> String {
    switch abs(errno) {
    case 1: "operation not permitted"
    case 2: "no such file or folder"
    case 5: "input/output error of the medium"
    case 13: "permission denied"
    case 17: "it exists already"
    case 20: "a part of the path is not a folder"
    case 21: "it is a folder"
    case 22: "not a regular file"
    case 27: "the file has reached its size limit"
    case 28: "no space left on the medium"
    case 30: "the file system is read-only"
    case 36: "the name is too long"
    case 40: "too many symbolic links"
    case 122: "the disk quota is used up"
    default: "errno \(abs(errno))"
    }
  }
}
