// Is the CPU close to the temperature at which its clock is lowered?

extension Rule {
  static let temperature = Rule(.temperature) { machine, _ in
    let folder = "/sys/class/thermal"
    var hottest: (margin: Int64, found: String)?
    for name in machine.files.names(in: folder, prefix: "thermal_zone") {
      let zone = "\(folder)/\(name)"
      guard let now = machine.files.number(zone + "/temp"), (-50_000...200_000).contains(now),
        let limit = limit(of: zone, machine)
      else { continue }
      let kind = machine.files.line(zone + "/type") ?? name
      let found = "\(kind): \(now / 1_000) °C, limit \(limit / 1_000) °C"
      if hottest.map({ limit - now < $0.margin }) ?? true { hottest = (limit - now, found) }
    }
    guard let hottest else { return [] }
    if hottest.margin > 5_000 { return [Finding(.temperature, .ok, hottest.found)] }
    return [
      Finding(
        .temperature, .warning, hottest.found,
        cost: "at the limit the clock is lowered, whatever the governor says",
        cure: "a heat sink or a fan; less to do on the other CPUs")
    ]
  }

  /// The lowest temperature at which something is slowed down or switched off, in thousandths of
  /// °C: of the zone's trip points, and of the Raspberry Pi's firmware, which has its own.
  private static func limit(of zone: String, _ machine: ExaminedMachine) -> Int64? {
    let files = machine.files
    let points = (0..<12).compactMap { number -> Int64? in
      let point = "\(zone)/trip_point_\(number)"
      guard let kind = files.line(point + "_type"), ["passive", "hot", "critical"].contains(kind),
        let temperature = files.number(point + "_temp"), (20_000...200_000).contains(temperature)
      else { return nil }
      return temperature
    }
    return (points + [machine.board.firmwareTemperatureLimit].compactMap { $0 }).min()
  }
}
