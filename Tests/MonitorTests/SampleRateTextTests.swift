import RT
import Signal
import Testing

@testable import Monitor

/// A report of nothing but a sample rate.
private func report(_ rate: SampleRate?) -> SessionReport {
  SessionReport(
    amplifier: "a", exoskeleton: "e", duration: .seconds(1), nominalRate: 250, sampleRate: rate,
    frames: 1, lost: 0, paused: 0, recoveries: [], late: 0, corrupt: 0, incomplete: 0, undecoded: 0,
    decisions: 0, commands: 0, acknowledged: 0, neutralReasons: [], recording: nil,
    samplesNotStored: 0, recordingFault: nil,
    mallocsAfterArming: 0, pageFaultsAfterArming: 0, bestEffortReasons: [],
    budget: LatencyBudget(stages: [], structural: []), processCPUShare: 0, residentBytes: 0,
    machine: [], faults: [])
}

@Suite("Sample rate for people and programs")
struct SampleRateTextTests {
  @Test("a person reads as many decimals as the interval bears")
  func page() {
    let rate = SampleRate(nominal: 250, estimate: 251.25371, low: 251.2533, high: 251.2541)
    let text =
      "251.2537 a second (251.2533 to 251.2541 in 95 of 100), 5014.8 ppm above nominal 250"
    #expect(report(rate).page.contains("sample rate       \(text)\n"))
    let slow = SampleRate(nominal: 250, estimate: 249.9, low: 249.8, high: 250)
    #expect(
      report(slow).page.contains(
        "249.90 a second (249.80 to 250.00 in 95 of 100), 400.0 ppm below nominal 250"))
    #expect(report(nil).page.contains("sample rate       not known yet, nominal 250\n"))
  }

  @Test("a program finds estimate and interval, or nulls")
  func json() {
    let rate = SampleRate(nominal: 250, estimate: 250.5, low: 250.25, high: 250.75)
    #expect(
      report(rate).json.line.contains(
        #""sampleRate":{"nominal":250.0,"estimate":250.5,"low":250.25,"high":250.75,"ppm":2000.0"#))
    #expect(report(nil).json.line.contains(#""estimate":null,"low":null,"high":null,"ppm":null"#))
  }

  @Test("the status line leaves the rate out until it is known")
  func status() {
    var status = SessionStatus(
      elapsed: .seconds(1), frames: 9, lost: 0, samplesPerSecond: nil, latency: .zero,
      worstLatency: .zero, decision: nil, exoskeletonState: "", positionDegrees: nil,
      hindrance: "settling")
    #expect(status.line == "00:01  lost 0  settling")
    status.samplesPerSecond = 250.04
    #expect(status.line == "00:01  250.0 Hz  lost 0  settling")
  }
}
