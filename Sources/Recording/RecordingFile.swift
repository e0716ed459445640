// One open file: a descriptor that closes itself, with faults that name the path.

import SPIShim

/// A regular file. Not shared between threads.
struct RecordingFile: ~Copyable {
  let path: String
  private let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { shim_close(descriptor) }

  /// Makes a new file; one that exists is never touched. Faults will call it `name`.
  private static func create(_ path: String, named name: String, folder: String)
    throws(RecordingFault)
    -> RecordingFile
  {
    let result = unsafe shim_create_exclusively(path)
    guard result >= 0 else { throw .unwritable(folder: folder, errno: -result) }
    return RecordingFile(path: name, descriptor: result)
  }

  /// A new file that has its name only when its first bytes are durable.
  static func birth(of path: String, bytes: [UInt8]) throws(RecordingFault)
    -> RecordingFile
  {
    let folder = folder(of: path)
    let unfinished = path + ".new"
    let file = try RecordingFile.create(unfinished, named: path, folder: folder)
    let result: Int32
    do throws(RecordingFault) {
      try file.write(bytes, at: 0)
      try file.sync()
      result = unsafe shim_rename_exclusively(unfinished, path)
    } catch {
      _ = unsafe shim_remove(unfinished)
      throw error
    }
    guard result == 0 else {
      _ = unsafe shim_remove(unfinished)
      throw .unwritable(folder: path, errno: -result)
    }
    // Some file systems cannot make a name durable; the file itself is.
    _ = unsafe shim_folder_sync(folder)
    return file
  }

  /// The folder that a path names a file in.
  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Opens for reading.
  static func open(_ path: String) throws(RecordingFault) -> RecordingFile {
    let result = unsafe shim_open(path, 0)
    guard result >= 0 else { throw .unreadable(path: path, errno: -result) }
    return RecordingFile(path: path, descriptor: result)
  }

  /// The whole content.
  func contents() throws(RecordingFault) -> [UInt8] {
    let size = shim_file_size(descriptor)
    guard size >= 0 else { throw .unreadable(path: path, errno: Int32(-size)) }
    var got: Int64 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      // SAFETY: the buffer holds `size` bytes, and as many as were read are initialized.
      if let base = buffer.baseAddress {
        got = unsafe shim_read_all_at(descriptor, base, Int(size), 0)
      }
      count = max(0, Int(got))
    }
    guard got >= 0 else { throw .unreadable(path: path, errno: Int32(-got)) }
    return bytes
  }

  /// Writes all of it, or throws `.writeFailed`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(RecordingFault) {
    guard let base = bytes.baseAddress else { return }
    // SAFETY: base and count are those of one buffer.
    try check(unsafe shim_write_all_at(descriptor, base, bytes.count, Int64(offset)))
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(RecordingFault) {
    var result: Int32 = 0
    unsafe bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress {
        result = unsafe shim_write_all_at(descriptor, base, buffer.count, Int64(offset))
      }
    }
    try check(result)
  }

  /// Returns when the data are on the medium.
  func sync() throws(RecordingFault) { try check(shim_data_sync(descriptor)) }

  func cut(to byteCount: Int) throws(RecordingFault) {
    try check(shim_cut(descriptor, Int64(byteCount)))
  }

  private func check(_ result: Int32) throws(RecordingFault) {
    guard result == 0 else { throw .writeFailed(path: path, errno: -result) }
  }
}
