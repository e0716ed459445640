// libFuzzer on the drives' protocols: whatever a line brings and whatever is commanded, nothing
// moves a joint that should not, nothing is told that nobody said, and who answers is understood.
// `make fuzz`.

import Glibc

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  // SAFETY: libFuzzer hands over `size` bytes.
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  if let complaint = DriveCase.outcome(input)?.complaint {
    // An optimised trap has no words.
    let text = Array("\(complaint)\n".utf8)
    _ = unsafe write(STDERR_FILENO, text, text.count)
    preconditionFailure(complaint)
  }
  return 0
}
