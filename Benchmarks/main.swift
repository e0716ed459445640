// benchmarks: one file for each question, and a peer beside it where there is one.
//
//     benchmarks all | ring | path | edge | packets | governor | histogram
//       [--peer PATH] [--rounds N]
//
// Figures of one run on one machine; only the ratios travel. Sessions as a whole (wake-up against
// cyclictest, memory, CPU, loss) are measured from outside by Benchmarks/sessions.py.

import RT

let arguments = Array(CommandLine.arguments.dropFirst())
let what = arguments.first ?? "all"

func option(_ name: String) -> String? {
  guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
  return arguments[index + 1]
}

guard
  ["all", "ring", "path", "edge", "packets", "governor", "histogram", "ring-once"]
    .contains(what)
else {
  print("benchmarks all | ring | path | edge | packets | governor | histogram [--rounds N]")
  exitProgram(64)
}

if what == "ring-once" {
  // Machine-readable, so that own and peer are run alike.
  RingBenchmark.printOnce()
} else {
  let machine = Machine.current()
  print(
    "\(machine.cpuModel), \(machine.allowedCPUs.count) CPUs"
      + (machine.isVirtual ? ", virtual, " : ", ")
      + "Linux \(machine.kernelRelease) \(machine.preemption)")
  print("load \(machine.load)\n")
  if what == "all" || what == "ring" {
    RingBenchmark.run(
      peer: option("--peer") ?? ".build/peers/boost_ring",
      rounds: option("--rounds").flatMap(Int.init) ?? 7)
  }
  if what == "all" || what == "path" { PathBenchmark.run() }
  if what == "all" || what == "packets" { PacketBenchmark.run() }
  if what == "all" || what == "governor" { GovernorBenchmark.run() }
  if what == "all" || what == "histogram" { HistogramBenchmark.run() }
  if what == "all" || what == "edge" {
    EdgeBenchmark.run(rounds: option("--rounds").flatMap(Int.init) ?? 60)
  }
}
