// Annotations that wait for room in a record.

/// First in, first out, bounded; what does not fit any more is counted.
struct AnnotationQueue {
  private var waiting: [RecordedAnnotation] = []
  private var next = 0
  private(set) var refusedCount: UInt64 = 0

  static var capacity: Int { 16_384 }

  var isEmpty: Bool { next == waiting.count }

  var first: RecordedAnnotation? { isEmpty ? nil : waiting[next] }

  mutating func append(_ annotation: RecordedAnnotation) {
    guard waiting.count - next < Self.capacity else {
      refusedCount += 1
      return
    }
    waiting.append(annotation)
  }

  mutating func removeFirst() {
    next += 1
    if next == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      next = 0
    } else if next >= 1_024 {
      waiting.removeFirst(next)
      next = 0
    }
  }
}
