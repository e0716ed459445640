// libFuzzer on the packet parser: whatever bytes an amplifier's line brings, no frame is invented,
// every byte is accounted for, and nothing beyond them is touched. `make fuzz`.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  // SAFETY: libFuzzer hands over `size` bytes.
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  if let complaint = StreamCase(input)?.complaint { preconditionFailure(complaint) }
  return 0
}
