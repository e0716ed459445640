// One session, from the first device opened to the last byte durable.
//
// Assembled from the right to the left and taken down from the left to the right; see Pipeline.

import Amplifiers
import Decoding
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

/// Assembles, runs and takes down; on the main thread.
struct Session {
  let plan: SessionPlan
  let decodes: Bool
  let duration: Nanoseconds?
  var display: StatusDisplay
  let isQuiet: Bool

  /// Runs an amplifier until the duration is over, a signal comes, or it ends by itself.
  ///
  /// - Throws: what could not be opened or started; everything that was is closed again, and the
  ///   exoskeleton has been left neutral.
  mutating func run<Source: Amplifier & ~Copyable>(_ amplifier: consuming Source)
    throws(Failure) -> SessionReport
  {
    let realTime = plan.configuration.realTime
    var refusals: [String] = []
    do throws(SchedulingFault) {
      try MemoryLock.engage()
    } catch {
      guard realTime.allowBestEffort else { throw Failure(.refused, error.message) }
      refusals.append(error.message)
    }
    let latencyRequest = CPULatencyRequest()
    let machine = Machine.current()
    let layout = Pipeline.layout(
      samplesPerSecond: plan.montage.samplesPerSecond, allowedCPUs: machine.allowedCPUs,
      isolatedCPUs: machine.isolatedCPUs,
      acquisitionCPU: realTime.acquisitionCPU < 0 ? nil : realTime.acquisitionCPU,
      decodingCPU: realTime.decodingCPU < 0 ? nil : realTime.decodingCPU)
    _ = latencyRequest.isHeld

    throw Failure(.system, "not assembled yet")
  }
}
