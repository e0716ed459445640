// The map of the program: which thread, on which CPU, with which ring, in the order of the data.
//
//   what                     thread           policy, default     hands over through
//   ──────────────────────── ──────────────── ─────────────────── ─────────────────────────────────
//   edge → counts            acquisition      SCHED_FIFO 80       frame ring, doorbell ───────────┐
//     Amplifiers: Amplifier.run(into:until:)                      frame ring of the recorder ───┐ │
//                                                                                              │ │
//   filter → gate → decode   decoding         SCHED_FIFO 75       ◀────────────────────────────┼─┘
//   → govern → command                                            event ring of the recorder ─┐│
//     Acquire: DecodingLoop+RealTime.swift                        serial line ─▶ exoskeleton  ││
//                                                                 status ring (overwriting) ─┐││
//                                                                                            │││
//   samples, events → file   recorder         normal              ◀──────────────────────────┼┴┘
//     Recording: Recorder                                                                    │
//   stop, arm, status        control          normal              operator panel, doorbell   │
//     Acquire: ControlSocket.swift                                of the decoding thread     │
//   status line, signals     main             normal              ◀──────────────────────────┘
//     Acquire: Session.swift
//
// A session is assembled from the right to the left, so that whoever hands over always has
// somebody to hand to, and is taken down from the left to the right, so that nothing is left in a
// ring: the amplifier stops, the decoding thread drains its ring and leaves the exoskeleton
// neutral, the recorder drains its rings and closes the file.

import RT
import Signal

enum Pipeline {
  /// CPU and capacities that fit a machine and a rate.
  struct Layout: Equatable {
    var acquisitionCPU: Int?
    var decodingCPU: Int?
    /// How long before a frame is expected the decoding thread is awake for it; zero: it is woken.
    var lead: Nanoseconds
    /// Frames between acquisition and decoding: a second's worth.
    var decoderFrames: Int
    /// Frames between acquisition and the recorder: four seconds' worth, for a slow disk.
    var recorderFrames: Int
    /// Events between decoding and the recorder.
    var recorderEvents: Int
  }

  static func layout(_ montage: Montage, machine: Machine, _ section: RealTimeSection) -> Layout {
    let allowedCPUs = machine.allowedCPUs
    // Isolated CPUs are there for this; else the highest, since CPU 0 has most of the interrupts.
    let isolated = machine.usableIsolatedCPUs
    let candidates = isolated.isEmpty ? allowedCPUs : isolated
    let first = candidates.last
    // Two CPUs of their own only where something is left for everybody else. On one CPU the two
    // threads run one after the other anyway, and waking across CPUs costs more than it gives.
    let hasRoom = candidates.count >= (isolated.isEmpty ? 4 : 2)
    let second = hasRoom ? candidates.dropLast().last : first
    let acquisitionCPU = section.acquisitionCPU < 0 ? first : section.acquisitionCPU
    let decodingCPU = section.decodingCPU < 0 ? second : section.decodingCPU
    var lead = Nanoseconds.microseconds(Int64(section.awakeBeforeFrameMicroseconds))
    if lead < .zero {
      // Where it shares a CPU it would be in the way of the interrupts' threads.
      lead = acquisitionCPU == decodingCPU ? .zero : .microseconds(30)
      if lead > longestLead(montage) { lead = .zero }
    }
    return Layout(
      acquisitionCPU: acquisitionCPU, decodingCPU: decodingCPU, lead: lead,
      decoderFrames: powerOfTwo(atLeast: max(256, Int(montage.samplesPerSecond))),
      recorderFrames: powerOfTwo(atLeast: max(1_024, Int(montage.samplesPerSecond * 4))),
      recorderEvents: 1_024)
  }

  /// An eighth of a sample period: the looking takes two leads at most, and a thread that never
  /// sleeps is stopped by the kernel (`sched_rt_runtime_us`).
  static func longestLead(_ montage: Montage) -> Nanoseconds {
    Nanoseconds(seconds: 0.125 / montage.samplesPerSecond)
  }

  static func powerOfTwo(atLeast count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }
}
