// Hysteresis and dwell as timing diagrams: one character a decision.
//
// In:  `L` `R` certainly left, right (0.8)    `l` `r` a little above exit (0.45)
//      `-` rest (0.8)    `?` all the same (1/3)    `x` no numbers at all
// Out: `L` `R` held    `-` rest

import Decoding
import RT
import TestSupport
import Testing

/// Softmax of ln p is p: features are then probabilities, written down as such.
func transparentModel() throws -> LinearModel {
  try LinearModel(
    classes: ["rest", "left", "right"], channels: ["A", "B", "C"], centres: [0, 0, 0],
    biases: [0, 0, 0], weights: [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
}

private func logarithms(of symbol: Character) -> [Double] {
  let probabilities: [Double] =
    switch symbol {
    case "L": [0.1, 0.8, 0.1]
    case "R": [0.1, 0.1, 0.8]
    case "l": [0.275, 0.45, 0.275]
    case "r": [0.275, 0.275, 0.45]
    case "-": [0.8, 0.1, 0.1]
    case "?": [1, 1, 1]
    default: [.nan, .nan, .nan]
    }
  return probabilities.map { logarithm($0) }
}

func held(by decoder: inout LinearDecoder, _ features: [Double], _ index: Int) -> Intent {
  unsafe features.withUnsafeBufferPointer { row in
    guard let base = row.baseAddress else { preconditionFailure("a row holds features") }
    return unsafe decoder.decide(
      features: base, sampleIndex: UInt64(index), time: MonotonicInstant(nanoseconds: 0))
  }
}

private func answer(to diagram: String, _ rule: DecisionRule) throws -> String {
  var decoder = LinearDecoder(model: try transparentModel(), rule: rule)
  var answer = ""
  for (index, symbol) in diagram.enumerated() {
    let intent = held(by: &decoder, logarithms(of: symbol), index)
    answer.append(["-", "L", "R"][intent.classIndex])
  }
  return answer
}

struct Diagram: CustomTestStringConvertible, Sendable {
  let claim: String
  let shown: String
  let decided: String
  var dwell = 3
  var testDescription: String { claim }
}

private let diagrams = [
  Diagram(claim: "nothing happens at rest", shown: "-----", decided: "-----"),
  Diagram(claim: "a class is entered at the third in a row", shown: "LLLLL", decided: "--LLL"),
  Diagram(claim: "two in a row are not enough", shown: "LL-LL-", decided: "------"),
  Diagram(claim: "another class starts the count again", shown: "LLRRLLL", decided: "------L"),
  Diagram(claim: "uncertainty starts the count again", shown: "LL?LLL", decided: "-----L"),
  Diagram(claim: "what is under enter is never entered", shown: "llllll", decided: "------"),
  Diagram(claim: "what is over exit is held", shown: "LLLlllll", decided: "--LLLLLL"),
  Diagram(claim: "what falls under exit is left at once", shown: "LLLl?lll", decided: "--LL----"),
  Diagram(claim: "rest takes over at once", shown: "LLL-LL", decided: "--L---"),
  Diagram(
    claim: "the other class is rest first, then entered by its own dwell", shown: "LLLRRRR",
    decided: "--L--RR"),
  Diagram(claim: "a weak stretch of its own does not end it", shown: "LLLlLl", decided: "--LLLL"),
  Diagram(claim: "no numbers are rest at once", shown: "LLLLxLLL", decided: "--LL---L"),
  Diagram(claim: "no numbers start the count again", shown: "LLxLL", decided: "-----"),
  Diagram(claim: "with a dwell of one, one is enough", shown: "-LR-", decided: "-LR-", dwell: 1),
]

@Suite("Decisions")
struct DecisionDiagramTests {
  @Test("the decoder changes its mind by the rule", arguments: diagrams)
  func diagram(_ diagram: Diagram) throws {
    let rule = try DecisionRule(
      enterProbability: 0.6, exitProbability: 0.4, dwellDecisions: diagram.dwell)
    #expect(try answer(to: diagram.shown, rule) == diagram.decided)
  }

  @Test("after a reset the dwell starts again from rest")
  func reset() throws {
    let rule = try DecisionRule(enterProbability: 0.6, exitProbability: 0.4, dwellDecisions: 2)
    var decoder = LinearDecoder(model: try transparentModel(), rule: rule)
    let left = logarithms(of: "L")
    #expect(held(by: &decoder, left, 0).classIndex == 0)
    #expect(held(by: &decoder, left, 1).classIndex == 1)
    decoder.reset()
    #expect(held(by: &decoder, left, 2).classIndex == 0)
    #expect(held(by: &decoder, left, 3).classIndex == 1)
  }

  @Test("no numbers mean rest with no confidence", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(_ feature: Double) throws {
    var decoder = LinearDecoder(
      model: try transparentModel(), rule: try DecisionRule(dwellDecisions: 1))
    #expect(held(by: &decoder, logarithms(of: "L"), 0).classIndex == 1)
    let intent = held(by: &decoder, [0, feature, 0], 1)
    #expect(intent.classIndex == 0)
    #expect(intent.confidence == 0)
    for index in 0..<3 {
      let probability = decoder.probability(ofClass: index)
      #expect(probability == 0)
    }
  }

  @Test(
    "a class is entered only after its dwell, whatever is shown", arguments: 0..<64 as Range<UInt64>
  )
  func property(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let dwell = Int.random(in: 1...6, using: &random)
    let exit = Double.random(in: 0...0.9, using: &random)
    let enter = Double.random(in: max(exit, 0.01)...1, using: &random)
    let rule = try DecisionRule(
      enterProbability: enter, exitProbability: exit, dwellDecisions: dwell)
    var decoder = LinearDecoder(model: try transparentModel(), rule: rule)
    var before = 0
    // For each class: how many decisions in a row it was the winner and above enter.
    var run = [0, 0, 0]
    for index in 0..<500 {
      let scores = (0..<3).map { _ in Double.random(in: -3...3, using: &random) }
      let intent = held(by: &decoder, scores, index)
      let p = (0..<3).map { decoder.probability(ofClass: $0) }
      for row in 0..<3 {
        run[row] = p[row] == p.max() && p[row] >= enter ? run[row] + 1 : 0
      }
      #expect(intent.confidence == p[intent.classIndex])
      #expect(intent.sampleIndex == UInt64(index))
      if intent.classIndex != before, intent.classIndex != 0 {
        #expect(run[intent.classIndex] >= dwell, "entered at \(index) after \(run)")
      }
      if intent.classIndex != 0, intent.classIndex == before {
        #expect(p[intent.classIndex] >= exit, "held at \(index) below exit")
      }
      before = intent.classIndex
    }
  }
}
