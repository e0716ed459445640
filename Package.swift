// swift-tools-version: 6.3
import PackageDescription

// Every Swift target: Swift 6 language mode, unsafe constructs spelled out, warnings refused.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=gnu17"])]

// A target may import any floor below its own, never its own floor, never above:
// `swift build --explicit-target-dependency-import-check error` keeps it so.
let package = Package(
  name: "acquire",
  products: [
    .executable(name: "acquire", targets: ["Acquire"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
  ],
  targets: [
    // Floor 0: C. One call in, -errno out, no policy.
    .target(name: "SPIShim", cSettings: strictC, linkerSettings: [.linkedLibrary("gpiod")]),
    .target(name: "USBShim", cSettings: strictC, linkerSettings: [.linkedLibrary("usb-1.0")]),
    .target(name: "MathShim", cSettings: strictC, linkerSettings: [.linkedLibrary("m")]),
    .target(name: "HeapCounter", cSettings: strictC),
    // A recording inside the binary; C23 for #embed.
    .target(
      name: "SampleFeed", exclude: ["motor-imagery-8ch-250hz.bdf", "ATTRIBUTION.md"],
      cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=gnu23"])]),

    // Floor 1: Linux without EEG.
    .target(name: "RT", dependencies: ["SPIShim"], swiftSettings: strict),

    // Floor 2: EEG without I/O.
    .target(name: "Signal", dependencies: ["RT", "MathShim"], swiftSettings: strict),

    // Floor 3: seven subjects, blind to one another.
    .target(
      name: "Amplifiers", dependencies: ["SPIShim", "USBShim", "MathShim", "RT", "Signal"],
      swiftSettings: strict),
    .target(name: "Decoding", dependencies: ["MathShim", "RT", "Signal"], swiftSettings: strict),
    .target(
      name: "Exoskeleton", dependencies: ["SPIShim", "MathShim", "RT", "Signal"],
      swiftSettings: strict),
    .target(name: "Emulators", dependencies: ["SPIShim", "RT", "Signal"], swiftSettings: strict),
    .target(name: "Recording", dependencies: ["SPIShim", "RT", "Signal"], swiftSettings: strict),
    .target(
      name: "Monitor", dependencies: ["SPIShim", "MathShim", "RT", "Signal"],
      swiftSettings: strict),
    .target(name: "Doctor", dependencies: ["SPIShim", "RT"], swiftSettings: strict),

    // Floor 4: the program.
    .executableTarget(
      name: "Acquire",
      dependencies: [
        "HeapCounter", "SampleFeed", "SPIShim", "RT", "Signal", "Amplifiers", "Decoding",
        "Emulators", "Exoskeleton", "Recording", "Monitor", "Doctor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),

    // Figures: one file for each question, and a peer beside it where there is one.
    .executableTarget(
      name: "benchmarks",
      dependencies: ["HeapCounter", "RT", "Signal", "Amplifiers", "Decoding", "Exoskeleton"],
      path: "Benchmarks",
      exclude: ["peers", "sessions.py", "amplifiers.py", "jitter.py", "machine.py"],
      swiftSettings: [.swiftLanguageMode(.v6)]),

    // Tests: one target for each target, and what they share.
    .target(
      name: "TestSupport", dependencies: ["HeapCounter"], path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(
      name: "RTTests", dependencies: ["RT", "SPIShim", "HeapCounter", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SignalTests", dependencies: ["Signal", "RT", "HeapCounter", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AmplifiersTests",
      dependencies: [
        "Amplifiers", "Emulators", "SPIShim", "HeapCounter", "Signal", "RT", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DecodingTests",
      dependencies: ["Decoding", "SampleFeed", "HeapCounter", "Signal", "RT", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ExoskeletonTests",
      dependencies: [
        "Exoskeleton", "Emulators", "SPIShim", "HeapCounter", "Signal", "RT", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EmulatorsTests",
      dependencies: ["Emulators", "SPIShim", "Signal", "RT", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RecordingTests", dependencies: ["Recording", "Signal", "RT", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "MonitorTests", dependencies: ["Monitor", "Signal", "RT", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "DoctorTests", dependencies: ["Doctor", "RT", "TestSupport"],
      exclude: ["Machines"], swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "AcquireTests",
      dependencies: [
        "Acquire", "Amplifiers", "Emulators", "Signal", "RT", "Recording", "Decoding",
        "Exoskeleton", "Doctor", "TestSupport",
      ],
      swiftSettings: strict),
  ]
)

// `make test-tsan`: the threads alone under ThreadSanitizer, which needs a build of its own. The
// other targets have no threads, and Swift 6.3.1 crashes on the optimised Exoskeleton under it.
if Context.environment["ACQUIRE_TSAN"] == "1" {
  let threaded: Set = ["SPIShim", "HeapCounter", "RT", "TestSupport", "RTTests"]
  package.targets.removeAll { !threaded.contains($0.name) }
  package.products = []
  package.dependencies = []
}

// `make fuzz`: the parsers under libFuzzer and AddressSanitizer, in a build of its own.
if Context.environment["ACQUIRE_FUZZ"] == "1" {
  let parser: Set = [
    "SPIShim", "USBShim", "MathShim", "RT", "Signal", "Amplifiers", "Exoskeleton",
  ]
  package.targets.removeAll { !parser.contains($0.name) }
  package.targets.append(
    .executableTarget(
      name: "FrameFuzzer", dependencies: ["Amplifiers", "Signal"], path: "Tests",
      sources: ["Fuzz/FrameFuzzer.swift", "AmplifiersTests/FrameCase.swift"],
      swiftSettings: strict))
  package.targets.append(
    .executableTarget(
      name: "StreamFuzzer", dependencies: ["Amplifiers", "RT", "Signal"], path: "Tests",
      sources: ["Fuzz/StreamFuzzer.swift", "AmplifiersTests/StreamCase.swift"],
      swiftSettings: strict))
  package.targets.append(
    .executableTarget(
      name: "DriveFuzzer", dependencies: ["Exoskeleton", "RT"], path: "Tests",
      sources: ["Fuzz/DriveFuzzer.swift"]
        + ["AnsweringDrive", "CaseFormats", "CaseScript", "DriveCase", "WireMotion"].map {
          "ExoskeletonTests/\($0).swift"
        },
      swiftSettings: strict))
  package.products = []
  package.dependencies = []
}

// `make storm`: the governor's random lives by the million, optimised, in a build of its own.
if Context.environment["ACQUIRE_STORM"] == "1" {
  let governor: Set = ["SPIShim", "MathShim", "RT", "Signal", "Exoskeleton"]
  package.targets.removeAll { !governor.contains($0.name) }
  package.targets.append(
    .executableTarget(
      name: "GovernorStorm", dependencies: ["Exoskeleton", "RT"], path: "Tests",
      sources: ["Fuzz/GovernorStorm.swift", "ExoskeletonTests/GovernorCase.swift"],
      swiftSettings: strict))
  package.products = []
  package.dependencies = []
}
