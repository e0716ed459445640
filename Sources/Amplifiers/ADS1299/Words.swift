// The chip's choices as a person writes and reads them: one word for each code, both ways.

extension ADS1299.Input {
  /// "electrode", "test-signal".
  public var word: String {
    switch self {
    case .electrode: "electrode"
    case .shorted: "shorted"
    case .biasMeasurement: "bias-measurement"
    case .supply: "supply"
    case .temperature: "temperature"
    case .testSignal: "test-signal"
    case .biasDriveP: "bias-drive-p"
    case .biasDriveN: "bias-drive-n"
    }
  }

  public init?(word: String) {
    guard let input = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = input
  }
}

extension ADS1299.LeadOff.Current {
  /// "6nA", "24uA".
  public var word: String {
    switch self {
    case .nanoamperes6: "6nA"
    case .nanoamperes24: "24nA"
    case .microamperes6: "6uA"
    case .microamperes24: "24uA"
    }
  }

  public init?(word: String) {
    guard let current = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = current
  }
}

extension ADS1299.LeadOff.Threshold {
  /// Of the supply, for the positive side; the negative side has 100 less this.
  public var percent: Double {
    switch self {
    case .percent95: 95
    case .percent92: 92.5
    case .percent90: 90
    case .percent87: 87.5
    case .percent85: 85
    case .percent80: 80
    case .percent75: 75
    case .percent70: 70
    }
  }

  public init?(percent: Double) {
    guard let threshold = Self.allCases.first(where: { $0.percent == percent }) else { return nil }
    self = threshold
  }
}

extension ADS1299.Config2.Frequency {
  /// "slow", "fast", "dc".
  public var word: String {
    switch self {
    case .slow: "slow"
    case .fast: "fast"
    case .direct: "dc"
    }
  }

  public init?(word: String) {
    guard let frequency = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = frequency
  }
}
