// expect: consumed more than once
import RT

func share() {
  let ring = Ring(slotByteCount: 8, capacity: 2)
  let first = ring.producer
  let second = ring.producer
  _ = consume first
  _ = consume second
}
