import RT
import Testing

@testable import Monitor

@Suite("Counts of the closing report")
struct SessionReportTests {
  @Test("incomplete frames are told where there are any, and to a program always")
  func incomplete() {
    for (count, note) in [
      (0, "lost              4 (2 corrupt)"), (7, "4 (2 corrupt, 7 incomplete)"),
    ] {
      let report = SessionReport(
        amplifier: "a", exoskeleton: "e", duration: .seconds(1), nominalRate: 250,
        sampleRate: nil, frames: 9, lost: 4, paused: 0, recoveries: [], late: 0, corrupt: 2,
        incomplete: UInt64(count), undecoded: 0, decisions: 0, commands: 0, acknowledged: 0,
        neutralReasons: [], recording: nil, samplesNotStored: 0, recordingFault: nil,
        mallocsAfterArming: 0, pageFaultsAfterArming: 0, bestEffortReasons: [],
        budget: LatencyBudget(stages: [], structural: []), processCPUShare: 0,
        residentBytes: 0, machine: [], faults: [])
      #expect(report.page.contains(note + "\n"))
      #expect(report.json.line.contains(#""firmware":null,"#))
      #expect(!report.page.contains("firmware"))
      #expect(report.json.line.contains(#""corrupt":2,"incomplete":\#(count),"#))
    }
  }
}
