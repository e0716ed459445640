// What a protocol makes of the bytes that come back, in the words that all protocols share.

/// One answer of a drive.
struct DriveReply: Sendable, BitwiseCopyable {
  /// The command that it answers, by its sequence number; nil: none that waits for an answer.
  var sequence: UInt16?
  /// The joint, where the answer tells of it.
  var joint: JointState?
  /// The drive understood the command and did not carry it out.
  var isRefusal = false
  /// One of our own commands has come back.
  var isEcho = false

  @_noLocks @_noAllocation
  init() {}
}
