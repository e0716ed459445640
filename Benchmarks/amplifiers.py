#!/usr/bin/env python3
"""acquire and BrainFlow on the same emulated Cyton: CPU time, and what each says about losses.

Needs the release binary and a Python that has brainflow (`make .venv/ready`). Each run has an
emulator of its own, whose truth is the judge.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from machine import conditions

CYTON, DAISY = 0, 2
OURS = "acquire record, all threads, every sample on the disk"
GATHERED = "acquire record --gather 100ms, all threads"
# BrainFlow was asked for no file.
UNRECORDED = "acquire record --gather 100ms without recorder, all others"
OUR_DRIVER = "its acquisition thread, every sample at once"
# BrainFlow has no call that waits for a sample: who wants it at once must ask all the time.
THEIRS = {"BrainFlow, asked every 100 ms": 0.1, "BrainFlow, asked every millisecond": 0.001}
# Who delivers as often as whom: samples at once, and samples that wait for up to 100 ms.
EQUALS = {OURS: "BrainFlow, asked every millisecond", GATHERED: "BrainFlow, asked every 100 ms",
          UNRECORDED: "BrainFlow, asked every 100 ms"}
MICROVOLTS_PER_COUNT = 4.5 / (2**23 - 1) / 24 * 1e6


class Emulator:
    """`acquire simulate KIND` for as long as the `with` lasts; afterwards `truth` can be read."""

    def __init__(self, acquire, kind, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "truth")
        self.process = subprocess.Popen(
            [acquire, "simulate", kind, "--truth", self.path, *options],
            stdout=subprocess.PIPE, text=True)
        self.port = self.process.stdout.readline().split(" on ")[1].strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate()

    def truth(self):
        """[(index, counter, fate, counts)] of the stream that was started last."""
        self.stop()
        packets = []
        with open(self.path) as file:
            for line in file:
                if line.startswith("# command b"):
                    packets = []
                elif not line.startswith("#"):
                    index, counter, fate, *counts = line.split()
                    packets.append((int(index), int(counter), fate, tuple(map(int, counts))))
        return packets


def brainflow(board_id, port, seconds, interval):
    """Streams, asks for data each `interval` seconds, and prints its CPU time and what came."""
    from brainflow.board_shim import BoardShim, BrainFlowInputParams
    BoardShim.disable_board_logger()
    parameters = BrainFlowInputParams()
    parameters.serial_port = port
    board = BoardShim(board_id, parameters)
    board.prepare_session()
    board.start_stream()
    packages, samples = [], []
    rows = BoardShim.get_eeg_channels(board_id)
    package_row = BoardShim.get_package_num_channel(board_id)
    cpu, start = time.process_time(), time.monotonic()
    turn = 0
    while (turn := turn + 1) * interval <= seconds:
        time.sleep(max(0, start + turn * interval - time.monotonic()))
        if interval < 0.01 and board.get_board_data_count() == 0:
            continue
        data = board.get_board_data()
        packages.extend(data[package_row])
        samples.append(data[rows])
    cpu, wall = time.process_time() - cpu, time.monotonic() - start
    board.stop_stream()
    board.release_session()
    counts = [(block.T / MICROVOLTS_PER_COUNT).round().astype(int).tolist() for block in samples]
    print(json.dumps({
        "cpu": cpu, "wall": wall, "packages": [int(number) for number in packages],
        "counts": [sample for block in counts for sample in block]}))


def run_brainflow(arguments, board_id, port, seconds, interval=0.1):
    result = subprocess.run(
        [arguments.python, __file__, "--client", str(board_id), port, str(seconds), str(interval)],
        stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(result.stdout)


def thread_nanoseconds(process):
    """CPU time of each thread of a process that runs, by the scheduler's own clock."""
    times = {}
    folder = f"/proc/{process}/task"
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/schedstat") as file, open(f"{folder}/{thread}/comm") as name:
            times[name.read().strip()] = int(file.read().split()[0])
    return times


def run_acquire(arguments, kind, port, seconds, watch=False, options=()):
    """The report of `acquire record`; with `watch` CPU seconds a second of its threads, too."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        process = subprocess.Popen(
            [arguments.acquire, "record", "--quiet", "--allow-best-effort", "--output", folder,
             "--report", report, "--amplifier", kind, "--set", f"amplifier.port={port}",
             "--duration", f"{seconds + (4 if watch else 0)}s", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        share = None
        if watch:
            # The start is no part of it, as it is none of BrainFlow's.
            time.sleep(3)
            before, start = thread_nanoseconds(process.pid), time.monotonic()
            time.sleep(seconds)
            after, span = thread_nanoseconds(process.pid), time.monotonic() - start
            share = {name: (after[name] - before.get(name, 0)) / 1e9 / span for name in after}
        errors = process.communicate()[1]
        if process.returncode != 0:
            sys.exit(f"acquire record --amplifier {kind} ended with {process.returncode}: {errors}")
        with open(report) as file:
            return json.load(file), share


def cpu_time(arguments):
    print(f"CPU milliseconds for a second of Cyton stream, {arguments.rounds} alternated runs of "
          f"{arguments.seconds} s")
    rows = {}

    def note(name, seconds):
        rows.setdefault(name, []).append(seconds * 1e3)

    def measure_ours():
        with Emulator(arguments.acquire, "cyton") as emulator:
            share = run_acquire(
                arguments, "cyton", emulator.port, arguments.seconds, watch=True)[1]
        note(OURS, sum(share.values()))
        note(OUR_DRIVER, share["acquisition"])

    def measure_gathered():
        with Emulator(arguments.acquire, "cyton") as emulator:
            share = run_acquire(
                arguments, "cyton", emulator.port, arguments.seconds, watch=True,
                options=["--gather", "100ms"])[1]
        note(GATHERED, sum(share.values()))
        note(UNRECORDED, sum(share.values()) - share["recorder"])
        for name, seconds in sorted(share.items(), key=lambda item: -item[1]):
            note(f"  of it: {name}", seconds)

    def measure_theirs(name, interval):
        with Emulator(arguments.acquire, "cyton") as emulator:
            result = run_brainflow(arguments, CYTON, emulator.port, arguments.seconds, interval)
        note(name, result["cpu"] / result["wall"])

    order = [measure_ours, measure_gathered] + [
        lambda name=name, interval=interval: measure_theirs(name, interval)
        for name, interval in THEIRS.items()]
    for turn in range(arguments.rounds):
        for measure in order if turn % 2 == 0 else reversed(order):
            measure()
    for name, values in rows.items():
        print(f"  {name:62} {statistics.median(values):7.2f} "
              f"({min(values):.2f} … {max(values):.2f})")
    median = {name: statistics.median(values) for name, values in rows.items()}
    print("Whole processes, equal delivery: each sample at once, or every 100 ms all that came")
    for ours, theirs in EQUALS.items():
        print(f"  {ours.split(',')[0]} / {theirs}: {median[ours] / median[theirs]:.3f}")
    print("Unequal delivery, for comparison: ours each sample at once, theirs up to 100 ms late")
    for ours in (OURS, OUR_DRIVER):
        theirs = "BrainFlow, asked every 100 ms"
        print(f"  {ours.split(',')[0]} / {theirs}: {median[ours] / median[theirs]:.3f}")
    print()


def losses(arguments):
    """A table: the truth, what BrainFlow's package numbers tell, what acquire's report tells."""
    print("Losses: the emulator's truth, and what each says of the same fault")
    print(f"  {'board':6} {'fault':18} {'lost':>5}  "
          f"{'BrainFlow: by its numbers':>26} {'not sent so':>12}  {'lost':>5} "
          f"{'acquire: lost':>14} {'incomplete':>11}")
    for kind, fault in [
        ("cyton", "lost=3@2"), ("cyton", "lost=300@2"), ("cyton", "silence=1500@2"),
        ("cyton", "garbage=200@2"), ("cyton", "torn=10@2"), ("cyton", "duplicate=3@2"),
        ("daisy", "half=4@2"),
    ]:
        with Emulator(arguments.acquire, kind, "--fault", fault) as emulator:
            board_id = CYTON if kind == "cyton" else DAISY
            result = run_brainflow(arguments, board_id, emulator.port, 6)
            truth = emulator.truth()
        step = 1 if kind == "cyton" else 2
        packages = result["packages"]
        # They tell the loss modulo 256; a number that repeats is taken for a repetition.
        told = sum(
            ((after - before) % 256 - step) // step % 256
            for before, after in zip(packages, packages[1:]) if after != before)
        wrong = sum(
            sample not in possible(truth, kind) for sample in map(tuple, result["counts"]))
        lost = sum(fate != "sent" for _, _, fate, _ in while_heard(truth))
        with Emulator(arguments.acquire, kind, "--fault", fault) as emulator:
            report, _ = run_acquire(arguments, kind, emulator.port, 6)
            again = emulator.truth()
        lost_again = sum(fate != "sent" for _, _, fate, _ in while_heard(again))
        print(f"  {kind:6} {fault:18} {lost:5}  {told:26} {wrong:12}  {lost_again:5} "
              f"{report['lost']:14} {report.get('incomplete', 0):11}")
    print("  (lost: packets; a Daisy's samples have two)")
    print()


def while_heard(truth):
    """Up to the last packet that was sent: the board goes on when nobody listens any more."""
    last = max((place for place, packet in enumerate(truth) if packet[2] == "sent"), default=-1)
    return truth[:last + 1]


_possible = {}


def possible(truth, kind):
    """Every sample that was sent: of a Daisy, an even packet's channels behind the next odd's."""
    if id(truth) not in _possible:
        sent = [packet for packet in truth if packet[2] == "sent"]
        if kind == "cyton":
            samples = {counts for _, _, _, counts in sent}
        else:
            samples = {
                odd[3] + even[3] for even, odd in zip(sent, sent[1:])
                if odd[0] == even[0] + 1 and even[1] % 2 == 0}
        _possible.clear()
        _possible[id(truth)] = samples
    return _possible[id(truth)]


def main():
    if sys.argv[1:2] == ["--client"]:
        return brainflow(
            int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("acquire", help="path of the release binary")
    parser.add_argument("what", nargs="?", default="all", choices=["all", "cpu", "losses"])
    parser.add_argument("--python", default=".venv/bin/python", help="a Python with brainflow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    conditions()
    if arguments.what in ("all", "cpu"):
        cpu_time(arguments)
    if arguments.what in ("all", "losses"):
        losses(arguments)


if __name__ == "__main__":
    main()
