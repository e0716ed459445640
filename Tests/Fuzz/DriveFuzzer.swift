// libFuzzer on the drives' protocols: whatever a line brings and whatever is commanded, nothing
// moves a joint that should not, nothing is told that nobody said, and who answers is understood.
// `make fuzz`.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  // SAFETY: libFuzzer hands over `size` bytes.
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  if let complaint = DriveCase.complaint(input) { preconditionFailure(complaint) }
  return 0
}
