// How the program ends: one sentence, and an exit code that a script can tell apart.

import Amplifiers
import Decoding
import Exoskeleton
import RT
import Recording
import Signal

/// The exit codes, with the meanings of sysexits.h.
enum ExitStatus: Int32 {
  case success = 0
  /// The command line is wrong.
  case usage = 64
  /// A recording or a model is malformed or does not fit.
  case data = 65
  /// An input file is not there.
  case noInput = 66
  /// An amplifier or an exoskeleton is missing, busy, or fell silent.
  case unavailable = 69
  /// Frames are unaccounted for: a fault of this program.
  case ledger = 70
  /// The operating system refused something else.
  case system = 71
  /// The recording cannot be created.
  case cannotCreate = 73
  /// The recording is incomplete: the disk is full or failing.
  case inputOutput = 74
  /// A device answered, but not the one that was expected.
  case wrongDevice = 76
  /// A permission, a priority or a memory lock was refused.
  case refused = 77
  /// The configuration is wrong.
  case configuration = 78
  /// A latency was above the threshold that was set. Not of sysexits.h.
  case threshold = 79
}

/// What is wrong, with what, and what to do, in one sentence.
struct Failure: Error, Equatable, CustomStringConvertible {
  var status: ExitStatus
  var sentence: String

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }

  var description: String { sentence }
}

/// A typed fault of one of the parts: it can say in one sentence what is wrong and what to do.
protocol Explained: Error {
  var message: String { get }
}

extension AmplifierFault: Explained {}
extension GovernorFault: Explained {}
extension GPIOFault: Explained {}
extension ImpedanceFault: Explained {}
extension LinkFault: Explained {}
extension ModelFault: Explained {}
extension RecordingFault: Explained {}
extension SchedulingFault: Explained {}
extension SerialFault: Explained {}
extension SignalFault: Explained {}

/// Runs something that can fail with a typed fault, and gives the fault its exit code.
func explaining<Value: ~Copyable, Fault: Explained>(
  _ status: ExitStatus, prefix: String = "", _ body: () throws(Fault) -> Value
) throws(Failure) -> Value {
  do throws(Fault) {
    return try body()
  } catch {
    throw Failure(status, prefix + error.message)
  }
}
