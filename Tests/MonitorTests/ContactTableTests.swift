import Monitor
import Signal
import Testing

private let rows = [
  ContactRow(label: "C3", reading: .measured(ohms: 5_021, uncertainty: 114), grade: .good),
  ContactRow(label: "Cz", reading: .below(ohms: 96), grade: .good),
  ContactRow(label: "C4", reading: .measured(ohms: 12_345, uncertainty: 99.9), grade: .fair),
  ContactRow(label: "CP3", reading: .drowned(uncertainty: 250_000), grade: .unknown),
  ContactRow(label: "CP4", reading: .open, grade: .off),
]

@Suite("Contact table")
struct ContactTableTests {
  @Test("a page has a number, its uncertainty, and a word for each electrode; no escape codes")
  func page() {
    let page = ContactTable(isColoured: false, columns: nil).page(rows)
    #expect(
      page == """
        electrode         kΩ        ±   contact
        C3              5.02     0.11   ● good
        Cz            < 0.10            ● good
        C4              12.3     0.10   ● fair
        CP3                –      250   ● unknown  drowned by EEG, mains or movement
        CP4                –            ● off      the current finds no way

        """)
  }

  @Test(
    "on a terminal it is painted over itself, each line cut to the width, lights and words kept")
  func repaint() {
    var table = ContactTable(isColoured: true, columns: 50)
    let first = table.repaint(rows, note: String(repeating: "n", count: 80))
    let second = table.repaint(rows)
    #expect(!first.hasPrefix("\u{1B}[7A") && second.hasPrefix("\u{1B}[7A"))
    #expect(first.contains("\u{1B}[32m●\u{1B}[0m good"))
    #expect(first.contains("\u{1B}[90m●\u{1B}[0m unknown"))
    // A shorter table goes back over what is there now.
    #expect(table.repaint(Array(rows.prefix(2))).hasPrefix("\u{1B}[6A"))
    for line in (first + second).split(separator: "\n") {
      let plain = line.replacing(/\u{1B}\[[0-9;]*[A-Zm]|\r/, with: "")
      #expect(plain.count < 50, "\(plain.count): \(plain)")
    }
    for word in ["good", "fair", "unknown", "off"] { #expect(second.contains(word)) }
  }

  @Test("programs get a number only where there is one, and null otherwise")
  func json() {
    #expect(
      rows[0].json.line
        == #"{"label":"C3","ohms":5021.0,"uncertaintyOhms":114.0,"limitOhms":null,"#
        + #""state":"measured","grade":"good"}"#)
    #expect(rows[1].json.line.contains(#""ohms":null,"uncertaintyOhms":null,"limitOhms":96.0"#))
    for (reading, state) in [
      (ImpedanceReading.settling, "settling"), (.saturated, "saturated"), (.open, "open"),
    ] {
      let line = ContactRow(label: "C3", reading: reading, grade: .unknown).json.line
      #expect(line.contains(#""ohms":null"#) && line.contains(#""state":"\#(state)""#))
    }
  }

  @Test("whatever gives no number says why")
  func remarks() {
    for reading: ImpedanceReading in [
      .settling, .lessThanSeries(ohms: -9, uncertainty: 1), .drowned(uncertainty: 1), .saturated,
      .open,
    ] {
      #expect(!ContactRow(label: "C3", reading: reading, grade: .unknown).remark.isEmpty)
    }
    #expect(
      ContactRow(label: "C3", reading: .open, grade: .unknown).remark
        != ContactRow(label: "C3", reading: .open, grade: .off).remark)
    #expect(rows[0].remark.isEmpty && rows[1].remark.isEmpty)
  }
}
