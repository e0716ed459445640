// Real-time: DRDY's falling edges, on the acquisition thread; `wait` is one ppoll, `takeEdges` one
// read.

import RT
import SPIShim

/// A GPIO line of which the kernel stamps and counts the falling edges. Released when it goes away.
@safe
struct GPIOEdgeLine: ~Copyable {
  private let descriptor: Int32
  private let edges: UnsafeMutablePointer<shim_gpio_edge>

  /// - Throws: `.missing`, `.permissionDenied`, `.busy` when somebody else holds it, `.system`.
  init(chipPath: String, line: GPIOLine) throws(AmplifierFault) {
    // SAFETY: room for what `shim_gpio_read_edges` writes, freed by deinit; strings live through
    // their calls.
    unsafe edges = .allocate(capacity: Int(SHIM_GPIO_EDGES_MAX))
    unsafe edges.initialize(
      repeating: shim_gpio_edge(), count: Int(SHIM_GPIO_EDGES_MAX))
    let offset = ChipLookUp.offset(of: line, on: chipPath)
    descriptor =
      offset < 0
      ? offset
      : unsafe shim_gpio_falling_edges(
        chipPath, UInt32(offset), "acquire DRDY", UInt32(SHIM_GPIO_EDGES_MAX))
    if descriptor < 0 {
      throw ChipLookUp.fault(descriptor, line: line, role: "DRDY", chipPath: chipPath)
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
}
