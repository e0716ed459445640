// The worst value of each stretch of time, however long a run lasts, in memory that does not grow.

public import RT

/// So many slots of one length; when they are full, neighbours are joined and the length doubles.
public struct MaximaBySlot: Sendable, Equatable {
  public let capacity: Int
  public private(set) var slotLength: Nanoseconds
  /// Slot by slot from the beginning, each with a value for each series; nil: nothing was taken.
  public private(set) var slots: [[Nanoseconds?]] = []
  private let seriesCount: Int

  /// - Parameters:
  ///   - capacity: an even number of slots, at least 2.
  ///   - slotLength: at first.
  public init(seriesCount: Int, capacity: Int = 288, slotLength: Nanoseconds) {
    precondition(capacity >= 2 && capacity % 2 == 0, "slots are joined two by two")
    precondition(slotLength > .zero, "a slot has a length")
    self.seriesCount = seriesCount
    self.capacity = capacity
    self.slotLength = slotLength
    slots.reserveCapacity(capacity)
  }

  /// Takes the worst value of a series since it was last asked for.
  ///
  /// - Parameter elapsed: since the beginning; the value belongs to the slot of this instant.
  public mutating func add(_ value: Nanoseconds, series: Int, elapsed: Nanoseconds) {
    guard series >= 0, series < seriesCount, elapsed >= .zero else { return }
    while elapsed.rawValue / slotLength.rawValue >= Int64(capacity) { join() }
    let slot = Int(elapsed.rawValue / slotLength.rawValue)
    while slots.count <= slot { slots.append(Array(repeating: nil, count: seriesCount)) }
    slots[slot][series] = max(slots[slot][series] ?? value, value)
  }

  private mutating func join() {
    var joined: [[Nanoseconds?]] = []
    joined.reserveCapacity(capacity)
    for first in stride(from: 0, to: slots.count, by: 2) {
      let pair = slots[first..<min(first + 2, slots.count)]
      joined.append(
        (0..<seriesCount).map { series in pair.compactMap { $0[series] }.max() })
    }
    slots = joined
    slotLength = slotLength * 2
  }

  /// A row for each slot: "1.00 h … 1.08 h" and the worst of each series.
  public var section: ReportSection {
    ReportSection(
      "maxima by time, slots of \(slotLength.readable)",
      slots.enumerated().map { index, slot in
        ReportRow(
          "from " + (slotLength * Int64(index)).readable,
          slot.map { $0?.readable ?? "-" }.joined(separator: ", "))
      })
  }
}
