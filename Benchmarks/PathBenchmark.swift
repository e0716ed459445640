// How long does a frame take from the ring to the command's bytes, all stages on?
//
// 8 channels of the embedded recording through filters, Kalman filter, common average, gate, band
// power, a decision on every frame, a governor step and the encoding of its command; on one
// SCHED_FIFO thread where that is granted.

import Decoding
import Exoskeleton
import Foundation
import HeapCounter
import RT
import Signal

enum PathBenchmark {
  static var frames: Int { 300_000 }

  static func run() {
    guard let path = try? FramePath(),
      let thread = try? RealTimeThread.start(
        ThreadSettings(
          name: "path", policy: .fifo(priority: 75), cpu: Machine.current().allowedCPUs.last,
          enforcement: .bestEffort), workspace: path, run: { $0.measure() })
    else {
      print("the path could not be assembled")
      return
    }
    let isBestEffort = thread.refusal != nil
    let finished = thread.join()
    let summary = finished.histogram.summary
    func microseconds(_ span: Nanoseconds) -> String {
      String(format: "%.2f µs", Double(span.rawValue) / 1000)
    }
    print(
      "frame popped → command encoded, 8 channels, all stages on, a decision and a command each")
    print(
      "  \(summary.count) frames\(isBestEffort ? ", best effort" : ", SCHED_FIFO 75"): "
        + "p50 \(microseconds(summary.p50))  p99 \(microseconds(summary.p99))  "
        + "p99.9 \(microseconds(summary.p99_9))  max \(microseconds(summary.max))")
    print("  heap calls \(finished.heapCalls), page faults \(finished.pageFaults)\n")
  }
}

private struct FramePath: ~Copyable {
  var ring: Ring
  var chain: SignalChain
  var decoder: LinearDecoder
  var governor: Governor
  let demands: DemandTable
  let wave: UnsafeMutablePointer<Int32>
  let bytes: UnsafeMutableRawPointer
  var histogram = LatencyHistogram()
  var heapCalls: UInt64 = 0
  var pageFaults: UInt64 = 0
  var byteCount = 0
  /// The joint follows.
  var position = 20.0

  init() throws {
    let model = try LinearModel.motorImagery()
    let montage = Montage(
      channels: model.channels.map { Montage.Channel(label: $0, microvoltsPerCount: 0.02235) },
      samplesPerSecond: 250)
    var signal = SignalConfiguration()
    signal.kalman = KalmanModel(processVariancePerSecond: 1e6, measurementVariance: 1)
    let limits = try GovernorLimits()
    let chain = try SignalChain(signal, montage: montage)
    let rule = try DecisionRule()
    let table = try DemandTable(
      [.hold, .moveTo(degrees: 10), .moveTo(degrees: 50)], limits: limits)
    ring = Ring(slotByteCount: FrameSlot.byteCount(channelCount: 8), capacity: 8)
    decoder = LinearDecoder(model: model, rule: rule)
    self.chain = chain
    governor = Governor(limits: limits)
    governor.arm()
    demands = table
    wave = .allocate(capacity: 1_024)
    // A deterministic wander with the size of an EEG.
    var value: Int32 = 1
    for index in 0..<1_024 {
      value = value &* 1_103_515_245 &+ 12_345
      wave[index] = (value >> 16) % 1_500
    }
    bytes = .allocate(byteCount: 256, alignment: 64)
  }

  mutating func measure() {
    pass(frames: 5_000, records: false)
    histogram.reset()
    let heapBefore = heap_counter_calls_of_this_thread()
    let faultsBefore = ThreadUsage.ofThisThread().pageFaults
    pass(frames: 300_000, records: true)
    pageFaults = ThreadUsage.ofThisThread().pageFaults - faultsBefore
    heapCalls = heap_counter_calls_of_this_thread() - heapBefore
  }

  @_noLocks @_noAllocation
  private mutating func pass(frames: Int, records: Bool) {
    var index: UInt64 = 0
    while index < UInt64(frames) {
      if let slot = ring.producer.claim() {
        let frame = FrameSlot(slot)
        var header = FrameHeader()
        header.sampleIndex = index
        header.channelCount = 8
        header.statusWord = 0xC0_0000
        header.edgeTime = .now()
        frame.header = header
        for channel in 0..<8 {
          frame.setCount(channel, to: wave[Int((index &* 7 &+ UInt64(channel) &* 131) & 1_023)])
        }
        ring.producer.publish()
      }
      guard let slot = ring.consumer.front() else { continue }
      let popped = MonotonicInstant.now()
      let frame = FrameSlot(slot)
      chain.process(frame)
      let header = frame.header
      let intent = decoder.decide(
        features: chain.features, sampleIndex: header.sampleIndex, time: header.edgeTime)
      let command = governor.step(
        GovernorInput(
          now: popped, lastFrame: header.edgeTime, lastDecision: intent.time,
          demand: demands.demand(ofClass: intent.classIndex), lastAcknowledgement: popped,
          isLinkGone: false, joint: joint, signal: SignalHealth(),
          lastHeartbeat: nil))
      if case .motion(let setpoint) = command { position = setpoint.positionDegrees }
      byteCount &+= encode(command, sequence: UInt16(truncatingIfNeeded: index))
      let encoded = MonotonicInstant.now()
      ring.consumer.release()
      if records { histogram.record(encoded - popped) }
      index &+= 1
    }
  }

  /// A joint with which all is well.
  private var joint: JointState {
    @_noLocks @_noAllocation
    get {
      JointState(
        deviceMicroseconds: 0, positionDegrees: position, velocityDegreesPerSecond: 0,
        effortNewtonMetres: 0, state: .moving, faults: ExoskeletonFaults(rawValue: 0), faultCode: 0)
    }
  }

  @_noLocks @_noAllocation
  private func encode(_ command: Command, sequence: UInt16) -> Int {
    var message = Message.neutral
    if case .motion(let setpoint) = command {
      message = .motion(
        MotionParameters(
          positionMillidegrees: Int32(setpoint.positionDegrees * 1_000),
          velocityMillidegreesPerSecond: Int32(setpoint.velocityDegreesPerSecond * 1_000)))
    }
    return FrameEncoder.encode(message, sequence: sequence, into: bytes)
  }
}
