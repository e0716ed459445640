// Real-time: placeholder until merged.
public import RT
public struct SampleClock: BitwiseCopyable, Sendable {
  public private(set) var periodNanoseconds: Double
  public private(set) var errorNanoseconds: UInt32 = 0
  public private(set) var hasBegun = false
  let nominal: Double
  var index: UInt64 = 0
  var now: Double = 0
  var base: Int64 = 0
  var n = 0
  @_noLocks @_noAllocation
  public init(nominalPeriod: Nanoseconds) { nominal = Double(nominalPeriod.rawValue); periodNanoseconds = nominal }
  @_noLocks @_noAllocation
  public func time(of index: UInt64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: base + Int64(now + Double(Int64(index) - Int64(self.index)) * periodNanoseconds))
  }
  @_noLocks @_noAllocation
  public mutating func add(index: UInt64, arrival: MonotonicInstant) -> (time: MonotonicInstant, errorNanoseconds: UInt32) {
    if !hasBegun { hasBegun = true; base = arrival.nanoseconds; now = 0; self.index = index; n = 0; return (arrival, 0) }
    let steps = Double(Int64(index) - Int64(self.index))
    let predicted = now + steps * periodNanoseconds
    let e = Double(arrival.nanoseconds - base) - predicted
    n += 1
    let b = n < 100 ? 0.1 : 0.01
    now = predicted + b * e
    if steps > 0 { periodNanoseconds += b * b * 0.25 * e / steps }
    self.index = index
    return (time(of: index), 0)
  }
  @_noLocks @_noAllocation
  public mutating func restart() { hasBegun = false; periodNanoseconds = nominal; now = 0 }
}
