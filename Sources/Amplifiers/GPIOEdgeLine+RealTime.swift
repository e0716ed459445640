// Real-time: DRDY's falling edges, on the acquisition thread; `wait` is one ppoll, `takeEdges` one
// read.

import RT
import SPIShim

/// GPIO lines of which the kernel stamps and counts the falling edges. Released when it goes away.
@safe
struct GPIOEdgeLines: ~Copyable {
  private let descriptor: Int32
  private let offsets: InlineArray<4, UInt32>
  private let edges: UnsafeMutablePointer<shim_gpio_edge>

  /// - Parameter lines: one to four.
  /// - Throws: `.missing`, `.permissionDenied`, `.busy` when somebody else holds one, `.system`.
  init(chipPath: String, lines: [GPIOLine]) throws(AmplifierFault) {
    // SAFETY: room for what `shim_gpio_read_edges` writes, freed by deinit; strings live through
    // their calls.
    unsafe edges = .allocate(capacity: Int(SHIM_GPIO_EDGES_MAX))
    unsafe edges.initialize(
      repeating: shim_gpio_edge(), count: Int(SHIM_GPIO_EDGES_MAX))
    var found = InlineArray<4, UInt32>(repeating: .max)
    var requested: [UInt32] = []
    var result: Int32 = 0
    var refused = lines.first ?? .offset(-1)
    for (index, line) in lines.prefix(4).enumerated() where result >= 0 {
      refused = line
      result = ChipLookUp.offset(of: line, on: chipPath)
      if result >= 0 {
        found[index] = UInt32(result)
        requested.append(UInt32(result))
      }
    }
    offsets = found
    if result >= 0 {
      result = unsafe shim_gpio_falling_edges(
        chipPath, requested, UInt32(requested.count), "acquire DRDY",
        UInt32(SHIM_GPIO_EDGES_MAX))
    }
    descriptor = result
    if result < 0 {
      throw ChipLookUp.fault(result, line: refused, role: "DRDY", chipPath: chipPath)
    }
  }

  deinit {
    if descriptor >= 0 { shim_close(descriptor) }
    unsafe edges.deallocate()
  }

  @_noLocks @_noAllocation
  func wait(until deadline: MonotonicInstant) -> Int32 {
    shim_gpio_wait(descriptor, deadline.nanoseconds)
  }

  @_noLocks @_noAllocation
  func takeEdges() -> Int32 { unsafe shim_gpio_read_edges(descriptor, edges) }

  @_noLocks @_noAllocation
  func edge(_ index: Int) -> Edge {
    precondition(index >= 0 && index < 16, "sixteen edges are taken at most")
    let edge = unsafe edges[index]
    return Edge(
      time: MonotonicInstant(nanoseconds: edge.nanoseconds), lineSequence: edge.line_sequence)
  }

  /// Which of the lines, in the order of the request, the edge is of.
  @_noLocks @_noAllocation
  func line(_ index: Int) -> Int {
    precondition(index >= 0 && index < 16, "sixteen edges are taken at most")
    for line in 0..<4 where unsafe edges[index].offset == offsets[line] { return line }
    return 0
  }

  /// Of the first line, now: 0, 1, or -errno. One system call.
  @_noLocks @_noAllocation
  func level() -> Int32 { shim_gpio_level(descriptor) }
}
