// Real-time: edges of input lines, on the thread that waits for them (DRDY: the acquisition thread;
// the emergency line: its own); `wait` is one ppoll, `takeEdges` one read.

import SPIShim

/// Which edges are told.
public enum GPIOEdges: Sendable {
  case falling
  /// Both, of a line that the chip itself pulls up: open is high.
  case bothPulledUp
  /// Both, of a line that is driven or pulled from outside.
  case both

  fileprivate var flags: UInt32 {
    switch self {
    case .falling: UInt32(SHIM_GPIO_FALLING)
    case .bothPulledUp: UInt32(SHIM_GPIO_FALLING | SHIM_GPIO_RISING | SHIM_GPIO_PULL_UP)
    case .both: UInt32(SHIM_GPIO_FALLING | SHIM_GPIO_RISING)
    }
  }
}

/// One edge of a line.
public struct GPIOEdge: Sendable, BitwiseCopyable {
  /// By the interrupt handler.
  public var time = MonotonicInstant(nanoseconds: 0)
  /// Counts every edge of the line, those included that its owner had no room to keep.
  public var lineSequence: UInt32 = 0
  public var isRising = false

  @_noLocks @_noAllocation
  public init() {}

  @_noLocks @_noAllocation
  public init(time: MonotonicInstant, lineSequence: UInt32, isRising: Bool = false) {
    self.time = time
    self.lineSequence = lineSequence
    self.isRising = isRising
  }
}

/// GPIO lines of which the kernel stamps and counts edges. Released when it goes away.
@safe
public struct GPIOEdgeLines: ~Copyable, @unchecked Sendable {
  private let descriptor: Int32
  private let offsets: InlineArray<4, UInt32>
  private let edges: UnsafeMutablePointer<shim_gpio_edge>

  /// - Parameters:
  ///   - lines: one to four.
  ///   - role: what they are to us, "DRDY".
  /// - Throws: what the kernel said: ENOENT, EACCES, EBUSY when somebody else holds one.
  public init(chipPath: String, lines: [GPIOLine], role: String, edges kind: GPIOEdges)
    throws(GPIOFault)
  {
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
      result = unsafe shim_gpio_edges(
        chipPath, requested, UInt32(requested.count), "acquire \(role)", kind.flags,
        UInt32(SHIM_GPIO_EDGES_MAX))
    }
    descriptor = result
    if result < 0 {
      throw ChipLookUp.fault(result, line: refused, role: role, chipPath: chipPath)
    }
  }

  deinit {
    if descriptor >= 0 { shim_close(descriptor) }
    unsafe edges.deallocate()
  }

  @_noLocks @_noAllocation
  public func wait(until deadline: MonotonicInstant) -> Int32 {
    shim_gpio_wait(descriptor, deadline.nanoseconds)
  }

  @_noLocks @_noAllocation
  public func takeEdges() -> Int32 { unsafe shim_gpio_read_edges(descriptor, edges) }

  @_noLocks @_noAllocation
  public func edge(_ index: Int) -> GPIOEdge {
    precondition(index >= 0 && index < 16, "sixteen edges are taken at most")
    let edge = unsafe edges[index]
    return GPIOEdge(
      time: MonotonicInstant(nanoseconds: edge.nanoseconds), lineSequence: edge.line_sequence,
      isRising: edge.is_rising != 0)
  }

  /// Which of the lines, in the order of the request, the edge is of.
  @_noLocks @_noAllocation
  public func line(_ index: Int) -> Int {
    precondition(index >= 0 && index < 16, "sixteen edges are taken at most")
    for line in 0..<4 where unsafe edges[index].offset == offsets[line] { return line }
    return 0
  }

  /// Of the first line, now: 0, 1, or -errno. One system call.
  @_noLocks @_noAllocation
  public func level() -> Int32 { shim_gpio_level(descriptor) }
}
