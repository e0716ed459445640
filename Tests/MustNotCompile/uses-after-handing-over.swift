// expect: used after consume
import RT

func handOver(_ producer: consuming RingProducer) throws {
  let thread = try RealTimeThread.start(
    ThreadSettings(name: "t", policy: .other), workspace: producer
  ) { _ in }
  producer.publish()
  _ = thread.join()
}
