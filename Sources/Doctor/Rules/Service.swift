// Does the service have the limits that a session needs?

enum ServiceUnit {
  private static let folders = [
    "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
  ]
  static let paths = folders.map { $0 + "/acquire.service" }

  /// The lines that are of concern: others may hold what is nobody's business.
  static func settings(_ text: String) -> [String] {
    let names = ["LimitRTPRIO=", "LimitMEMLOCK=", "RestrictRealtime="]
    return text.split(separator: "\n").map { String($0.trimmed) }.filter { line in
      names.contains(where: line.hasPrefix)
    }
  }
}

extension Rule {
  static let service = Rule(.service) { machine, _ in
    // Where another program is process 1, units say nothing.
    guard machine.processes.those({ $0.number == 1 && $0.name == "systemd" }).count == 1 else {
      return []
    }
    let unit = ServiceUnit.paths.lazy.compactMap { path in
      machine.files.text(path).map { (path: path, text: $0) }
    }.first
    guard let unit else {
      return [
        Finding(
          .service, .note, "acquire.service is not installed",
          cost: "none, as long as people start sessions themselves", cure: "make install")
      ]
    }
    let lines = ServiceUnit.settings(unit.text)
    var lacks = ["LimitRTPRIO=", "LimitMEMLOCK="].filter { word in
      !lines.contains { $0.hasPrefix(word) }
    }
    if lines.contains(where: { $0 == "RestrictRealtime=yes" }) {
      lacks.append("RestrictRealtime=no")
    }
    if lacks.isEmpty { return [Finding(.service, .ok, "\(unit.path) has its limits")] }
    return [
      Finding(
        .service, .warning, "\(unit.path) lacks \(lacks.joined(separator: ", "))",
        cost: "the service does not start (exit code 77)",
        cure: "make install, or `systemctl edit acquire` with LimitRTPRIO=90, "
          + "LimitMEMLOCK=infinity, RestrictRealtime=no")
    ]
  }
}
