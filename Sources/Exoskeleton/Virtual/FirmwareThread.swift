// A plain thread for the virtual exoskeleton: normal priority, joined at the end.

internal import Glibc

/// A started thread; `join` is called once.
@safe
struct FirmwareThread: Equatable, @unchecked Sendable {
  private let thread: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// The thread, or why there is none (errno).
  static func start(
    _ run: @escaping @Sendable () -> Void
  ) -> (thread: FirmwareThread?, errno: Int32) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    // SAFETY: the new thread takes over the reference that was retained here.
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      unsafe body.release()
      return (nil, result)
    }
    return (FirmwareThread(thread: thread), 0)
  }

  func join() { pthread_join(thread, nil) }
}
