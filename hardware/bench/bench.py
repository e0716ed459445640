#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The virtual hardware bench: a Debian PREEMPT_RT kernel with a virtual ADS1299, in QEMU, and a
program that drives it. See README.md."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bdf import Recording
from debian import Archive, Failure, Kernel, codename, unpack
from machine import Initramfs, boot
from scenarios import Outcome, Scenario

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TRIPLE = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
EEG = ROOT / "Sources/SampleFeed/motor-imagery-8ch-250hz.bdf"


class Bench:
    """Kernel, module and programs of one target, built once and booted often."""

    def __init__(self, target, suite, folder, module):
        self.target = target
        self.name = f"{target}-{suite}"
        self.folder = folder / self.name
        self.cache = folder
        self.kernel = Kernel(suite, target, folder)
        self.module = module
        self.table = eeg_table()

    def _guest_libraries(self):
        """Folders with the libraries of the guest: the host's own, or unpacked ones."""
        triple = TRIPLE[self.target]
        if self.target == "amd64":
            return [Path(f"/lib/{triple}"), Path(f"/usr/lib/{triple}"), Path("/lib64")]
        root = self.cache / "root" / self.name
        return [root / f"usr/lib/{triple}", root / f"lib/{triple}", root / "lib"]

    def pack(self, programs):
        """The initramfs; programs are found under their own names in the guest."""
        prefix = "" if self.target == "amd64" else "aarch64-linux-gnu-"
        self.folder.mkdir(parents=True, exist_ok=True)
        files = Initramfs(self._guest_libraries())
        files.busybox(*busybox(self.target, self.cache))
        files.file("init", HERE / "guest/init")
        files.file("bench/functions", HERE / "guest/functions", 0o644)
        files.file("bench/eeg.i32", self.table.tobytes(), 0o644)
        files.file("etc/passwd", b"root:x:0:0::/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n")
        hog = self.folder / "hog"
        run(f"{prefix}gcc", "-O2", "-static", "-o", hog, HERE / "guest/hog.c")
        files.program(hog)
        for program in programs:
            slim = self.folder / program.name
            run(f"{prefix}strip", "-o", slim, program)
            files.program(slim)
        for name in ("virtio_pci", "virtio_mmio", "9p", "9pnet_virtio"):
            files.module(name, self.kernel.root)
        module = self.kernel.build(self.module, self.folder / "module")
        files.module(module, self.kernel.root, load=False)
        files.write(self.folder / "initramfs")

    def start(self, label, scenarios):
        share = self.folder / "runs" / label
        shutil.rmtree(share, ignore_errors=True)
        for scenario in scenarios:
            scenario.prepare(share / scenario.name)
        (share / "plan").write_text("".join(f"{scenario.name}\n" for scenario in scenarios))
        return share, boot(self.target, self.kernel.image, self.folder / "initramfs", share)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{command[0]} failed: {done.stderr.strip()}")


def busybox(target, cache):
    """(of the guest, one that runs here)"""
    host = next((Path(p) for p in ("/bin/busybox", "/usr/bin/busybox") if Path(p).exists()), None)
    if host is None:
        raise Failure("busybox is missing: apt-get install busybox-static")
    if target == "amd64":
        return host, host
    root = cache / "root" / target
    if not (root / "bin/busybox").exists():
        archive = Archive(codename(), target, cache)
        unpack(archive.fetch("busybox-static")[0], root)
    return next(root.glob("**/busybox")), host


def eeg_table():
    """The recording that the chip plays: int32, channels of a conversion side by side."""
    channels = Recording(EEG).channels
    table = type(channels[0])("i", bytes(4 * len(channels) * len(channels[0])))
    for index, channel in enumerate(channels):
        table[index::len(channels)] = channel
    return table


def row(outcome, failures, seconds):
    claimed = "–" if outcome.claimed is None else outcome.claimed
    latency = outcome.latency
    text = f"{latency[0]:.1f} / {latency[1]:.1f} µs" if latency else "–"
    verdict = "passed" if not failures else "FAILED"
    return f"{outcome.scenario.name:<34}{claimed:>8}{text:>20}  {seconds:>6.1f} s  {verdict}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scenario", nargs="*", help="names, or files of your own")
    arguments.add_argument("--target", choices=["amd64", "arm64"], default="amd64")
    arguments.add_argument("--backports", action="store_true", help="the kernel of backports")
    arguments.add_argument("--program", type=Path, action="append", help="put into the guest")
    arguments.add_argument("--quick", action="store_true", help="the short set")
    arguments.add_argument("--cache", type=Path, default=ROOT / ".build/bench")
    arguments.add_argument("--module", type=Path, default=HERE / "module")
    options = arguments.parse_args()
    begin = time.monotonic()

    suite = codename() + ("-backports" if options.backports else "")
    bench = Bench(options.target, suite, options.cache.resolve(), options.module)
    bench.pack(options.program or [ROOT / ".build/release/acquire"])
    known = [s for path in sorted((HERE / "scenarios").glob("*.sh")) for s in Scenario.read(path)]
    chosen = [s for s in known if not options.scenario or s.name in options.scenario]
    print(f"kernel {bench.kernel.version}, {time.monotonic() - begin:.1f} s so far", flush=True)
    share, machine = bench.start("all", chosen)
    machine.wait()
    failed = 0
    for scenario in chosen:
        outcome = Outcome(scenario, share / scenario.name, bench.table)
        failures = list(outcome.failures())
        print(row(outcome, failures, float(outcome.text("ended") or 0) - float(outcome.text("started") or 0)))
        for failure in failures:
            print(f"    {failure}")
        failed += bool(failures)
    print(f"{len(chosen) - failed} passed, {failed} failed, {time.monotonic() - begin:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench: {failure}")
