// What was measured here, in two and a half seconds at most.

public import RT

public struct Measurements: Sendable, Equatable {
  /// A thread that sleeps to absolute instants on the acquisition's CPU.
  public struct WakeUps: Sendable, Equatable {
    public var cpu: Int
    /// With the idle states as they are.
    public var free: LatencySummary
    /// With a request for none but the shallowest.
    public var held: LatencySummary
    /// The kernel took that request.
    public var isRequestHeld: Bool
    public var isRealTime: Bool
  }

  /// A loop of ordinary priority that reads the clock all the time.
  public struct Gap: Sendable, Equatable {
    public var cpu: Int
    public var watched: Nanoseconds
    public var largest: Nanoseconds
  }

  public var wakeUps: WakeUps?
  /// The mean of many.
  public var clockRead: Nanoseconds
  public var gaps: [Gap]
}

extension Measurements {
  /// A thousand wake-ups twice, and 200 ms of looking at each CPU.
  ///
  /// - Parameter priority: of SCHED_FIFO; an ordinary thread measures where it is refused.
  public static func take(cpus: [Int], priority: Int) -> Measurements {
    let clockRead = ClockReads.mean()
    let gaps = cpus.compactMap { cpu in largestGap(cpu: cpu, watched: .milliseconds(200)) }
    var wakeUps: WakeUps?
    if let cpu = cpus.first {
      let free = wakeUpSummary(cpu: cpu, priority: priority)
      let request = CPULatencyRequest()
      let held = wakeUpSummary(cpu: cpu, priority: priority)
      if let free, let held {
        wakeUps = WakeUps(
          cpu: cpu, free: free.summary, held: held.summary, isRequestHeld: request.isHeld,
          isRealTime: free.isRealTime && held.isRealTime)
      }
    }
    return Measurements(wakeUps: wakeUps, clockRead: clockRead, gaps: gaps)
  }

  private static func wakeUpSummary(cpu: Int, priority: Int)
    -> (summary: LatencySummary, isRealTime: Bool)?
  {
    let settings = ThreadSettings(
      name: "doctor", policy: .fifo(priority: priority), cpu: cpu, enforcement: .bestEffort)
    do throws(SchedulingFault) {
      let thread = try RealTimeThread.start(settings, workspace: WakeUpWatch()) { $0.run() }
      let isRealTime = thread.refusal == nil
      let watch = thread.join()
      return (watch.histogram.summary, isRealTime)
    } catch {
      return nil
    }
  }

  private static func largestGap(cpu: Int, watched: Nanoseconds) -> Gap? {
    let settings = ThreadSettings(name: "doctor", policy: .other, cpu: cpu)
    do throws(SchedulingFault) {
      let thread = try RealTimeThread.start(settings, workspace: GapWatch(span: watched)) {
        $0.run()
      }
      let watch = thread.join()
      return Gap(cpu: cpu, watched: watched, largest: watch.largest)
    } catch {
      return nil
    }
  }
}

extension Nanoseconds {
  /// "850 ns", "12.3 µs", "4.6 ms", "1.2 s".
  var text: String {
    func tenths(_ unit: Int64, _ name: String) -> String {
      let tenths = rawValue / (unit / 10)
      return "\(tenths / 10).\(tenths % 10) \(name)"
    }
    switch rawValue {
    case ..<1_000: return "\(rawValue) ns"
    case ..<1_000_000: return tenths(1_000, "µs")
    case ..<1_000_000_000: return tenths(1_000_000, "ms")
    default: return tenths(1_000_000_000, "s")
    }
  }
}
