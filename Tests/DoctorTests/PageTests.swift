// docs/doctor.md against the rules.

import Foundation
import TestSupport
import Testing

@testable import Doctor

@Suite("The doctor's page")
struct PageTests {
  @Test("each subject has a section that says why, what it costs, the cure and the source")
  func sections() throws {
    let text = try String(contentsOfFile: Repository.path("docs/doctor.md"), encoding: .utf8)
    let rules = try #require(text.components(separatedBy: "\n## The rules\n").last)
    let sections = rules.components(separatedBy: "\n### `").dropFirst()
    let titles = sections.map { String($0.prefix { $0 != "`" }) }
    #expect(titles == Subject.allCases.map(\.rawValue))
    for section in sections {
      for word in ["Why", "Costs", "Cure", "Source"] {
        #expect(
          section.components(separatedBy: "\n- **\(word).** ").count == 2,
          "\(word) of \(section.prefix(30))")
      }
    }
  }
}
