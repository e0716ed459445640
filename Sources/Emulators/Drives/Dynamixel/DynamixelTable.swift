// The control table's bytes, and which of them may be read and written.
//
// Source: ROBOTIS e-Manual, Protocol 2.0, Status Packet, Error; "XM430-W350", Indirect Address.
// Where the e-Manual leaves it open the stricter answer is given: a block with an undefined address
// in it is refused, to be read as well as to be written.

struct DynamixelTable: Sendable {
  static var byteCount: Int { 662 }

  /// For each address the item that covers it.
  private static let itemOfAddress: [DynamixelRegister?] = {
    var items = [DynamixelRegister?](repeating: nil, count: byteCount)
    for item in DynamixelRegister.allCases {
      for address in item.rawValue..<(item.rawValue + item.size) { items[address] = item }
    }
    return items
  }()

  private var bytes = [UInt8](repeating: 0, count: DynamixelTable.byteCount)

  init() {
    resetEEPROM()
    resetRAM()
  }

  mutating func resetEEPROM() {
    for item in DynamixelRegister.allCases where item.isEEPROM { self[item] = item.layout.initial }
  }

  mutating func resetRAM() {
    for item in DynamixelRegister.allCases where !item.isEEPROM { self[item] = item.layout.initial }
    for block in DynamixelIndirection.all {
      // Each points at its own byte.
      for place in 0..<DynamixelIndirection.count {
        setIndirectAddress(block.addresses + 2 * place, to: block.data + place)
        bytes[block.data + place] = 0
      }
    }
  }

  /// An item's value; where it can be negative two's complement is heeded.
  subscript(item: DynamixelRegister) -> Int64 {
    get { Self.value(bytes[item.rawValue..<(item.rawValue + item.size)], of: item) }
    set {
      for place in 0..<item.size {
        bytes[item.rawValue + place] = UInt8(truncatingIfNeeded: newValue >> Int64(8 * place))
      }
    }
  }

  static func value(_ bytes: some Sequence<UInt8>, of item: DynamixelRegister) -> Int64 {
    var value: Int64 = 0
    for (place, byte) in bytes.enumerated() { value |= Int64(byte) << Int64(8 * place) }
    guard let range = item.layout.range, range.lowerBound < 0 else { return value }
    let unused = Int64(64 - 8 * item.size)
    return (value << unused) >> unused
  }

  /// What stands in a block.
  func read(at address: Int, count: Int) throws(DynamixelError) -> [UInt8] {
    guard count > 0, address >= 0, address + count <= Self.byteCount else { throw .access }
    var out: [UInt8] = []
    for place in address..<(address + count) {
      let target = self.target(of: place)
      guard isDefined(place), isDefined(target) else { throw .access }
      out.append(bytes[target])
    }
    return out
  }

  /// One item with its new value, or a byte that is none of an item.
  enum Change: Equatable, Sendable {
    case item(DynamixelRegister, Int64)
    case indirectAddress(at: Int, to: Int)
    case indirectByte(at: Int, UInt8)
  }

  /// What a block to be written means, item by item; whether the values are allowed is another
  /// question.
  func changes(writing data: [UInt8], at address: Int) throws(DynamixelError) -> [Change] {
    guard !data.isEmpty, address >= 0, address + data.count <= Self.byteCount else { throw .access }
    let targets = data.indices.map { target(of: address + $0) }
    var changes: [Change] = []
    var place = 0
    while place < data.count {
      let target = targets[place]
      guard isDefined(address + place), isDefined(target) else { throw .access }
      let size: Int
      if let item = Self.itemOfAddress[target] {
        size = item.size
        guard item.layout.range != nil else { throw .access }
        let expected = Array(item.rawValue..<(item.rawValue + size))
        guard Array(targets[place...].prefix(size)) == expected else { throw .length }
        changes.append(.item(item, Self.value(data[place..<(place + size)], of: item)))
      } else if let block = Self.block(ofAddress: target) {
        size = 2
        guard (target - block.addresses).isMultiple(of: 2), place + 1 < data.count,
          targets[place + 1] == target + 1
        else { throw .length }
        let redirected = Int(data[place]) | Int(data[place + 1]) << 8
        guard (DynamixelRegister.torqueEnable.rawValue..<Self.byteCount).contains(redirected)
        else { throw .range }
        changes.append(.indirectAddress(at: target, to: redirected))
      } else {
        size = 1
        changes.append(.indirectByte(at: target, data[place]))
      }
      place += size
    }
    return changes
  }

  /// Without any rule of an item's: those are the servo's.
  mutating func apply(_ change: Change) {
    switch change {
    case .item(let item, let value): self[item] = value
    case .indirectAddress(let address, let target): setIndirectAddress(address, to: target)
    case .indirectByte(let address, let byte): bytes[address] = byte
    }
  }

  private mutating func setIndirectAddress(_ address: Int, to target: Int) {
    bytes[address] = UInt8(truncatingIfNeeded: target)
    bytes[address + 1] = UInt8(truncatingIfNeeded: target >> 8)
  }

  /// Where a byte really is.
  private func target(of address: Int) -> Int {
    guard let block = DynamixelIndirection.all.first(where: { $0.dataRange.contains(address) })
    else { return address }
    let place = block.addresses + 2 * (address - block.data)
    return Int(bytes[place]) | Int(bytes[place + 1]) << 8
  }

  private func isDefined(_ address: Int) -> Bool {
    guard address < Self.byteCount else { return false }
    return Self.itemOfAddress[address] != nil || Self.block(ofAddress: address) != nil
      || DynamixelIndirection.all.contains { $0.dataRange.contains(address) }
  }

  private static func block(ofAddress address: Int) -> DynamixelIndirection? {
    DynamixelIndirection.all.first { $0.addressRange.contains(address) }
  }
}
