// Delays that no faster machine makes shorter.

public import RT

/// A delay that belongs to the method and not to the machine: a filter's, or a window's.
public struct StructuralDelay: Sendable, Equatable {
  public var name: String
  public var delay: Nanoseconds
  /// What it is: "group delay at 15.5 Hz".
  public var note: String

  public init(name: String, delay: Nanoseconds, note: String) {
    self.name = name
    self.delay = delay
    self.note = note
  }
}
