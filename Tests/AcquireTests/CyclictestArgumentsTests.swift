import ArgumentParser
import RT
import Testing

@testable import Acquire

@Suite("cyclictest's command line")
struct CyclictestArgumentsTests {
  @Test(
    "words are read by getopt's rules",
    arguments: [
      ("", ""),
      ("-p80", "--priority=80"),
      ("-p 80", "--priority=80"),
      ("--priority=95", "--priority=95"),
      ("--priority 95", "--priority=95"),
      ("--prior 95", "--priority=95"),
      ("-l100000", "--loops=100000"),
      (
        "-Smp90 -i200 -h400 -q",
        "--smp --mlockall --priority=90 --interval=200 --histogram=400 --quiet"
      ),
      ("-Sp90 -i200 -l100000", "--smp --priority=90 --interval=200 --loops=100000"),
      ("-m -S -p 80 -i 1000 -q", "--mlockall --smp --priority=80 --interval=1000 --quiet"),
      ("-a", "--affinity=all"),
      ("-a -t", "--affinity=all --threads=all"),
      ("-at", "--affinity=t"),
      ("-a1", "--affinity=1"),
      ("-a 2-3,5", "--affinity=2-3,5"),
      ("-a !1 -q", "--affinity=!1 --quiet"),
      ("--affinity=2", "--affinity=2"),
      ("--affinity 2", "--affinity=2"),
      ("--affinity -q", "--affinity=all --quiet"),
      ("-t4", "--threads=4"),
      ("-t 4", "--threads=4"),
      ("-t -a 0", "--threads=all --affinity=0"),
      ("--threads=2 -N", "--threads=2 --nsecs"),
      ("-mqt", "--mlockall --quiet --threads=all"),
      ("-H40 --histfile=x", "--histofall=40 --histfile=x"),
      ("-p -5", "--priority=-5"),
      ("-D 5m -v -M -u", "--duration=5m --verbose --refresh_on_max --unbuffered"),
      ("--policy=rr --priospread", "--policy=rr --priospread"),
      ("--spike=10 --spike-nodes 3", "--spike=10 --spike-nodes=3"),
      ("--json=a=b", "--json=a=b"),
      ("-b100 --tracemark -d0 -c0", "--breaktrace=100 --tracemark --distance=0 --clock=0"),
      ("--chain futex --runtime 1ms", "--chain=futex --runtime=1ms"),
      ("--help", "--help"),
      ("-q --", "--quiet"),
    ])
  func words(typed: String, expected: String) throws {
    let words = typed.split(separator: " ").map(String.init)
    let rewritten = try CyclictestArguments.rewritten(words)
    #expect(rewritten.joined(separator: " ") == expected)
  }

  @Test(
    "what is no option, or lacks its value, is refused with exit code 64 and its name",
    arguments: [
      ("-n", "-n"), ("-mn", "-n"), ("--nanosleep", "--nanosleep"), ("-z", "-z"),
      ("--bogus", "--bogus"), ("--prio 80", "--priority or --priospread"), ("-p", "-p"),
      ("--interval", "--interval"), ("--quiet=1", "--quiet"), ("extra", "extra"),
      ("-q words", "words"), ("-q -- words", "words"), ("-", "-"), ("--=3", "--"),
      ("-r", "-r"), ("-x", "-x"), ("--smi", "--smi"), ("-o 3", "-o"), ("-F pipe", "-F"),
    ])
  func refused(typed: String, named: String) {
    let words = typed.split(separator: " ").map(String.init)
    let fault = #expect(throws: Failure.self) { _ = try CyclictestArguments.rewritten(words) }
    #expect(fault?.status == .usage && fault?.sentence.contains(named) == true)
  }

  @Test("no option stands twice, and every one of them is taken by the command")
  func table() throws {
    let options = CyclictestArguments.options
    #expect(Set(options.map(\.long)).count == options.count)
    let shorts = options.compactMap(\.short) + CyclictestArguments.refused.compactMap(\.short)
    #expect(Set(shorts).count == shorts.count)
    let values = [
      "policy": "rr", "affinity": "0", "mainaffinity": "0", "chain": "futex", "clock": "0",
      "json": "x", "report": "x.json", "histfile": "x", "tracing-folder": "x",
    ]
    for option in options where option.long != "help" && option.long != "version" {
      let word =
        option.value == .none
        ? "--\(option.long)" : "--\(option.long)=\(values[option.long] ?? "1")"
      #expect(throws: Never.self, "\(word)") { _ = try Jitter.parse([word]) }
    }
  }
}

@Suite("The plan of a jitter run")
struct JitterPlanTests {
  private func plan(_ typed: String, cpus: [Int] = [0, 1, 2, 3]) throws -> JitterPlan {
    let words = typed.split(separator: " ").map(String.init)
    return try JitterPlan(
      Jitter.parse(CyclictestArguments.rewritten(words)), allowedCPUs: cpus)
  }

  @Test("without options it is a valid test: FIFO 80 on the highest CPU, idle states held off")
  func plain() throws {
    let found = try plan("")
    #expect(
      found.threads == [
        .init(policy: .fifo(priority: 80), priority: 80, cpu: 3, period: .milliseconds(1))
      ])
    #expect(found.latencyMicroseconds == 0 && found.loops == 0 && found.duration == nil)
    #expect(try plan("--default-system").latencyMicroseconds == nil)
    #expect(try plan("--laptop").latencyMicroseconds == nil)
    #expect(try plan("--latency 30").latencyMicroseconds == 30)
    #expect(try plan("--default-system").remarks == plan("--laptop").remarks)
    #expect(try plan("--laptop").remarks.count == 1)
  }

  @Test("thresholds are in the run's unit, as cyclictest's are")
  func thresholds() throws {
    let found = try plan("-b 500 --spike 7")
    #expect(found.breakAbove == .microseconds(500) && found.spikeAbove == .microseconds(7))
    let exact = try plan("-N -b 500 --spike 7")
    #expect(exact.breakAbove == Nanoseconds(500) && exact.spikeAbove == Nanoseconds(7))
  }

  @Test("-S has a thread on each CPU, 500 µs apart unless there is a histogram")
  func smp() throws {
    let found = try plan("-Sp90 -i200")
    #expect(found.threads.map(\.cpu) == [0, 1, 2, 3])
    #expect(found.threads.map(\.period.rawValue) == [200_000, 700_000, 1_200_000, 1_700_000])
    #expect(found.threads.allSatisfy { $0.policy == .fifo(priority: 90) })
    #expect(try plan("-S -h 50").threads.allSatisfy { $0.period == .milliseconds(1) })
    #expect(try plan("-S -d 0").threads.allSatisfy { $0.period == .milliseconds(1) })
    #expect(try plan("-S -h 50 -d 100").remarks.count == 1)
  }

  @Test("threads take the CPUs of a set in turn, and none where there is none")
  func affinity() throws {
    #expect(try plan("-t").threads.map(\.cpu) == [nil, nil, nil, nil])
    #expect(try plan("-t3 -a 1,3").threads.map(\.cpu) == [1, 3, 1])
    #expect(try plan("-t 5 -a 3-5,0").threads.map(\.cpu) == [0, 3, 4, 5, 0])
    #expect(try plan("-a !0 -t").threads.map(\.cpu) == [1, 2, 3])
    #expect(try plan("-a").threads.map(\.cpu) == [0])
    #expect(try plan("-t 2 --priospread -p 1").threads.map(\.priority) == [1, 1])
    #expect(try plan("-t 3 --priospread").threads.map(\.priority) == [80, 79, 78])
  }

  @Test("policies are cyclictest's, and a priority without one that has it means FIFO")
  func policies() throws {
    #expect(try plan("--policy normal").threads[0].policy == .other)
    #expect(try plan("--policy rr -p 5").threads[0].policy == .roundRobin(priority: 5))
    #expect(try plan("--policy idle").threads[0].priority == 0)
    let odd = try plan("-p 80 --policy other")
    #expect(odd.threads[0].policy == .fifo(priority: 80))
    #expect(odd.remarks == ["policy and priority don't match: setting policy to SCHED_FIFO"])
    let deadline = try plan("--policy deadline --runtime 100us -i 2ms").threads[0]
    #expect(
      deadline.policy
        == .deadline(
          runtime: .microseconds(100), deadline: .milliseconds(2), period: .milliseconds(2)))
    #expect(deadline.cpu == nil)
  }

  @Test(
    "an interval without a unit is microseconds, a duration seconds",
    arguments: [
      ("-i 200", 200_000), ("-i 62500ns", 62_500), ("-i 1ms", 1_000_000), ("-i 1.5ms", 1_500_000),
    ])
  func interval(typed: String, expected: Int64) throws {
    #expect(try plan(typed).threads[0].period.rawValue == expected)
    let found = try plan(typed + " -D 2")
    #expect(found.duration == .seconds(2))
    #expect(found.periodLimit(found.threads[0]) == 2_000_000_000 / expected)
  }

  @Test(
    "values out of range and options at odds are refused with exit code 64",
    arguments: [
      "-p 0", "-p 99", "-p 120", "-p -5", "-i 9", "-i 9999ns", "-i 2h", "-h 0", "-h 1000001",
      "-H 0", "-l -1", "-d -1", "-d 1000001", "-b 0", "-b -3 ", "--spike 0",
      "--spike 3 --spike-nodes 0", "-t 0", "-t 1025", "--latency -1", "-c 1", "-c 2",
      "--histfile x", "--tracemark", "--spike-nodes 3", "--runtime 1ms",
      "--policy deadline -p 3", "--policy deadline -a 1", "--policy deadline -S",
      "--policy deadline --runtime 2ms", "--policy deadline --runtime 1ns",
      "--default-system --latency 3", "--laptop --latency 3", "--policy other --priospread",
      "--soak", "--soak --report x.svg", "--report x", "--report x.png", "--chain futex -h 3",
      "--chain futex -S", "--chain futex --json x", "--chain futex --soak --report x.json",
      "--soak -v --report x.json", "--soak --report /dev/stderr", "--chain futex -M",
      "--chain futex -d 0", "-a !0-3", "--mainaffinity !0-3", "--state-every 1", "--slot 1",
      "--tracing-folder x",
    ])
  func senseless(typed: String) {
    let fault = #expect(throws: Failure.self) { _ = try plan(typed) }
    #expect(fault?.status == .usage && fault?.sentence.isEmpty == false)
  }

  @Test(
    "what is no value at all is refused by the parser",
    arguments: [
      "-p high", "-i fast", "-i -1", "-a 1-", "-a 3-1", "-a1,,2", "-a 99999", "-tmany", "-D soon",
      "-D 0", "--policy best", "--chain pipe", "-h many",
    ])
  func malformed(typed: String) throws {
    let words = try CyclictestArguments.rewritten(typed.split(separator: " ").map(String.init))
    #expect(throws: (any Error).self) { _ = try Jitter.parse(words) }
  }
}
