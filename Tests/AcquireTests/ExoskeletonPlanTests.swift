import Exoskeleton
import Testing

@testable import Acquire

@Suite("What the configuration says of the exoskeleton")
struct ExoskeletonPlanTests {
  private static let classes = ["rest", "left", "right"]

  private func failure(_ change: (inout ExoskeletonSection) -> Void) throws -> String {
    var section = ExoskeletonSection()
    change(&section)
    do throws(Failure) {
      let limits = try section.limits()
      let demands = try section.demands(of: Self.classes, limits: limits)
      _ = try section.drive(mode: demands.mode)
    } catch {
      #expect(error.status == .configuration)
      return error.sentence
    }
    Issue.record("it was accepted")
    return ""
  }

  @Test("as it stands it leads a joint by position over the framed protocol")
  func usual() throws {
    let section = ExoskeletonSection()
    let limits = try section.limits()
    #expect(limits == (try GovernorLimits()))
    let demands = try section.demands(of: Self.classes, limits: limits)
    #expect(demands.mode == .position)
    let drive = try section.drive(mode: demands.mode)
    #expect(drive == DriveSettings())
  }

  @Test(
    "after a host that stood still, a drive that forgets its watchdog waits for a person",
    arguments: DriveKind.allCases)
  func lateStep(kind: DriveKind) throws {
    var section = ExoskeletonSection()
    section.driveProtocol = kind.rawValue
    let forgets = [DriveKind.vesc, .cubemars, .openExo, .compact].contains(kind)
    #expect(try section.limits().latching.contains(.lateStep) == forgets)
  }

  @Test("targets in newton metres lead it by effort, over a protocol that can")
  func effort() throws {
    var section = ExoskeletonSection()
    section.targets = ["rest = neutral", "left = 3.5 Nm", "right = -2 Nm"]
    section.driveProtocol = "vesc"
    let demands = try section.demands(of: Self.classes, limits: try section.limits())
    #expect(demands.mode == .effort)
    #expect(demands.demand(ofClass: 1) == .exert(newtonMetres: 3.5))
    #expect(demands.demand(ofClass: 2) == .exert(newtonMetres: -2))
    #expect(try section.drive(mode: .effort).mode == .effort)
  }

  @Test("what cannot be is refused, with what and with what to do")
  func refused() throws {
    let cases: [((inout ExoskeletonSection) -> Void, String)] = [
      ({ $0.targets = ["left = 3 Nm"] }, "cannot carry"),
      ({ $0.targets = ["left = 3 Nm", "right = 40"] }, "led by one of them"),
      ({ $0.targets = ["left = 25 Nm"] }, "20.0 N·m are allowed"),
      ({ $0.targets = ["left = 91"] }, "outside"),
      ({ $0.targets = ["up = 10"] }, "one of the model's classes rest, left, right"),
      ({ $0.targets = ["left = nan Nm"] }, "pushes with nan"),
      ({ $0.latch = ["no friend"] }, "no cause of neutral; there are no frames"),
      ({ $0.driveProtocol = "compact" }, "needs `exoskeleton.format`"),
      ({ $0.heartbeatTimeoutSeconds = 0.001 }, "shorter than the control period"),
      ({ $0.gearRatio = 0 }, "the gear's ratio"),
    ]
    for (change, part) in cases {
      let sentence = try failure(change)
      #expect(sentence.contains(part), "\(sentence)")
    }
  }
}
