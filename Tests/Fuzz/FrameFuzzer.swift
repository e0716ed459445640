// libFuzzer on the frame parser: whatever bytes the bus brings become the frame that these bytes
// say, and nothing beyond them is touched. `make fuzz`.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  // SAFETY: libFuzzer hands over `size` bytes.
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  if let complaint = FrameCase(input)?.complaint { preconditionFailure(complaint) }
  return 0
}
