import Decoding
import Foundation
import SampleFeed
import Signal
import TestSupport
import Testing

private func refusal(_ make: () throws(ModelFault) -> Void) -> ModelFault? {
  do throws(ModelFault) {
    try make()
    return nil
  } catch { return error }
}

private func montage(_ labels: [String]) -> Montage {
  Montage(
    channels: labels.map { Montage.Channel(label: $0, microvoltsPerCount: 0.0223) },
    samplesPerSecond: 250)
}

struct BadModel: CustomTestStringConvertible, Sendable {
  let testDescription: String
  var classes = ["rest", "left"]
  var channels = ["C3", "C4"]
  var centres = [0.0, 0.0]
  var biases = [0.0, 0.0]
  var weights = [[1.0, 0.0], [0.0, 1.0]]
  let says: String
}

private let badModels = [
  BadModel(
    testDescription: "one class", classes: ["rest"], biases: [0], weights: [[1, 0]],
    says: "1 classes"),
  BadModel(
    testDescription: "the same class twice", classes: ["rest", "rest"], says: "different words"),
  BadModel(
    testDescription: "a class with a space", classes: ["rest", "left fist"],
    says: "different words"),
  BadModel(
    testDescription: "a class with a line break", classes: ["rest", "left\n"],
    says: "different words"),
  BadModel(testDescription: "a nameless class", classes: ["rest", ""], says: "different words"),
  BadModel(
    testDescription: "no channels", channels: [], centres: [], weights: [[], []],
    says: "0 centres for 0 channels"),
  BadModel(
    testDescription: "the same channel twice", channels: ["C3", "C3"], says: "electrode labels"),
  BadModel(testDescription: "a centre too few", centres: [0], says: "1 centres for 2 channels"),
  BadModel(testDescription: "a bias too many", biases: [0, 0, 0], says: "3 biases and 2 rows"),
  BadModel(
    testDescription: "a row too few", weights: [[1, 0]], says: "2 biases and 1 rows of weights"),
  BadModel(
    testDescription: "a weight too few", weights: [[1, 0], [1]],
    says: "class left has 1 weights for 2 channels"),
  BadModel(testDescription: "a weight of NaN", weights: [[1, .nan], [0, 1]], says: "not finite"),
  BadModel(testDescription: "an infinite bias", biases: [0, .infinity], says: "not finite"),
  BadModel(testDescription: "an infinite centre", centres: [-.infinity, 0], says: "not finite"),
]

@Suite("Linear model")
struct LinearModelTests {
  @Test("a model that cannot work is refused, and the message says why", arguments: badModels)
  func refused(_ bad: BadModel) {
    let fault = refusal { () throws(ModelFault) in
      _ = try LinearModel(
        classes: bad.classes, channels: bad.channels, centres: bad.centres, biases: bad.biases,
        weights: bad.weights)
    }
    #expect(fault?.message.contains(bad.says) == true, "\(fault?.message ?? "accepted")")
  }

  @Test("a model for other channels names both lists and the remedy")
  func otherChannels() throws {
    let model = try LinearModel.motorImagery()
    let fault = refusal { () throws(ModelFault) in
      try model.validate(against: montage(["C3", "Cz", "C4", "Pz"]))
    }
    #expect(fault == .otherChannels(model: model.channels, amplifier: ["C3", "Cz", "C4", "Pz"]))
    let message = try #require(fault?.message)
    #expect(message.contains("8 channels (FC3 FCz FC4 C3 Cz C4 CP3 CP4)"))
    #expect(message.contains("has 4 (C3 Cz C4 Pz)"))
    #expect(message.contains("--model"))
  }

  @Test("the same electrodes in another order are other channels")
  func otherOrder() throws {
    let model = try LinearModel.motorImagery()
    let swapped = Array(model.channels.reversed())
    #expect(throws: ModelFault.otherChannels(model: model.channels, amplifier: swapped)) {
      try model.validate(against: montage(swapped))
    }
    try model.validate(against: montage(model.channels))
  }

  @Test(
    "a rule that could not work is refused",
    arguments: [
      (0.3, 0.4, 3), (0.0, 0.0, 3), (1.1, 0.4, 3), (0.6, -0.1, 3), (.nan, 0.4, 3), (0.6, .nan, 3),
      (0.6, 0.4, 0), (0.6, 0.4, 10_001),
    ] as [(Double, Double, Int)])
  func badRule(enter: Double, exit: Double, dwell: Int) {
    let fault = refusal { () throws(ModelFault) in
      _ = try DecisionRule(enterProbability: enter, exitProbability: exit, dwellDecisions: dwell)
    }
    guard case .badRule = fault else {
      Issue.record("accepted")
      return
    }
  }

  @Test("the embedded model and the model file in docs are the same")
  func file() throws {
    let text = try String(
      contentsOfFile: Repository.path("docs/models/motor-imagery-8ch.toml"), encoding: .utf8)
    var lists: [String: [Substring]] = [:]
    for line in text.split(separator: "\n") where line.contains("=") {
      let parts = line.split(separator: "=")
      let list = parts[1].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
      lists[parts[0].trimmingCharacters(in: .whitespaces)] = list.split(separator: ",").map {
        Substring($0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")))
      }
    }
    func numbers(_ key: String) -> [Double] { (lists[key] ?? []).compactMap { Double($0) } }
    let model = try LinearModel.motorImagery()
    #expect(lists["classes"]?.map(String.init) == model.classes)
    #expect(lists["channels"]?.map(String.init) == model.channels)
    #expect(numbers("centres") == model.centres)
    #expect(numbers("biases") == model.biases)
    #expect(model.classes.map(numbers) == model.weights)
  }

  @Test("the embedded recording is a whole BDF+ file with the channels of the embedded model")
  func feed() throws {
    let count = Int(sample_feed_byte_count)
    // SAFETY: the C target defines so many bytes.
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: sample_feed_bytes(), count: count))
    #expect(bytes.first == 0xFF)
    #expect(String(decoding: bytes[1..<8], as: UTF8.self) == "BIOSEMI")
    func field(_ offset: Int, _ length: Int) -> String {
      String(decoding: bytes[offset..<(offset + length)], as: UTF8.self)
        .trimmingCharacters(in: .whitespaces)
    }
    let signals = try #require(Int(field(252, 4)))
    let labels = (0..<signals).map { field(256 + 16 * $0, 16) }
    #expect(Array(labels.dropLast()) == (try LinearModel.motorImagery()).channels)
    let samplesPerRecord = (0..<signals).map { Int(field(256 + 216 * signals + 8 * $0, 8)) ?? 0 }
    let records = try #require(Int(field(236, 8)))
    #expect(count == 256 * (signals + 1) + records * 3 * samplesPerRecord.reduce(0, +))
  }
}
