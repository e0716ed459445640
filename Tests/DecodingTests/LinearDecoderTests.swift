import Decoding
import Foundation
import HeapCounter
import RT
import TestSupport
import Testing

func logarithm(_ x: Double) -> Double { log(x) }

@Suite("Linear decoder")
struct LinearDecoderTests {
  @Test(
    "probabilities are numpy's softmax of the linear scores", arguments: [1, 2, 3] as [UInt64])
  func softmax(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let classCount = Int.random(in: 2...6, using: &random)
    let channelCount = Int.random(in: 1...16, using: &random)
    func row(_ count: Int, _ range: ClosedRange<Double>) -> [Double] {
      (0..<count).map { _ in Double.random(in: range, using: &random) }
    }
    let model = try LinearModel(
      classes: (0..<classCount).map { "class\($0)" },
      channels: (0..<channelCount).map { "CH\($0)" }, centres: row(channelCount, -2...5),
      biases: row(classCount, -1...1),
      weights: (0..<classCount).map { _ in row(channelCount, -3...3) })
    // Up to scores of ±1000, where a softmax written without care overflows.
    let features = (0..<200).map { row(channelCount, $0 < 150 ? -4...8 : -300...300) }
    let request: [String: Any] = [
      "centres": model.centres, "biases": model.biases, "weights": model.weights,
      "features": features,
    ]
    let answer = try Oracle.python(
      script: "decoding/softmax.py", input: try JSONSerialization.data(withJSONObject: request))
    let expected = try JSONDecoder().decode([[Double]].self, from: answer)
    #expect(expected.count == features.count)

    var decoder = LinearDecoder(model: model, rule: try DecisionRule())
    for (index, (features, expected)) in zip(features, expected).enumerated() {
      _ = held(by: &decoder, features, index)
      for row in 0..<classCount {
        let difference = abs(decoder.probability(ofClass: row) - expected[row])
        #expect(difference <= 1e-12, "row \(index), class \(row)")
      }
    }
  }

  @Test("the same features give the same decisions, bit for bit")
  func deterministic() throws {
    var random = SplitMix64(seed: 7)
    let model = try LinearModel.motorImagery()
    var one = LinearDecoder(model: model, rule: try DecisionRule(dwellDecisions: 1))
    var other = LinearDecoder(model: model, rule: try DecisionRule(dwellDecisions: 1))
    var seen: Set<Int> = []
    for index in 0..<2_000 {
      let features = model.centres.map { $0 + Double.random(in: -2...2, using: &random) }
      let a = held(by: &one, features, index)
      let b = held(by: &other, features, index)
      #expect(a == b)
      #expect(a.confidence.bitPattern == b.confidence.bitPattern)
      seen.insert(a.classIndex)
    }
    #expect(seen == [0, 1, 2])
  }

  @Test("ten thousand decisions make no heap call")
  func heap() throws {
    let model = try LinearModel.motorImagery()
    var decoder = LinearDecoder(model: model, rule: try DecisionRule())
    let features = UnsafeMutablePointer<Double>.allocate(capacity: 8)
    defer { unsafe features.deallocate() }
    for index in 0..<8 { unsafe (features + index).initialize(to: Double(index)) }
    var random = SplitMix64(seed: 3)
    let before = heap_counter_calls_of_this_thread()
    var sum = 0.0
    for index in 0..<10_000 {
      unsafe features[index & 7] = Double(random.next() >> 48) / 8_192
      let intent = unsafe decoder.decide(
        features: features, sampleIndex: UInt64(index), time: MonotonicInstant(nanoseconds: 0))
      sum += intent.confidence
    }
    let calls = heap_counter_calls_of_this_thread() - before
    #expect(calls == 0)
    #expect(sum > 0)
  }
}
