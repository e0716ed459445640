import Testing

@testable import Monitor

@Suite("The ledger of frames")
struct FrameLedgerTests {
  /// Of a session in which everything went wrong that can, and was counted.
  private static let whole = FrameLedger(
    due: 1_000, dueByClock: 1_003.25, delivered: 900, late: 7, corrupt: 2, incomplete: 1,
    losses: [.init(cause: "a pulled plug", count: 80), .init(cause: "the line", count: 5)],
    paused: 15, awaited: 40,
    shares: [
      LedgerShare(taker: "decoding", verb: "decoded", taken: 890, refused: 10),
      LedgerShare(taker: "recorder", verb: "stored", taken: 895, spoiled: 3, refused: 5),
    ],
    recordedSamples: 1_000,
    commands: CommandLedger(
      sent: 50, acknowledged: 40, unacknowledged: 4, inFlight: 1, unasked: 5, heldBack: 9))

  @Test("it closes when every frame is somewhere, and says where")
  func closes() {
    #expect(Self.whole.discrepancies == [])
    #expect(
      Self.whole.rows.map { "\($0.name): \($0.text)" } == [
        "due: 1000, by the clock 1003.3 at the nominal rate; then none for 40 periods",
        "delivered: 900: 893 in time, 7 late, 2 corrupt, 1 incomplete",
        "lost: 85: 80 by a pulled plug, 5 by the line",
        "paused: 15, no conversion was made",
        "decoding: 890 decoded, 10 refused by a full ring",
        "recorder: 892 stored, 3 not stored, 5 refused by a full ring",
        "commands: 50 sent, 40 acknowledged, 4 never, 1 on their way, 5 without a question; "
          + "9 held back",
        "sums: close",
      ])
    #expect(Self.whole.json.line.contains(#""closes":true"#))
  }

  @Test("one frame or command that nobody has is told, whoever misses it", arguments: 0..<9)
  func doesNotClose(mistake: Int) {
    var ledger = Self.whole
    let words: [String]
    switch mistake {
    case 0:
      ledger.due += 1
      words = ["1001 frames were due", "make 1000", "the recording holds 1000"]
    case 1:
      ledger.delivered -= 1
      words = ["make 999", "899 frames were delivered"]
    case 2:
      ledger.losses[1].count += 1
      words = ["86 lost", "make 1001"]
    case 3:
      ledger.paused -= 1
      words = ["14 paused"]
    case 4:
      ledger.shares[0].taken -= 1
      words = ["889 taken by decoding"]
    case 5:
      ledger.shares[0].refused += 1
      words = ["11 refused by its ring make 901"]
    case 6:
      ledger.shares[1].taken += 1
      words = ["896 taken by recorder"]
    case 7:
      ledger.recordedSamples = 999
      words = ["the recording holds 999 samples"]
    default:
      ledger.commands?.unasked -= 1
      words = ["their fates make 49"]
    }
    let told = ledger.discrepancies.joined(separator: "; ")
    for word in words { #expect(told.contains(word), "\(told)") }
    #expect(ledger.rows.last?.text.contains("DO NOT CLOSE") == true)
    #expect(ledger.json.line.contains(#""closes":false"#))
  }

  @Test("what spoils in the recorder is in the ledger, and closes it")
  func spoiled() {
    var ledger = Self.whole
    ledger.shares[1].spoiled = 895
    ledger.recordedSamples = nil
    #expect(ledger.discrepancies == [])
    #expect(ledger.rows.contains { $0.text.hasPrefix("0 stored, 895 not stored") })
  }
}
