// How an exoskeleton that speaks our own protocol says who it is.

internal import RT

extension ExoskeletonLink {
  /// Not real-time.
  mutating func identifyFramed(until deadline: MonotonicInstant) throws(LinkFault)
    -> ExoskeletonIdentity
  {
    wire.framed.identity = nil
    try repeating(.identify, until: deadline, timeout: deadline - .now()) {
      $0.wire.framed.identity != nil
    }
    guard let identity = wire.framed.identity else {
      preconditionFailure("what is known is there")
    }
    return ExoskeletonIdentity(identity)
  }
}
