// A linear model over log band powers: what a model file holds.

public import Signal

/// Weights and biases of each class over the channels' log band powers (ln µV²).
///
/// score(class) = bias + Σ weight[channel] · (power[channel] − centre[channel]); the classes'
/// probabilities are the softmax of the scores.
public struct LinearModel: Sendable, Equatable {
  /// Class 0 is the state of rest, which the decoder falls back to.
  public let classes: [String]
  public let channels: [String]
  /// One a channel, subtracted before the weights.
  public let centres: [Double]
  /// One a class.
  public let biases: [Double]
  /// Shape: classes × channels.
  public let weights: [[Double]]

  /// - Throws: `ModelFault.malformed` when shapes do not agree or a number is not finite.
  public init(
    classes: [String], channels: [String], centres: [Double], biases: [Double],
    weights: [[Double]]
  ) throws(ModelFault) {
    guard (2...16).contains(classes.count) else {
      throw .malformed("it has \(classes.count) classes, but needs 2 to 16")
    }
    guard Set(classes).count == classes.count, classes.allSatisfy({ Self.isWord($0) }) else {
      throw .malformed("its classes must be different words of at most 32 letters or digits")
    }
    guard !channels.isEmpty, centres.count == channels.count else {
      throw .malformed("it has \(centres.count) centres for \(channels.count) channels")
    }
    guard Set(channels).count == channels.count, channels.allSatisfy({ Self.isWord($0) }) else {
      throw .malformed("its channels must be different electrode labels without spaces")
    }
    guard biases.count == classes.count, weights.count == classes.count else {
      throw .malformed(
        "it has \(biases.count) biases and \(weights.count) rows of weights for "
          + "\(classes.count) classes")
    }
    for (name, row) in zip(classes, weights) where row.count != channels.count {
      throw .malformed(
        "class \(name) has \(row.count) weights for \(channels.count) channels")
    }
    guard (centres + biases + weights.flatMap { $0 }).allSatisfy(\.isFinite) else {
      throw .malformed("one of its numbers is not finite")
    }
    self.classes = classes
    self.channels = channels
    self.centres = centres
    self.biases = biases
    self.weights = weights
  }

  /// A name that can stand in an annotation and on a status line: printable ASCII, no space.
  private static func isWord(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// - Throws: `ModelFault.otherChannels` when the montage is not the one of the training.
  public func validate(against montage: Montage) throws(ModelFault) {
    let labels = montage.channels.map(\.label)
    guard labels == channels else {
      throw .otherChannels(model: channels, amplifier: labels)
    }
  }
}

/// Why a model cannot be used. `message` is one sentence for a person.
public enum ModelFault: Error, Equatable, Sendable {
  case malformed(String)
  case otherChannels(model: [String], amplifier: [String])
  case badRule(String)

  public var message: String {
    switch self {
    case .malformed(let what): "the model is malformed: \(what)"
    case .otherChannels(let model, let amplifier):
      "the model was trained on \(model.count) channels (\(Self.list(model))), the amplifier has "
        + "\(amplifier.count) (\(Self.list(amplifier))): use a model for these channels (--model), "
        + "or set amplifier.channels"
    case .badRule(let what): "the decision rule cannot work: \(what)"
    }
  }

  /// "C3 Cz C4", and no more than a line of them.
  private static func list(_ labels: [String]) -> String {
    labels.prefix(16).joined(separator: " ") + (labels.count > 16 ? " …" : "")
  }
}

/// When the decoder changes its mind.
public struct DecisionRule: Sendable, Equatable {
  /// A class must be at least so probable …
  public let enterProbability: Double
  /// … for so many decisions in a row, to be entered;
  public let dwellDecisions: Int
  /// once entered it is left when its probability falls below this.
  public let exitProbability: Double

  /// - Throws: `ModelFault.badRule`.
  public init(
    enterProbability: Double = 0.5, exitProbability: Double = 0.35, dwellDecisions: Int = 3
  ) throws(ModelFault) {
    guard enterProbability > 0, enterProbability <= 1, exitProbability >= 0,
      exitProbability <= enterProbability
    else {
      throw .badRule(
        "a class is entered at \(enterProbability) and left at \(exitProbability); "
          + "0 ≤ exit ≤ enter ≤ 1 is needed")
    }
    guard (1...10_000).contains(dwellDecisions) else {
      throw .badRule("\(dwellDecisions) decisions in a row is not 1 to 10 000")
    }
    self.enterProbability = enterProbability
    self.exitProbability = exitProbability
    self.dwellDecisions = dwellDecisions
  }
}
