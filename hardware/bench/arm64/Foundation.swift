// SPDX-License-Identifier: Apache-2.0
// The little of Foundation that the packages name which `acquire` is built from, for the one target
// for which no Foundation can be had: arm64, cross-compiled by a newer compiler than the library's.
// None of it lies on a path that a session takes: dates and binary data in TOML, of which a
// configuration has none, and the dump of the command line as JSON. What cannot be done says so.

public struct Absent: Error {}

// MARK: for swift-argument-parser

public protocol LocalizedError: Error { var errorDescription: String? { get } }

public final class NSError: Error {}

extension Error {
  public var localizedDescription: String { String(describing: self) }
}

public final class JSONEncoder {
  public struct OutputFormatting: Sendable {
    public static let prettyPrinted = OutputFormatting()
    public static let sortedKeys = OutputFormatting()
    public mutating func insert(_ other: OutputFormatting) {}
  }

  public var outputFormatting = OutputFormatting()

  public init() {}

  public func encode(_ value: some Encodable) throws -> Data { throw Absent() }
}

extension String {
  public enum Encoding { case utf8 }

  public init?(data: Data, encoding: Encoding) { return nil }
}

// MARK: for TOMLKit

public struct Data: Codable, CustomStringConvertible {
  public var description: String { "no binary data in this build" }

  public init?(base64Encoded: String) { return nil }

  public func base64EncodedString() -> String { "" }
}

public struct Date: Codable {}

public struct DateComponents {
  public var year, month, day, hour, minute, second, nanosecond: Int?

  public init(
    calendar: Calendar? = nil, year: Int? = nil, month: Int? = nil, day: Int? = nil,
    hour: Int? = nil, minute: Int? = nil, second: Int? = nil, nanosecond: Int? = nil
  ) {}
}

public struct Calendar {
  public enum Component { case year, month, day, hour, minute, second, nanosecond }

  public static var current: Calendar { Calendar() }

  public func dateComponents(_ components: Set<Component>, from date: Date) -> DateComponents {
    DateComponents()
  }

  public func date(from components: DateComponents) -> Date? { nil }
}
