// The number of a conversion, by the kernel's count of edges and their times.

import RT
import Testing

@testable import Amplifiers

@Suite("Counting conversions")
struct ConversionCountTests {
  /// Counts edges on time, then some that are not, then edges on time again.
  private func counted(
    _ rate: ADS1299.DataRate, late: Double, skippedInSequence: UInt32 = 0, hidden: Int = 0
  ) -> Int64 {
    let period = rate.period.rawValue
    var count = ConversionCount(sequenceBase: 0, nominalPeriod: rate.period)
    var sequence: UInt32 = 0
    var conversion = 0
    func add(after conversions: Int, seen: UInt32, late: Double = 0) {
      conversion += conversions
      sequence += seen
      let time = 1_000_000_000 + Int64(conversion) * period + Int64(late * Double(period))
      count.count(Edge(time: MonotonicInstant(nanoseconds: time), lineSequence: sequence))
    }
    for _ in 0..<2_000 { add(after: 1, seen: 1) }
    add(after: 1 + Int(skippedInSequence) + hidden, seen: 1 + skippedInSequence, late: late)
    for _ in 0..<100 { add(after: 1, seen: 1) }
    #expect(Int(count.index) + 1 >= conversion - 1)
    return count.index + 1 - Int64(conversion)
  }

  @Test(
    "an interrupt that is late is no lost conversion",
    arguments: ADS1299.DataRate.allCases, [0.1, 0.5, 0.6, 0.9])
  func late(_ rate: ADS1299.DataRate, _ late: Double) {
    #expect(counted(rate, late: late) == 0)
  }

  @Test(
    "an edge that never reached the line is counted, among others that the kernel dropped, too",
    arguments: ADS1299.DataRate.allCases, [0, 1, 16, 40] as [UInt32])
  func hidden(_ rate: ADS1299.DataRate, _ dropped: UInt32) {
    for hidden in 0...3 {
      #expect(
        counted(rate, late: 0, skippedInSequence: dropped, hidden: hidden) == 0,
        "\(hidden) hidden")
    }
  }
}
