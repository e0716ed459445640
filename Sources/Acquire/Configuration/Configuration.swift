// What a session is made of, with the defaults that make the embedded demonstration run.
//
// Plain values as a person writes them; each part checks its own when it is built.

/// The whole configuration. Defaults < `/etc/acquire/acquire.toml` < environment < command line.
struct Configuration: Equatable {
  var amplifier = AmplifierSection()
  var signal = SignalSection()
  var gate = GateSection()
  var impedance = ImpedanceSection()
  var decoder = DecoderSection()
  var exoskeleton = ExoskeletonSection()
  var recording = RecordingSection()
  var realTime = RealTimeSection()
  var budget = BudgetSection()
}

struct SignalSection: Equatable {
  var dcCornerHertz = 0.5
  /// 50, 60, or 0 for no notch.
  var mainsHertz = 50
  var notchQuality = 30.0
  /// `butterworth` or `fir`.
  var filter = "butterworth"
  var bandHertz = [8.0, 30.0]
  var order = 2
  /// Taps of the linear-phase FIR.
  var taps = 251
  /// µV² a second, of the per-channel Kalman filter; 0: none.
  var kalmanProcessVariance = 0.0
  /// µV².
  var kalmanMeasurementVariance = 1.0
  var commonAverage = true
  var windowSeconds = 1.0
}

struct GateSection: Equatable {
  var amplitudeMicrovolts = 150.0
  var gradientMicrovoltsPerMillisecond = 12.5
  var flatMicrovolts = 0.5
  var flatSeconds = 1.0
  var holdOffSeconds = 0.25
  /// Channels whose lead-off bits close the gate.
  var leadOff = false
}

struct ImpedanceSection: Equatable {
  /// Known / measured, of the board; 1: nobody has measured it.
  var calibration = 1.0
  /// The board's resistors between chip and electrode.
  var seriesOhms = 0.0
  var goodOhms = 10_000.0
  var fairOhms = 50_000.0
  var offOhms = 1_000_000.0
  /// Keeps 6 nA on at a quarter of the rate while a session runs.
  var monitor = false
}

struct DecoderSection: Equatable {
  /// A model file; empty: the embedded motor-imagery model.
  var model = ""
  var periodSeconds = 0.1
  var enterProbability = 0.5
  var exitProbability = 0.35
  var dwellDecisions = 3
  /// 0: nobody looks for drift.
  var driftRatio = 0.0
  var driftSeconds = 60.0
}

struct RecordingSection: Equatable {
  var folder = "recordings"
  var durableSeconds = 1.0
}

struct RealTimeSection: Equatable {
  var allowBestEffort = false
  /// `fifo`, `rr` or `other`.
  var policy = "fifo"
  var acquisitionPriority = 80
  var decodingPriority = 75
  /// -1: chosen by the number of CPUs.
  var acquisitionCPU = -1
  var decodingCPU = -1
  /// -1: chosen by whether the decoding thread has a CPU of its own.
  var awakeBeforeFrameMicroseconds = -1
}

/// What each stage of the chain may take, in microseconds; 0: nothing is asked of it.
struct BudgetSection: Equatable {
  /// Chosen for a PREEMPT_RT board at 250 samples a second (period 4 ms): the whole chain a quarter
  /// of a period, the firmware two periods of a 100 Hz loop.
  var edgeToWake = 200.0
  var read = 200.0
  var ring = 200.0
  var signal = 50.0
  var decode = 20.0
  var govern = 20.0
  var write = 100.0
  var wire = 5_000.0
  var edgeToCommand = 1_000.0
  var firmware = 20_000.0
  /// Stages that trip the governor when they take longer.
  var trip: [String] = []
}
