// A thread that has what it asked for, or does not run.
//
//     let thread = try RealTimeThread.start(settings, workspace: workspace) { $0.run() }
//     …
//     let workspace = thread.join()
//
// The workspace moves to the thread and comes back at the end; nobody can touch it in between.

import SPIShim

/// When a thread runs.
public enum SchedulingPolicy: Equatable, Sendable {
  /// SCHED_FIFO, 1…99; never 99, which belongs to the kernel's watchdog and migration threads.
  case fifo(priority: Int)
  /// SCHED_RR.
  case roundRobin(priority: Int)
  /// SCHED_DEADLINE; cannot be pinned to one CPU.
  case deadline(runtime: Nanoseconds, deadline: Nanoseconds, period: Nanoseconds)
  /// SCHED_OTHER.
  case other
  /// SCHED_BATCH: as `other`, taken for one that computes.
  case batch
  /// SCHED_IDLE: when nobody else wants the CPU.
  case idle
}

/// What happens when the kernel refuses.
public enum Enforcement: Equatable, Sendable {
  /// The thread does not start.
  case enforce
  /// The thread runs all the same, and `refusal` says what it lacks.
  case bestEffort
}

public struct ThreadSettings: Equatable, Sendable {
  /// At most 15 bytes are shown by the kernel.
  public var name: String
  public var policy: SchedulingPolicy
  public var cpu: Int?
  public var stackByteCount: Int
  public var enforcement: Enforcement

  public init(
    name: String, policy: SchedulingPolicy, cpu: Int? = nil, stackByteCount: Int = 512 * 1024,
    enforcement: Enforcement = .enforce
  ) {
    self.name = name
    self.policy = policy
    self.cpu = cpu
    self.stackByteCount = stackByteCount
    self.enforcement = enforcement
  }
}

/// A running thread and the workspace that it owns. Must be joined.
@safe
public struct RealTimeThread<Workspace: ~Copyable>: ~Copyable {
  private let thread: pthread_t
  private let start: ThreadStart
  private let workspace: UnsafeMutablePointer<Workspace>
  /// Why the thread runs at best effort; nil when it has everything that it asked for.
  public let refusal: SchedulingFault?

  /// Starts a thread; returns when it has its name, CPU, stack and policy, right before its body.
  public static func start(
    _ settings: ThreadSettings, workspace: consuming Workspace,
    run body: @escaping @Sendable (inout Workspace) -> Void
  ) throws(SchedulingFault) -> RealTimeThread {
    // Lines of its own, and no neighbour that another thread writes.
    let memory = unsafe UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<Workspace>.size + 128, alignment: 128
    ).bindMemory(to: Workspace.self, capacity: 1)
    unsafe memory.initialize(to: workspace)
    let address = UInt(bitPattern: memory)
    let start = ThreadStart(settings) {
      // SAFETY: the memory lives until `join`, and nobody else touches it before.
      guard let memory = unsafe UnsafeMutablePointer<Workspace>(bitPattern: address) else { return }
      unsafe body(&memory.pointee)
    }
    var thread = pthread_t()
    let result = unsafe shim_thread_create(
      &thread, UInt64(settings.stackByteCount), threadEntry,
      Unmanaged.passRetained(start).toOpaque())
    guard result == 0 else {
      unsafe Unmanaged.passUnretained(start).release()
      unsafe memory.deinitialize(count: 1)
      unsafe memory.deallocate()
      throw .system(operation: "pthread_create", errno: -result)
    }
    let refusal = start.waitUntilReady()
    if let refusal, settings.enforcement == .enforce {
      pthread_join(thread, nil)
      unsafe memory.deinitialize(count: 1)
      unsafe memory.deallocate()
      throw refusal
    }
    return unsafe RealTimeThread(thread: thread, start: start, workspace: memory, refusal: refusal)
  }

  private init(
    thread: pthread_t, start: ThreadStart, workspace: UnsafeMutablePointer<Workspace>,
    refusal: SchedulingFault?
  ) {
    self.thread = thread
    self.start = start
    unsafe self.workspace = unsafe workspace
    self.refusal = refusal
  }

  /// Waits for the end of the body and takes the workspace back.
  public consuming func join() -> Workspace {
    pthread_join(thread, nil)
    let finished = unsafe workspace.move()
    unsafe workspace.deallocate()
    return finished
  }
}

/// What a new thread finds: its settings, its body, and where to report.
private final class ThreadStart: @unchecked Sendable {
  private let settings: ThreadSettings
  private let body: @Sendable () -> Void
  private let bell = Doorbell()
  private let isReady = StopSignal()
  /// Written before `isReady` is raised, read after.
  private var refusal: SchedulingFault?

  init(_ settings: ThreadSettings, body: @escaping @Sendable () -> Void) {
    self.settings = settings
    self.body = body
  }

  func waitUntilReady() -> SchedulingFault? {
    while true {
      let ticket = bell.ticket()
      if isReady.isRaised { return refusal }
      bell.wait(ticket, until: .now() + .seconds(1))
    }
  }

  /// On the new thread.
  func run() {
    unsafe shim_thread_name(settings.name)
    refusal = settle()
    isReady.raise()
    bell.ring()
    if refusal != nil && settings.enforcement == .enforce { return }
    body()
  }

  private func settle() -> SchedulingFault? {
    // The C library keeps some of the stack for itself and for the frames above.
    shim_prefault_stack(UInt64(max(0, settings.stackByteCount - 96 * 1024)))
    var refusal: SchedulingFault?
    if let cpu = settings.cpu {
      let result = shim_set_affinity(Int32(clamping: cpu))
      if result != 0 { refusal = .cpuNotAvailable(cpu) }
    }
    let limit = shim_limit_realtime_priority()
    let result: Int32
    let requested: Int
    switch settings.policy {
    case .other: return refusal
    case .batch, .idle:
      requested = 0
      result = shim_set_scheduler(settings.policy == .batch ? 3 : 5, 0)
    case .fifo(let priority):
      requested = priority
      result = shim_set_scheduler(1, Int32(clamping: priority))
    case .roundRobin(let priority):
      requested = priority
      result = shim_set_scheduler(2, Int32(clamping: priority))
    case .deadline(let runtime, let deadline, let period):
      requested = 0
      result = shim_set_deadline(
        UInt64(runtime.rawValue), UInt64(deadline.rawValue), UInt64(period.rawValue))
    }
    guard result != 0 else { return refusal }
    return .of(
      errno: -result, policy: settings.policy,
      mayRaise: Privilege.hasSysNice || requested > 0 && limit >= UInt64(requested), limit: limit)
  }
}

/// A global function: a closure formed in main-actor code would be checked for its actor on the
/// new thread and trap there.
private func threadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument = unsafe argument {
    unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().run()
  }
  return nil
}
