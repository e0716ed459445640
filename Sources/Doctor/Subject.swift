// What the doctor looks at; docs/doctor.md has a section for each.

public enum Subject: String, Sendable, CaseIterable {
  case preemption
  case realTimeRights = "real-time-rights"
  case realTimeThrottling = "real-time-throttling"
  case memoryLock = "memory-lock"
  case isolation
  case tickless
  case interruptAffinity = "interrupt-affinity"
  case dataReadyInterrupt = "data-ready-interrupt"
  case spiInterrupt = "spi-interrupt"
  case governor
  case idleStates = "idle-states"
  case spiDevice = "spi-device"
  case spiBuffer = "spi-buffer"
  case spiPolling = "spi-polling"
  case gpioChip = "gpio-chip"
  case serialPort = "serial-port"
  case serialLatency = "serial-latency"
  case serialConsole = "serial-console"
  case modemManager = "modem-manager"
  case usbSuspend = "usb-suspend"
  case usbHostController = "usb-host-controller"
  case deviceRules = "device-rules"
  case service
  case clockSource = "clock-source"
  case virtualisation
  case interruptions
  case underVoltage = "under-voltage"
  case temperature
  case swap
  case hugePages = "huge-pages"
  case lockupDetector = "lockup-detector"
  case kernelDebugging = "kernel-debugging"
  case timerMigration = "timer-migration"

  /// In a container it is the host's, with whatever cures it. Of the others some cures are.
  var isOfHost: Bool {
    switch self {
    case .realTimeRights, .memoryLock, .isolation, .spiDevice, .gpioChip, .serialPort, .service,
      .virtualisation, .interruptions:
      false
    default: true
    }
  }

  /// "real-time rights".
  public var title: String { String(rawValue.map { $0 == "-" ? " " : $0 }) }
}
