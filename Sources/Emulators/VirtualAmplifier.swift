// An amplifier without metal, at the far end of a pseudo-terminal.

/// How a virtual amplifier fared.
public struct VirtualAmplifierStatistics: Equatable, Sendable {
  /// Packets that the board has made.
  public var made: UInt64 = 0
  public var lost: UInt64 = 0
  public var torn: UInt64 = 0
}

/// Every method may be called from any thread.
public final class VirtualAmplifier: Sendable {
  private let thread: BoardThread

  /// The pseudo-terminal to open.
  public var path: String { thread.path }

  /// - Parameters:
  ///   - link: a stable name, made as a symbolic link to the pseudo-terminal.
  ///   - truth: a file that must not be there yet, for what the board has made and sent.
  public init(board: any Board, link: String? = nil, truth: String? = nil) throws(EmulatorFault) {
    thread = try BoardThread(board: board, link: link, truth: truth)
  }

  /// Runs the board on a thread of its own, of normal priority, until `stop()`. Once only.
  public func start() throws(EmulatorFault) { try thread.start() }

  /// Ends the board for good, waits for it, and for its truth to be written.
  ///
  /// - Throws: `truthNotWritten`.
  @discardableResult
  public func stop() throws(EmulatorFault) -> VirtualAmplifierStatistics { try thread.stop() }
}
