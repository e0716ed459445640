// One kind of amplifier that streams packets, set up as a person wants it: a value that the file of
// the amplifier makes, and that nothing else needs to know more about.

public import RT
public import Signal

/// What `PacketAmplifier` needs to know of an amplifier.
public struct AmplifierProfile: Sendable {
  /// The word of the configuration: "cyton".
  public var kind: String
  /// As a person says it: "OpenBCI Cyton".
  public var name: String
  public var usb: USBIdentity
  /// Of its serial line.
  public var baud: UInt32
  public var format: PacketFormat
  public var montage: Montage
  public var auxiliaries: [AuxiliarySignal]
  /// What each alarm of the format means to a person: "its battery is low: charge it".
  public var alarmTexts: [String]
  public var groupDelay: Nanoseconds
  public var delays: [StructuralDelay]
  /// Of the whole device; a frame may take two.
  public var packetsPerSecond: Double
  /// Makes it stream, and stop; empty: it streams as long as it has power.
  public var startMessage: [UInt8]
  public var stopMessage: [UInt8]
  /// What else is said before the line is closed, so that no current is left on.
  public var restMessages: [[UInt8]]
  /// What counts and converts has a power of its own: it goes on while the plug is out.
  public var outlivesItsPlug: Bool
  /// Of a session that takes what has come once in a while.
  var gathering = Gathering()
  /// Talks to the firmware until it is as the configuration says. Not called when the device is
  /// found streaming on after its plug was out. Returns its version; nil where it says none.
  var prepare: @Sendable (inout LineConversation) throws(AmplifierFault) -> String?
  /// Why these bytes hold no packets, in words that help.
  var explain: @Sendable ([UInt8]) -> String

  init(
    kind: String, name: String, usb: USBIdentity, baud: UInt32, format: PacketFormat,
    montage: Montage, packetsPerSecond: Double, auxiliaries: [AuxiliarySignal] = [],
    alarmTexts: [String] = [],
    groupDelay: Nanoseconds = .zero, delays: [StructuralDelay] = [],
    startMessage: [UInt8] = [], stopMessage: [UInt8] = [], restMessages: [[UInt8]] = [],
    outlivesItsPlug: Bool = false,
    prepare: @escaping @Sendable (inout LineConversation) throws(AmplifierFault) -> String? = {
      _ in nil
    },
    explain: @escaping @Sendable ([UInt8]) -> String
  ) {
    precondition(format.channelCount == montage.channels.count, "a channel for each count")
    precondition(format.auxiliaryCount == auxiliaries.count, "a name for each word")
    precondition(format.alarmCount == alarmTexts.count, "a sentence for each alarm")
    precondition(startMessage.count <= 512 && stopMessage.count <= 512, "messages fit a transfer")
    self.kind = kind
    self.name = name
    self.usb = usb
    self.baud = baud
    self.format = format
    self.montage = montage
    self.packetsPerSecond = packetsPerSecond
    self.auxiliaries = auxiliaries
    self.alarmTexts = alarmTexts
    self.groupDelay = groupDelay
    self.delays = delays
    self.startMessage = startMessage
    self.stopMessage = stopMessage
    self.restMessages = restMessages
    self.outlivesItsPlug = outlivesItsPlug
    self.prepare = prepare
    self.explain = explain
  }
}
