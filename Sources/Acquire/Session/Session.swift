// One session, from the first device opened to the last byte durable.
//
// Assembled from the right to the left and taken down from the left to the right; see Pipeline.
// Main thread; nothing here runs in real time.

import Amplifiers
import Decoding
import Exoskeleton
import Monitor
import RT
import Recording
import Signal

struct Session {
  let plan: SessionPlan
  /// False for `acquire record`: no decoder and no exoskeleton.
  let decodes: Bool
  /// Nil: until a signal comes.
  let duration: Nanoseconds?
  let isQuiet: Bool
  private var display: StatusDisplay
  private var refusals: [String] = []
  private var faults: [String] = []
  private var status = ExitStatus.success

  init(plan: SessionPlan, decodes: Bool, duration: Nanoseconds?, isQuiet: Bool) {
    self.plan = plan
    self.decodes = decodes
    self.duration = duration
    self.isQuiet = isQuiet
    display = StatusDisplay(
      isTerminal: Terminal.output.isTerminal, columns: Terminal.output.columns)
  }

  /// Runs until the duration is over, a signal comes, or a part fails.
  ///
  /// - Returns: the report, and how the program shall end.
  /// - Throws: what could not be opened or started. Everything that was opened is closed again;
  ///   an exoskeleton is armed last, when nothing else can fail any more.
  mutating func run<Source: Amplifier & ~Copyable>(_ amplifier: consuming Source)
    throws(Failure) -> (report: SessionReport, status: ExitStatus)
  {
    let configuration = plan.configuration
    let machine = Machine.current()
    let layout = Pipeline.layout(plan.montage, machine: machine, configuration.realTime)
    try lockMemory()
    let latencyRequest = CPULatencyRequest()
    try checkScheduling(layout)

    // From the right: the recorder, the exoskeleton, the amplifier; then the threads.
    var stage = decodes ? try plan.stage() : nil
    stage?.warmUp(channelCount: plan.montage.channels.count)
    let description = amplifier.description
    var recording = try RecordingThread(plan, description: description, layout: layout)
    let virtual = decodes && configuration.exoskeleton.port == "virtual"
      ? try VirtualExoskeletonThread() : nil
    let exoskeletonPath = virtual?.path ?? configuration.exoskeleton.port
    var link: ExoskeletonLink?
    if decodes, configuration.exoskeleton.port != "none" {
      link = try .open(exoskeletonPath, baud: configuration.exoskeleton.baud)
    }
    do throws(AmplifierFault) {
      try amplifier.arm()
    } catch {
      throw Failure(error.status, error.message)
    }
    try link?.arm()

    throw Failure(.system, "")
  }
}
