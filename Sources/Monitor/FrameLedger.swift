// Every frame that was ever due: delivered, late, lost and where and why; and whether the sums of
// those who counted independently of one another agree.

/// Frames that came into a ring, as those count them who put in and who took out.
public struct LedgerShare: Sendable, Equatable {
  /// "decoding": who took them out.
  public var taker: String
  /// "decoded", "stored".
  public var verb: String
  public var taken: UInt64
  /// Of those, what came to nothing there: a disk that was full.
  public var spoiled: UInt64
  /// Not put in, because the ring was full.
  public var refused: UInt64

  public init(
    taker: String, verb: String, taken: UInt64, spoiled: UInt64 = 0, refused: UInt64
  ) {
    self.taker = taker
    self.verb = verb
    self.taken = taken
    self.spoiled = spoiled
    self.refused = refused
  }

  fileprivate var text: String {
    var parts = ["\(taken - min(taken, spoiled)) \(verb)"]
    if spoiled > 0 { parts.append("\(spoiled) not \(verb)") }
    if refused > 0 { parts.append("\(refused) refused by a full ring") }
    return parts.joined(separator: ", ")
  }
}

/// Commands of a session, as the link counts them.
public struct CommandLedger: Sendable, Equatable {
  public var sent: UInt64
  public var acknowledged: UInt64
  /// Overtaken by so many later ones that nobody waits for an acknowledgement any more.
  public var unacknowledged: UInt64
  /// Waiting for their acknowledgement when the session ended.
  public var inFlight: UInt64
  /// Written while the answer to an earlier one was due still.
  public var unasked: UInt64
  /// Not handed over: more than one command waited in the driver, it had no room, or the protocol
  /// had to wait.
  public var heldBack: UInt64

  public init(
    sent: UInt64, acknowledged: UInt64, unacknowledged: UInt64, inFlight: UInt64, unasked: UInt64,
    heldBack: UInt64
  ) {
    self.sent = sent
    self.acknowledged = acknowledged
    self.unacknowledged = unacknowledged
    self.inFlight = inFlight
    self.unasked = unasked
    self.heldBack = heldBack
  }
}

public struct FrameLedger: Sendable, Equatable {
  /// Why conversions never became a frame, and how many.
  public struct Loss: Sendable, Equatable {
    /// "a pulled plug"; "nobody read them in time".
    public var cause: String
    public var count: UInt64

    public init(cause: String, count: UInt64) {
      self.cause = cause
      self.count = count
    }
  }

  /// Sample periods up to the last frame, by the amplifier's own numbers.
  public var due: UInt64
  /// The same by the clock, at the nominal rate: an oscillator may be off, a number may not jump.
  /// Nil before the second frame.
  public var dueByClock: Double?
  /// Frames that it handed over.
  public var delivered: UInt64
  /// Of these: read after the next conversion was due; with a status word that no chip sends;
  /// without some channels.
  public var late: UInt64
  public var corrupt: UInt64
  public var incomplete: UInt64
  public var losses: [Loss]
  /// Periods in which the amplifier made no conversion.
  public var paused: UInt64
  /// Whole periods between the last frame and the end, by the clock; one or two are usual.
  public var awaited: UInt64
  public var shares: [LedgerShare]
  /// Samples in the recording, zeros for what was lost among them; nil where nothing was recorded,
  /// or the recording ended before the session.
  public var recordedSamples: UInt64?
  /// Nil without an exoskeleton.
  public var commands: CommandLedger?

  public init(
    due: UInt64, dueByClock: Double? = nil, delivered: UInt64, late: UInt64, corrupt: UInt64,
    incomplete: UInt64,
    losses: [Loss], paused: UInt64, awaited: UInt64, shares: [LedgerShare],
    recordedSamples: UInt64?, commands: CommandLedger?
  ) {
    self.due = due
    self.dueByClock = dueByClock
    self.delivered = delivered
    self.late = late
    self.corrupt = corrupt
    self.incomplete = incomplete
    self.losses = losses
    self.paused = paused
    self.awaited = awaited
    self.shares = shares
    self.recordedSamples = recordedSamples
    self.commands = commands
  }

  public var lost: UInt64 { losses.reduce(0) { $0 + $1.count } }

  /// What does not agree, a sentence each; empty when every sum closes.
  public var discrepancies: [String] {
    var found: [String] = []
    let accounted = delivered + lost + paused
    if accounted != due {
      found.append(
        "\(due) frames were due by the amplifier's numbers, but \(delivered) delivered, \(lost) "
          + "lost and \(paused) paused make \(accounted)")
    }
    for share in shares where share.taken + share.refused != delivered {
      found.append(
        "\(delivered) frames were delivered, but \(share.taken) taken by \(share.taker) and "
          + "\(share.refused) refused by its ring make \(share.taken + share.refused)")
    }
    if let recordedSamples, recordedSamples != due {
      found.append("\(due) frames were due, but the recording holds \(recordedSamples) samples")
    }
    if let commands {
      let sum =
        commands.acknowledged + commands.unacknowledged + commands.inFlight + commands.unasked
      if sum != commands.sent {
        found.append(
          "\(commands.sent) commands were sent, but their fates make \(sum): "
            + "\(commands.acknowledged) acknowledged, \(commands.unacknowledged) not, "
            + "\(commands.inFlight) on their way, \(commands.unasked) without a question")
      }
    }
    return found
  }

  /// For a page.
  public var rows: [ReportRow] {
    let inTime = delivered - min(delivered, late)
    var delivery = "\(inTime) in time, \(late) late"
    if corrupt > 0 { delivery += ", \(corrupt) corrupt" }
    if incomplete > 0 { delivery += ", \(incomplete) incomplete" }
    let clock = dueByClock.map { ", by the clock \(decimal($0, places: 1)) at the nominal rate" }
    var rows = [
      ReportRow(
        "due",
        "\(due)" + (clock ?? "") + (awaited > 2 ? "; then none for \(awaited) periods" : "")),
      ReportRow("delivered", "\(delivered): \(delivery)"),
      ReportRow(
        "lost",
        "\(lost)"
          + (losses.isEmpty
            ? "" : ": " + losses.map { "\($0.count) by \($0.cause)" }.joined(separator: ", "))),
    ]
    if paused > 0 { rows.append(ReportRow("paused", "\(paused), no conversion was made")) }
    rows += shares.map { ReportRow($0.taker, $0.text) }
    if let commands {
      var text = "\(commands.sent) sent, \(commands.acknowledged) acknowledged"
      if commands.unacknowledged > 0 { text += ", \(commands.unacknowledged) never" }
      if commands.inFlight > 0 { text += ", \(commands.inFlight) on their way" }
      if commands.unasked > 0 { text += ", \(commands.unasked) without a question" }
      if commands.heldBack > 0 { text += "; \(commands.heldBack) held back" }
      rows.append(ReportRow("commands", text))
    }
    rows.append(
      ReportRow("sums", discrepancies.isEmpty ? "close" : "DO NOT CLOSE: see below"))
    return rows
  }

  var json: JSON {
    .object([
      .init("due", .unsigned(due)),
      .init("dueByClock", dueByClock.map(JSON.number) ?? .null),
      .init("delivered", .unsigned(delivered)),
      .init("late", .unsigned(late)),
      .init("corrupt", .unsigned(corrupt)),
      .init("incomplete", .unsigned(incomplete)),
      .init("lost", .unsigned(lost)),
      .init(
        "losses",
        .array(
          losses.map {
            .object([.init("cause", .string($0.cause)), .init("count", .unsigned($0.count))])
          })),
      .init("paused", .unsigned(paused)),
      .init("awaited", .unsigned(awaited)),
      .init(
        "shares",
        .array(
          shares.map {
            .object([
              .init("taker", .string($0.taker)), .init("taken", .unsigned($0.taken)),
              .init("spoiled", .unsigned($0.spoiled)), .init("refused", .unsigned($0.refused)),
            ])
          })),
      .init("recordedSamples", recordedSamples.map(JSON.unsigned) ?? .null),
      .init(
        "commands",
        commands.map {
          .object([
            .init("sent", .unsigned($0.sent)), .init("acknowledged", .unsigned($0.acknowledged)),
            .init("unacknowledged", .unsigned($0.unacknowledged)),
            .init("inFlight", .unsigned($0.inFlight)), .init("unasked", .unsigned($0.unasked)),
            .init("heldBack", .unsigned($0.heldBack)),
          ])
        } ?? .null),
      .init("closes", .bool(discrepancies.isEmpty)),
    ])
  }
}
