#!/usr/bin/env python3
"""`acquire jitter` and cyclictest, alternated on the same CPU: do they say the same?

Both run with the same options and write their histogram in the same format; p50 and p99 are read
from both by the same code. Needs root or the right to SCHED_FIFO, and cyclictest (Debian:
rt-tests). On an idle machine only: what else runs is measured, too. Only Python's standard library.

    Benchmarks/jitter.py .build/release/acquire --rounds 20 --seconds 10
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from machine import conditions
from sessions import interval

BINS = 20_000


def measure(words, cpu, seconds, microseconds):
    """p50, p99 and the worst in microseconds, and wake-ups; from the histogram and its footer."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        subprocess.run(
            words + ["-m", "-p80", f"-i{microseconds}", f"-a{cpu}", f"-D{seconds}", "-q",
                     f"-h{BINS}", f"--histfile={file.name}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = file.read().splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    bins = [(int(bin), int(count)) for bin, count in rows if int(count) > 0]
    footer = dict(line[2:].split(":", 1) for line in lines if line.startswith("# ") and ":" in line)
    total = sum(count for _, count in bins) + int(footer["Histogram Overflows"])

    def quantile(share):
        seen = 0
        for bin, count in bins:
            seen += count
            if seen >= share * total:
                # Within the bin in proportion: both cut to whole microseconds.
                return bin + (share * total - (seen - count)) / count
        return float("nan")

    return quantile(0.5), quantile(0.99), float(footer["Max Latencies"]), total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("acquire", help="the built program")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--interval", type=int, default=1_000, metavar="US")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if not shutil.which("cyclictest"):
        sys.exit("cyclictest is missing: apt-get install rt-tests")
    conditions()
    print(f"SCHED_FIFO 80 on CPU {options.cpu}, every {options.interval} µs, {options.rounds} "
          f"alternated pairs of {options.seconds} s")
    tools = {"acquire": [options.acquire, "jitter"], "cyclictest": ["cyclictest"]}
    found = {name: [] for name in tools}
    for turn in range(options.rounds):
        # Each goes first as often as the other.
        for name in sorted(tools, reverse=turn % 2 == 1):
            found[name].append(
                measure(tools[name], options.cpu, options.seconds, options.interval))
    print(f"\n{'':6}{'acquire, µs':>28}{'cyclictest, µs':>28}{'ratio':>9}   95 %")
    agrees = True
    for index, name in enumerate(["p50", "p99", "max"]):
        ours, theirs = ([run[index] for run in found[tool]] for tool in tools)
        ratio = statistics.median(ours) / statistics.median(theirs)
        low, high = interval(ours, theirs)
        cells = [f"{statistics.median(values):.2f} ({min(values):.2f}…{max(values):.2f})"
                 for values in (ours, theirs)]
        print(f"{name:6}{cells[0]:>28}{cells[1]:>28}{ratio:9.3f}   {low:.3f}…{high:.3f}")
        agrees = agrees and (name == "max" or 0.9 <= ratio <= 1.1)
    counts = [sum(run[3] for run in found[tool]) for tool in tools]
    print(f"wake-ups: acquire {counts[0]}, cyclictest {counts[1]}")
    print("p50 and p99 agree within 10 %" if agrees else "p50 or p99 differ by more than 10 %")
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
