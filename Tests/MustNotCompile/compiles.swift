// expect: nothing
import RT

@_noLocks @_noAllocation
func stamp(_ producer: inout RingProducer) {
  if let slot = unsafe producer.claim() {
    unsafe slot.storeBytes(of: MonotonicInstant.now().nanoseconds, as: Int64.self)
    producer.publish()
  }
}
