// A mark in the kernel's trace, and its end.
//
// Real-time: the measuring thread, once a run, when a value is beyond the threshold: two writes
// into the tracer's memory, the text made up digit by digit in memory that was there before.

import SPIShim

/// Writes `hit latency threshold (X > Y)` as cyclictest does, then stops the trace.
@safe
struct TraceMark: ~Copyable, @unchecked Sendable {
  private let text: UnsafeMutablePointer<UInt8>
  private var length = 0
  /// Below 0: no trace.
  private let marker: Int32
  private let onSwitch: Int32

  init(_ target: TraceTarget) {
    unsafe text = .allocate(capacity: 96)
    unsafe text.initialize(repeating: 0, count: 96)
    marker = target.marker
    onSwitch = target.onSwitch
  }

  deinit { unsafe text.deallocate() }

  @_noLocks @_noAllocation
  mutating func hit(_ units: Int64, above threshold: Int64) {
    guard marker >= 0 else { return }
    length = 0
    add("hit latency threshold (")
    add(units)
    add(" > ")
    add(threshold)
    add(")\n")
    _ = unsafe shim_trace_write(marker, text, length)
    length = 0
    add("0\n")
    _ = unsafe shim_trace_write(onSwitch, text, length)
  }

  @_noLocks @_noAllocation
  private mutating func add(_ words: StaticString) {
    let start = unsafe words.utf8Start
    for index in 0..<words.utf8CodeUnitCount {
      unsafe text[length] = start[index]
      length &+= 1
    }
  }

  /// Not below 0.
  @_noLocks @_noAllocation
  private mutating func add(_ number: Int64) {
    var divisor: Int64 = 1
    for _ in 0..<18 {
      if number / divisor < 10 { break }
      divisor &*= 10
    }
    for _ in 0..<19 {
      unsafe text[length] = UInt8(truncatingIfNeeded: 48 &+ number / divisor % 10)
      length &+= 1
      if divisor == 1 { break }
      divisor /= 10
    }
  }
}
