// Chips that keep together, chips that walk, and chips that say nothing.

import RT
import Testing

@testable import Amplifiers

@Suite("Phases of several chips")
struct PhaseMonitorTests {
  private static let period = Nanoseconds(4_000_000)

  private func edge(_ index: Int, periods: Double = 1, offset: Int64 = 0) -> Edge {
    Edge(
      time: MonotonicInstant(
        nanoseconds: 1_000_000_000 + Int64(Double(index) * periods * 4_000_000) + offset),
      lineSequence: UInt32(index))
  }

  @Test("chips on one clock are together, whatever their phase")
  func together() {
    var monitor = PhaseMonitor()
    for index in 1...500 {
      monitor.note(
        ChipEdge(chip: 1, edge: edge(index, offset: 70_000)), reference: edge(index),
        period: Self.period)
    }
    monitor.noteReference(edge(500), period: Self.period, chipCount: 2)
    #expect(monitor.unsynchronisedChip(tolerance: .microseconds(500)) == 0)
    #expect(monitor.silentChip == nil)
  }

  @Test("a chip that runs ahead by 400 millionths is found", arguments: [1, 2, 3])
  func walking(chip: Int) {
    var monitor = PhaseMonitor()
    for index in 1...500 {
      for other in 1...3 {
        monitor.note(
          ChipEdge(chip: other, edge: edge(index, periods: other == chip ? 0.9996 : 1)),
          reference: edge(index), period: Self.period)
      }
    }
    monitor.noteReference(edge(500), period: Self.period, chipCount: 4)
    #expect(monitor.unsynchronisedChip(tolerance: .microseconds(500)) == chip)
  }

  @Test("a chip that never converts, or stops, is not taken for one that keeps together")
  func silent() {
    var monitor = PhaseMonitor()
    for index in 1...100 {
      monitor.note(
        ChipEdge(chip: 1, edge: edge(index)), reference: edge(index), period: Self.period)
    }
    monitor.noteReference(edge(100), period: Self.period, chipCount: 3)
    #expect(monitor.silentChip == 2)
    monitor.noteReference(edge(100), period: Self.period, chipCount: 2)
    #expect(monitor.silentChip == nil)
    // The first goes on, the second does not.
    monitor.noteReference(edge(109), period: Self.period, chipCount: 2)
    #expect(monitor.unsynchronisedChip(tolerance: .microseconds(500)) == 1)
  }
}
