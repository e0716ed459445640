#!/usr/bin/env python3
"""Whole sessions measured from outside: wake-up against cyclictest, resources, loss.

Runs the built `acquire` as a user would and reads its report. Needs root or the right to
SCHED_FIFO, and cyclictest (Debian: rt-tests). Only Python's standard library.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

from machine import conditions


def session(acquire, folder, *options):
    """One `acquire run`: its report, and the CPU seconds and peak memory the kernel counted."""
    path = os.path.join(folder, "report.json")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        [acquire, "run", "--quiet", "--output", folder, "--report", path, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        sys.exit(f"acquire run {' '.join(options)} ended with {result.returncode}: {result.stderr}")
    with open(path) as file:
        report = json.load(file)
    report["cpuSeconds"] = (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return report


def cyclictest(cpu, seconds):
    """p50 and p99 of cyclictest's wake-up in nanoseconds, from its histogram (bin centres)."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        subprocess.run(
            ["cyclictest", "--mlockall", "--priority=80", "--interval=1000",
             f"--affinity={cpu}", f"--duration={seconds}", "--quiet", "--histogram=20000",
             f"--histfile={file.name}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    bins = [(int(us), int(count)) for us, count in rows if int(count) > 0]
    total = sum(count for _, count in bins)

    def quantile(q):
        seen = 0
        for microseconds, count in bins:
            seen += count
            if seen >= q * total:
                # Within the bin in proportion: cyclictest cuts to whole microseconds.
                inside = (q * total - (seen - count)) / count
                return (microseconds + inside) * 1000
        return float("nan")

    return quantile(0.5), quantile(0.99)


def wake(acquire, rounds, seconds):
    print(f"1 kHz wake-up of the acquisition thread, SCHED_FIFO 80, {rounds} alternated runs "
          f"of {seconds} s")
    cpu = max(os.sched_getaffinity(0))
    ours, theirs = [], []
    for turn in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            def measure_ours():
                report = session(
                    acquire, folder, "--rate", "1000", "--duration", f"{seconds}s",
                    "--set", f"realtime.acquisition-cpu={cpu}")
                stage = report["stages"]["edgeToWake"]
                ours.append((stage["p50"], stage["p99"]))

            def measure_theirs():
                theirs.append(cyclictest(cpu, seconds))

            # Each goes first as often as the other.
            order = [measure_ours, measure_theirs]
            for measure in order if turn % 2 == 0 else reversed(order):
                measure()
    for index, name in enumerate(["p50", "p99"]):
        a = [pair[index] / 1000 for pair in ours]
        b = [pair[index] / 1000 for pair in theirs]
        ratio = statistics.median(a) / statistics.median(b)
        low, high = interval(a, b)
        print(f"  {name}  acquire {statistics.median(a):7.2f} µs ({min(a):.2f}…{max(a):.2f})   "
              f"cyclictest {statistics.median(b):7.2f} µs ({min(b):.2f}…{max(b):.2f})   "
              f"ratio {ratio:.3f} (95 %: {low:.3f}…{high:.3f})")
    print()


def interval(ours, theirs, draws=2000):
    """95 % bootstrap interval of the ratio of the medians; rounds are drawn as pairs."""
    draw = random.Random(1)
    pairs = list(zip(ours, theirs))
    ratios = []
    for _ in range(draws):
        chosen = draw.choices(pairs, k=len(pairs))
        ratios.append(statistics.median(a for a, _ in chosen)
                      / statistics.median(b for _, b in chosen))
    ratios.sort()
    return ratios[int(0.025 * draws)], ratios[int(0.975 * draws)]


def footprint(acquire, seconds):
    print(f"acquire run, 250 samples a second × 8 channels, {seconds} s")
    with tempfile.TemporaryDirectory() as folder:
        report = session(acquire, folder, "--duration", f"{seconds}s")
    duration = report["durationNanoseconds"] / 1e9
    print(f"  CPU {report['cpuSeconds'] / duration * 100:.2f} % of one core "
          f"(start included), resident {report['residentBytes'] / 1e6:.1f} MB")
    print(f"  frames {report['frames']}, lost {report['lost']}, late {report['late']}, "
          f"heap calls {report['mallocsAfterArming']}, "
          f"page faults {report['pageFaultsAfterArming']}")
    for stage in ["edgeToWake", "edgeToCommand"]:
        s = report["stages"][stage]
        print(f"  {stage:14} p50 {s['p50'] / 1000:8.1f} µs  p99 {s['p99'] / 1000:8.1f} µs  "
              f"p99.9 {s['p99_9'] / 1000:8.1f} µs  max {s['max'] / 1000:8.1f} µs")
    print()


def flood(acquire, seconds):
    print(f"16 000 samples a second × 8 channels, {seconds} s, both clocks of the model")
    for clock in ["held", "free-running"]:
        with tempfile.TemporaryDirectory() as folder:
            report = session(
                acquire, folder, "--rate", "16000", "--clock", clock,
                "--duration", f"{seconds}s")
        duration = report["durationNanoseconds"] / 1e9
        print(f"  {clock:13} frames {report['frames']}, lost {report['lost']}, "
              f"late {report['late']}, not decoded {report['undecoded']}, "
              f"not stored {report['samplesNotStored']}, "
              f"CPU {report['cpuSeconds'] / duration * 100:.1f} %")
    print("  (held keeps the conversions of a late host; free-running loses them, as a chip does)")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("acquire", help="path of the release binary")
    parser.add_argument("what", nargs="?", default="all",
                        choices=["all", "wake", "footprint", "flood"])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--soak", type=int, default=60, help="seconds of the footprint run")
    arguments = parser.parse_args()
    conditions()
    if arguments.what in ("all", "wake"):
        if not shutil.which("cyclictest"):
            sys.exit("cyclictest is missing: apt install rt-tests")
        wake(arguments.acquire, arguments.rounds, arguments.seconds)
    if arguments.what in ("all", "footprint"):
        footprint(arguments.acquire, arguments.soak)
    if arguments.what in ("all", "flood"):
        flood(arguments.acquire, arguments.seconds)


if __name__ == "__main__":
    main()
