// The recorder on its thread, at normal priority; or, where nothing is recorded, who takes its
// place.

import Amplifiers
import Decoding
import RT
import Recording
import Signal

struct RecordingThread: ~Copyable {
  /// Nil where nothing is recorded.
  let path: String?
  let status = RecorderStatus()
  private let recorder: RealTimeThread<Recorder>?
  private let drain: RealTimeThread<RecordingDrain>?
  private let stop = StopSignal()

  /// Makes the file and starts the thread; samples may come from now on.
  init(
    _ plan: SessionPlan, description: AmplifierDescription, frames: consuming RingConsumer,
    events: consuming RecordedEventConsumer, notes: RecorderNotes
  ) throws(Failure) {
    let interval: Nanoseconds = plan.gathering == nil ? .milliseconds(50) : .milliseconds(500)
    let settings = ThreadSettings(name: "recorder", policy: .other)
    guard plan.records else {
      let drain = RecordingDrain(
        frames: frames, events: events, status: status, interval: interval)
      do throws(SchedulingFault) {
        self.drain = try RealTimeThread.start(settings, workspace: drain) { [stop] in
          $0.run(until: stop)
        }
      } catch {
        throw Failure(.system, error.message)
      }
      recorder = nil
      path = nil
      return
    }
    let section = plan.configuration.recording
    let recording = RecordingPlan(
      montage: plan.montage, auxiliaries: description.auxiliaries,
      equipment: description.equipment, classNames: plan.model.classes,
      recordsPerSync: max(1, Int(section.durableSeconds.rounded())))
    let recorder: Recorder
    do throws(RecordingFault) {
      recorder = try Recorder(
        folder: section.folder, plan: recording, frames: frames, events: events, status: status,
        notes: notes, interval: interval)
    } catch {
      throw Failure(.cannotCreate, error.message)
    }
    let path = recorder.path
    do throws(SchedulingFault) {
      self.recorder = try RealTimeThread.start(settings, workspace: recorder) { [stop] in
        $0.run(until: stop)
      }
    } catch {
      throw Failure(.system, error.message)
    }
    self.path = path
    drain = nil
  }

  /// After the producers have ended: drains both rings and closes the file.
  consuming func finish() {
    stop.raise()
    if let recorder { _ = recorder.join() }
    if let drain { _ = drain.join() }
  }
}
