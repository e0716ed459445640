#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The virtual hardware bench: a program against a virtual ADS1299 behind a real spidev and a real
gpiochip of a real Debian PREEMPT_RT kernel, in QEMU. README.md says more."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from arm64.sysroot import USERLAND, Sysroot
from bdf import Recording
from debian import Failure, Kernel, Udev, Unreachable, codename
from machine import Initramfs, boot
from scenarios import Outcome, Scenario

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EEG = ROOT / "Sources/SampleFeed/motor-imagery-8ch-250hz.bdf"


class Target:
    """Kernel, module and programs of one architecture, built once and booted often."""

    def __init__(self, architecture, suite, cache, module):
        self.architecture = architecture
        self.folder = cache / f"{architecture}-{suite}"
        self.kernel = Kernel(suite, architecture, cache)
        self.source = module
        self.module = self.kernel.build(module, self.folder / "module")
        self.prefix = ""
        self.libraries = [Path("/lib/x86_64-linux-gnu"), Path("/lib64")]
        self.busybox = next(
            (Path(path) for path in ("/bin/busybox", "/usr/bin/busybox") if Path(path).exists()),
            None)
        if self.busybox is None:
            raise Failure("busybox is missing: apt-get install busybox-static")
        self.applets = run(self.busybox, "--list").split()
        if architecture == "arm64":
            self.prefix = "aarch64-linux-gnu-"
            self.sysroot = Sysroot(cache)
            self.libraries = self.sysroot.libraries
            self.busybox = self.sysroot.root / "usr/bin/busybox"
        self.udev = Udev(
            codename() if architecture == "amd64" else USERLAND, architecture, cache)

    def pack(self, programs, table):
        """The initramfs. Programs are found by their own names in the guest."""
        files = Initramfs([*self.libraries, *self.udev.libraries])
        files.busybox(self.busybox, self.applets)
        files.file("init", HERE / "guest/init")
        files.file("bench/functions", HERE / "guest/functions", 0o644)
        rows = b"".join(b"".join(c.to_bytes(4, "little", signed=True) for c in row)
                        for row in zip(*table))
        files.file("bench/eeg.i32", rows, 0o644)
        # Of chips with fewer channels, and the same for two chips.
        for count in (4, 6):
            few = b"".join(rows[at:at + 4 * count] for at in range(0, len(rows), 32))
            files.file(f"bench/eeg-{count}.i32", few, 0o644)
        twice = b"".join(rows[at:at + 32] * 2 for at in range(0, len(rows), 32))
        files.file("bench/eeg-twice.i32", twice, 0o644)
        files.file("etc/passwd", b"root:x:0:0::/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n"
                   b"person:x:1000:1000::/tmp:/bin/sh\n")
        files.file("etc/group", b"root:x:0:\nspi:x:11:\ngpio:x:12:\nacquire:x:13:\n"
                   b"plugdev:x:46:person\nperson:x:1000:\n")
        files.program(self.udev.program)
        files.link("bin/systemd-udevd", "udevadm")
        files.file("bench/60-acquire.rules", ROOT / "udev/60-acquire.rules", 0o644)
        guest = HERE / "guest"
        shared = [guest / "usb/far-side.c", guest / "usb/usbip.c"]
        for sources in (*([path] for path in guest.glob("*.c")), [self.source / "selftest.c"],
                        *([path, *shared] for path in guest.glob("usb/usb-*.c"))):
            tool = self.folder / sources[0].stem
            run(f"{self.prefix}gcc", "-O2", "-Wall", "-static", "-o", tool, *sources)
            files.program(tool)
        if self.architecture == "amd64":
            files.program(Path("/usr/bin/strace"))
        for program in programs:
            slim = self.folder / program.name
            run(f"{self.prefix}strip", "-o", slim, program)
            files.program(slim)
        for name in ("virtio_pci", "9p", "9pnet_virtio"):
            files.module(name, self.kernel.root, order="boot")
        for name in ("vhci_hcd", "ftdi_sio", "cdc_acm"):
            files.module(name, self.kernel.root, order="usb")
        files.module(self.module, self.kernel.root)
        files.write(self.folder / "initramfs")

    def start(self, name, scenarios):
        """A boot that runs these; what they leave comes to folders of their names."""
        share = self.folder / "runs" / name
        shutil.rmtree(share, ignore_errors=True)
        for scenario in scenarios:
            scenario.prepare(share / scenario.name)
        (share / "plan").write_text("".join(f"{scenario.name}\n" for scenario in scenarios))
        return share, boot(self.architecture, self.kernel.image, self.folder / "initramfs", share)


def run(*command):
    if not shutil.which(command[0]):
        raise Failure(f"{command[0]} is missing: make bench-hw installs what is needed.")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def choose(options):
    """The scenarios asked for: by name, by the beginning of a name, by a file of one's own."""
    known = [s for path in sorted((HERE / "scenarios").glob("*.sh")) for s in Scenario.read(path)]
    known = [s for s in known if s.only in ("", options.target)]
    if not options.scenario:
        return [s for s in known if s.quick or not (options.quick or s.endurance)]
    chosen = []
    for wanted in options.scenario:
        if os.sep in wanted:
            chosen += Scenario.read(Path(wanted))
        else:
            found = [s for s in known if s.name == wanted]
            found = found or [s for s in known if s.name.startswith(wanted + "-")]
            if not found:
                names = ", ".join(dict.fromkeys(s.name.split("-")[0] for s in known))
                raise Failure(f"There is no scenario {wanted}: choose among {names} …")
            chosen += found
    return list({s.name: s for s in chosen}.values())


class Durations:
    """Seconds that each scenario took on this machine the last time."""

    def __init__(self, path):
        self.path = path
        self.known = json.loads(path.read_text()) if path.exists() else {}

    def of(self, scenario):
        return self.known.get(scenario.name, scenario.limit / 20)

    def shared_out(self, scenarios, boots):
        """Lists that take about the same time, the longest scenarios first."""
        lists = [[] for _ in range(boots)]
        for scenario in sorted(scenarios, key=lambda s: -self.of(s)):
            min(lists, key=lambda boot: sum(map(self.of, boot))).append(scenario)
        return [part for part in lists if part]

    def note(self, scenario, seconds):
        self.known[scenario.name] = round(seconds, 1)
        self.path.write_text(json.dumps(self.known, indent=1))


def perform(target, scenarios, table, boots):
    """Runs all, prints a line for each as it ends; the number of those that failed."""
    running = {}
    durations = Durations(target.folder / "durations.json")
    for number, part in enumerate(durations.shared_out(scenarios, boots)):
        share, machine = target.start(f"boot-{number}", part)
        running[number] = (share, machine, list(part))
    began = dict.fromkeys(running, time.monotonic())
    failed = 0
    while running:
        for number, (share, machine, left) in list(running.items()):
            ended = machine.poll() is not None
            while left and (ended or (share / left[0].name / "copied").exists()):
                scenario = left.pop(0)
                durations.note(scenario, time.monotonic() - began[number])
                began[number] = time.monotonic()
                outcome = Outcome(scenario, share / scenario.name, table)
                failures = list(outcome.failures())
                print(row(outcome, failures), *(f"    {text}" for text in failures),
                      sep="\n", flush=True)
                failed += bool(failures)
            if ended:
                del running[number]
        time.sleep(0.2)
    return failed


HEADER = (f"{'scenario':<28}{'claimed lost':>13}{'truly lost':>11}{'recovery':>11}"
          f"{'edge→frame mean, max':>23}  result")


def row(outcome, failures):
    def shown(name, form):
        try:
            value = getattr(outcome, name)
            return "–" if value is None else form(value)
        except (AttributeError, LookupError, TypeError, ValueError):
            return "–"

    recovery = shown("recovery", lambda s: "none" if s == float("inf") else f"{s * 1000:.0f} ms")
    latency = shown("edge_to_frame", lambda figures: "{:.1f}, {:.1f} µs".format(*figures))
    return (f"{outcome.scenario.name:<28}{shown('claimed', str):>13}{shown('lost', str):>11}"
            f"{recovery:>11}{latency:>23}  {'FAILED' if failures else 'passed'}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "scenario", nargs="*", help="names, beginnings of names, or files (with a slash)")
    arguments.add_argument("--target", choices=["amd64", "arm64"], default="amd64")
    arguments.add_argument("--backports", action="store_true", help="the kernel of backports")
    arguments.add_argument("--program", type=Path, action="append", help="put into the guest")
    arguments.add_argument("--quick", action="store_true", help="the short set")
    arguments.add_argument("--boots", type=int, default=os.cpu_count(), help="at the same time")
    arguments.add_argument("--cache", type=Path, default=ROOT / ".build/bench")
    arguments.add_argument("--module", type=Path, default=HERE / "module")
    options = arguments.parse_args()
    begin = time.monotonic()

    suite = codename()
    # On arm64 the newer kernel: Debian 12's own is exercised on amd64.
    if options.backports or (options.target == "arm64" and suite == "bookworm"):
        suite += "-backports"
    scenarios = choose(options)
    target = Target(options.target, suite, options.cache.resolve(), options.module)
    programs = options.program
    if not programs:
        programs = [target.sysroot.build(ROOT) if options.target == "arm64"
                    else ROOT / ".build/release/acquire"]
    table = Recording(EEG).channels
    target.pack(programs, table)
    print(f"{options.target}, Linux {target.kernel.version}; ready after "
          f"{time.monotonic() - begin:.0f} s\n\n{HEADER}", flush=True)
    failed = perform(target, scenarios, table, options.boots)
    print(f"\n{len(scenarios) - failed} of {len(scenarios)} passed, "
          f"{time.monotonic() - begin:.0f} s in all; logs are in {target.folder}/runs")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unreachable as failure:
        if "CI" in os.environ or "--quick" not in sys.argv:
            sys.exit(f"bench: {failure}")
        print(f"bench: SKIPPED, no kernel can be downloaded: {failure}", file=sys.stderr)
    except Failure as failure:
        sys.exit(f"bench: {failure}")
