// Is memory swapped?

extension Rule {
  static let swap = Rule(.swap) { machine, _ in
    guard let table = machine.files.text("/proc/swaps") else {
      return [.unknown(.swap, "/proc/swaps cannot be read")]
    }
    let areas = table.split(separator: "\n").dropFirst()
    guard !areas.isEmpty else { return [Finding(.swap, .ok, "none")] }
    return [
      Finding(
        .swap, .note, "\(areas.count) swap area\(areas.count == 1 ? "" : "s")",
        cost: "the session's memory is locked and stays; its disk and its memory bus do not",
        cure: "swapoff -a")
    ]
  }
}
