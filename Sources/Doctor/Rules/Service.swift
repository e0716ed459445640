// Does the service have the limits that a session needs?

extension Rule {
  static let service = Rule(.service) { machine, _ in
    // Where another program is process 1, units say nothing.
    guard machine.processes.those({ $0.number == 1 && $0.name == "systemd" }).count == 1 else {
      return []
    }
    let folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
    let unit = folders.map { $0 + "/acquire.service" }.lazy.compactMap { path in
      machine.files.text(path).map { (path: path, text: $0) }
    }.first
    guard let unit else {
      return [
        Finding(
          .service, .note, "acquire.service is not installed",
          cost: "none, as long as people start sessions themselves", cure: "make install")
      ]
    }
    let lines = unit.text.split(separator: "\n").map { $0.trimmed }
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
