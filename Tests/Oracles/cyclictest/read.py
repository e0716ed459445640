"""Reads what cyclictest prints, by regular expressions, and prints what it found as JSON.

read.py text|json|osadl: the output on standard input. `osadl` reads a histogram as OSADL's plotting
scripts do, with grep and tr, and prints its columns.
"""

import json
import re
import subprocess
import sys

THREAD = re.compile(
    r"^(?:\x1b\[\d+A)?T:\s*(\d+) \(\s*(\d+)\) P:\s*(\d+) I:(\d+) C:\s*(\d+) "
    r"Min:\s*(-?\d+) Act:\s*(-?\d+) Avg:\s*(-?\d+) Max:\s*(-?\d+)$")
SPIKE = re.compile(r"^T:\s*(\d+) Spike:\s*(\d+): TS:\s+(\d+)$")
STREAM = re.compile(r"^\s*(\d+):\s*(\d+):\s*(-?\d+)$")
ROW = re.compile(r"^(\d{6,}) (\d{6,}(?:\t\d{6,})*)$")
LATENCY = re.compile(r"^# /dev/cpu_dma_latency set to (\d+)us$")
FOOTER = re.compile(
    r"^# (Total|Min Latencies|Avg Latencies|Max Latencies|Histogram Overflows|Thread Ids"
    r"|Break thread|Break value):((?: -?\d+)*)$")
CYCLES = re.compile(r"^# Thread \d+:((?: \d+)*)(?: # (\d+) others)?$")
OTHER = re.compile(
    r"^(\x1b\[\d+A)?policy: |^(Max|Online) CPUs = |^Thread \d+ |^Using |^WARN: |^#|^$")


def integers(text):
    return [int(word) for word in text.split()]


def text(lines):
    threads, found = {}, {
        "threads": [], "rows": [], "total": [], "minima": [], "averages": [], "maxima": [],
        "overflows": [], "overflowCycles": [], "spikes": [], "spikeCount": 0, "stream": [],
        "threadIDs": [], "breakThread": 0, "breakValue": 0, "latencyMicroseconds": -1,
        "strange": []}
    names = {
        "Total": "total", "Min Latencies": "minima", "Avg Latencies": "averages",
        "Max Latencies": "maxima", "Histogram Overflows": "overflows", "Thread Ids": "threadIDs"}
    for line in lines:
        if match := THREAD.match(line):
            number, *values = map(int, match.groups())
            keys = ["id", "priority", "interval", "cycles", "min", "last", "avg", "max"]
            threads[number] = dict(zip(keys, values))
        elif match := SPIKE.match(line):
            found["spikes"].append(
                dict(zip(["thread", "value", "microseconds"], map(int, match.groups()))))
        elif match := STREAM.match(line):
            found["stream"].append(
                dict(zip(["thread", "cycle", "value"], map(int, match.groups()))))
        elif match := ROW.match(line):
            if int(match[1]) != len(found["rows"]):
                found["strange"].append(line)
            else:
                found["rows"].append(integers(match[2]))
        elif match := LATENCY.match(line):
            found["latencyMicroseconds"] = int(match[1])
        elif match := CYCLES.match(line):
            found["overflowCycles"].append(
                {"cycles": integers(match[1]), "others": int(match[2] or 0)})
        elif match := FOOTER.match(line):
            values = integers(match[2])
            if match[1] in names:
                found[names[match[1]]] = values
            else:
                found["breakThread" if match[1] == "Break thread" else "breakValue"] = values[0]
        elif match := re.match(r"^spikes = (\d+)$", line):
            found["spikeCount"] = int(match[1])
        elif not OTHER.match(line):
            found["strange"].append(line)
    found["threads"] = [threads[number] for number in sorted(threads)]
    return found


def file(whole):
    seen = json.loads(whole)
    assert seen["file_version"] == 1
    system = seen["sysinfo"]
    return {
        "commandLine": seen["cmdline:"], "version": seen["rt_test_version:"],
        "start": seen["start_time"], "end": seen["end_time"], "returnCode": seen["return_code"],
        "system": [system[key] for key in ["sysname", "nodename", "release", "version", "machine"]],
        "isRealTime": system["realtime"], "threadCount": seen["num_threads"],
        "isInNanoseconds": seen["resolution_in_ns"], "threads": seen["thread"]}


def osadl(whole):
    columns = subprocess.run(
        "grep -v -e '^#' -e '^$' | tr ' ' '\\t'", shell=True, input=whole, text=True,
        capture_output=True, check=True).stdout
    maximum = subprocess.run(
        "grep 'Max Latencies' | tr ' ' '\\n' | sort -n | tail -1 | sed s/^0*//", shell=True,
        input=whole, text=True, capture_output=True, check=True).stdout
    return {
        "rows": [[int(cell) for cell in row.split("\t")] for row in columns.splitlines()],
        "maximum": int(maximum)}


whole = sys.stdin.read()
kind = sys.argv[1]
answer = {
    "text": lambda: text(whole.split("\n")), "json": lambda: file(whole),
    "osadl": lambda: osadl(whole)}[kind]()
print(json.dumps(answer))
