// Does the kernel gather pages behind a program's back?

extension Rule {
  static let hugePages = Rule(.hugePages) { machine, _ in
    let path = "/sys/kernel/mm/transparent_hugepage/enabled"
    guard let choice = machine.files.line(path) else {
      return [Finding(.hugePages, .ok, "the kernel has no transparent huge pages")]
    }
    guard choice.contains("[always]") else {
      return [Finding(.hugePages, .ok, "transparent huge pages: \(choice)")]
    }
    return [
      Finding(
        .hugePages, .note, "transparent huge pages: always",
        cost: "khugepaged moves pages of running programs; a thread that touches one meanwhile "
          + "waits",
        cure: "echo madvise > \(path)", repairs: [.write(value: "madvise", path: path)])
    ]
  }
}
