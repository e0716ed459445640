// The recorder on its thread, at normal priority.

import Amplifiers
import Decoding
import RT
import Recording
import Signal

struct RecordingThread: ~Copyable {
  let path: String
  let status: RecorderStatus
  private let thread: RealTimeThread<Recorder>
  private let stop: StopSignal

  /// Makes the file and starts the thread; samples may come from now on.
  init(
    _ plan: SessionPlan, description: AmplifierDescription, frames: consuming RingConsumer,
    events: consuming RecordedEventConsumer, notes: RecorderNotes
  ) throws(Failure) {
    let section = plan.configuration.recording
    let recording = RecordingPlan(
      montage: plan.montage, auxiliaries: description.auxiliaries,
      equipment: description.equipment, classNames: plan.model.classes,
      recordsPerSync: max(1, Int(section.durableSeconds.rounded())))
    let status = RecorderStatus()
    let recorder: Recorder
    do throws(RecordingFault) {
      recorder = try Recorder(
        folder: section.folder, plan: recording, frames: frames, events: events, status: status,
        notes: notes, interval: plan.gathering == nil ? .milliseconds(50) : .milliseconds(500))
    } catch {
      throw Failure(.cannotCreate, error.message)
    }
    let path = recorder.path
    let stop = StopSignal()
    let thread: RealTimeThread<Recorder>
    do throws(SchedulingFault) {
      thread = try RealTimeThread.start(
        ThreadSettings(name: "recorder", policy: .other), workspace: recorder
      ) { recorder in recorder.run(until: stop) }
    } catch {
      throw Failure(.system, error.message)
    }
    self.path = path
    self.status = status
    self.stop = stop
    self.thread = thread
  }

  /// After the producers have ended: drains both rings and closes the file.
  consuming func finish() {
    stop.raise()
    _ = thread.join()
  }
}
