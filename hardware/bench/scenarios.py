# SPDX-License-Identifier: Apache-2.0
"""What a scenario file says, and whether what came back from the guest holds it.

A scenario is a shell script for the guest whose comments carry the rest:

    # What it shows, in one sentence.
    #: EXPRESSION           must be true of the Outcome, in Python
    #= limit 700            seconds of guest time after which it is killed (60)
    #= quick                belongs to the short set
    #= pairs                also runs with every two of its variants
    #= endurance            runs only when it is named
    #= only amd64           runs on this target alone
    #| NAME WORDS…          a variant: $variant is NAME, $words are WORDS, $others the second's
"""

import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from bdf import Recording
from emulated import Comparison, Emulated


@dataclass
class Scenario:
    name: str
    script: str
    about: str
    expectations: list
    limit: int = 60
    quick: bool = False
    endurance: bool = False
    only: str = ""
    variables: dict = field(default_factory=dict)

    @staticmethod
    def read(path):
        """The scenarios of a file: one, or one for each variant and each pair."""
        script = path.read_text()
        said = {kind: re.findall(rf"^#{re.escape(kind)} ?(.*)$", script, re.M) for kind in ":=|"}
        about = " ".join(re.findall(r"^# (.*)$", script.split("\n#:")[0], re.M))
        options = dict((line.split(None, 1) + [""])[:2] for line in said["="])
        variants = [(line + " ").split(" ", 1) for line in said["|"]]

        def made(name, **variables):
            return Scenario(
                name, script, about, said[":"], int(options.get("limit", 60)), "quick" in options,
                "endurance" in options, options.get("only", ""), variables)

        if not variants:
            return [made(path.stem)]
        all_of_them = [made(f"{path.stem}-{n}", variant=n, words=w, others="") for n, w in variants]
        if "pairs" in options:
            for (one, words), (two, others) in itertools.combinations(variants, 2):
                pair = made(f"{path.stem}-{one}+{two}", variant=one, words=words, others=others)
                pair.quick = False
                all_of_them.append(pair)
        return all_of_them

    def prepare(self, folder):
        """Writes what the guest needs of it."""
        folder.mkdir(parents=True)
        (folder / "scenario").write_text(self.script)
        (folder / "limit").write_text(f"{self.limit}\n")
        (folder / "variables").write_text(
            "".join(f"{name}='{value}'\n" for name, value in self.variables.items()))


class Outcome:
    """What came back from the guest; every public name may stand in an expectation."""

    def __init__(self, scenario, folder, table):
        self.scenario, self.folder, self.table = scenario, folder, table
        self.variant = scenario.variables.get("variant", "")
        self.words = scenario.variables.get("words", "")

    def __getitem__(self, name):
        if name.startswith("_") or not hasattr(self, name):
            raise KeyError(name)
        return getattr(self, name)

    def text(self, name):
        path = self.folder / name
        return path.read_text(errors="replace").strip() if path.exists() else ""

    # What the program says.

    @cached_property
    def status(self):
        """Exit code; None: it was not started or did not end."""
        return int(self.text("status")) if self.text("status") else None

    @cached_property
    def message(self):
        return self.text("message")

    def json(self, name):
        return json.loads(self.text(name))

    def findings(self, name):
        """Severities that `acquire doctor --json` wrote into this file, by subject."""
        found = {}
        for finding in self.json(name):
            found.setdefault(finding["subject"], []).append(finding["severity"])
        return found

    @cached_property
    def doctor_status(self):
        """Exit codes of `acquire doctor`, one after the other."""
        return [int(code) for code in self.text("doctor-codes").split()]

    #: What `electrodes` of the guest gives, and the grades that a contact has with it.
    ohms = (5000, 8000, 12000, 6000, 4000, 30000, 70000, 5000000)
    grades = ["good", "good", "fair", "good", "good", "fair", "poor", "off"]

    def off_the_mark(self, electrodes):
        """Electrodes whose impedance is not what was fed, by more than the uncertainty that
        is claimed and half a percent."""
        return [electrode for electrode, ohms in zip(electrodes, self.ohms)
                if abs(electrode["ohms"] - ohms) > electrode["uncertaintyOhms"] + 0.005 * ohms]

    @cached_property
    def second_status(self):
        return int(self.text("second/status"))

    @cached_property
    def second(self):
        """The outcome of a second session, in the folder of this name."""
        return Outcome(self.scenario, self.folder / "second", self.table)

    @cached_property
    def second_message(self):
        return self.text("second/message")

    @cached_property
    def report(self):
        path = self.folder / "report.json"
        return SimpleNamespace(**json.loads(path.read_text())) if path.exists() else None

    @cached_property
    def claimed(self):
        """Samples that the report calls lost, corrupt or incomplete; None: there is no report."""
        return self.report and (
            self.report.lost + self.report.corrupt + getattr(self.report, "incomplete", 0))

    @property
    def ledgers_close(self):
        """No report says that frames are unaccounted for; true of every scenario."""
        reports = [json.loads(path.read_text()) for path in self.folder.glob("**/report.json")]
        return all((report.get("ledger") or {"closes": True})["closes"] for report in reports)

    @cached_property
    def recording(self):
        files = sorted(self.folder.glob("*.bdf"))
        return Recording(files[0]) if files else None

    @property
    def recordings(self):
        """How many files."""
        return len(list(self.folder.glob("*.bdf")))

    # What the module saw.

    @cached_property
    def truth(self):
        return SimpleNamespace(**_numbers(self.text("truth")))

    @cached_property
    def fired(self):
        """How often each kind of fault struck."""
        found = Counter()
        for kind, count in re.findall(r"^(\S+) .*fired=(\d+)", self.text("fault"), re.M):
            found[kind] += int(count)
        return found

    @cached_property
    def violations(self):
        """How often a rule of the chip was broken."""
        return sum(getattr(self.truth, name) for name in (
            "register_access_in_rdatac", "rdata_in_rdatac", "unknown_opcodes",
            "commands_in_standby", "wrong_mode", "wrong_speed", "timing_violations", "torn_reads"))

    @cached_property
    def edge_to_frame(self):
        """(mean, max) in µs from the conversion to the first bit of its frame."""
        if not getattr(self.truth, "latency_count", 0):
            return None
        names = ("latency_mean_nanoseconds", "latency_max_nanoseconds")
        return tuple(getattr(self.truth, name) / 1000 for name in names)

    @cached_property
    def lost(self):
        """Conversions that did not arrive, whatever anybody says: all of the chip's, without those
        that the recording has as they were fed. What the chip converts while it is armed and
        after the session is not lost; what it never converted neither. None: it did not come
        back, and what is after the session cannot be told."""
        if self.emulated:
            return self.compared.lost
        truth = self.truth
        if self.status:
            return None
        head = _numbers(self.text("begun"))["conversion_of_last_start"]
        return (truth.conversions - head - self.tail - self.delivered
                - self.report.samplesNotStored)

    @cached_property
    def tail(self):
        """Conversions after the last sample of the recording."""
        truth = self.truth
        length = len(self.table[0])
        place = self.recording.length - 1 + self._compared[2]
        return (truth.conversions - truth.conversion_of_last_start - 1 - place) % length

    # What an emulated amplifier made.

    @cached_property
    def emulated(self):
        path = self.folder / "emulated"
        return Emulated(path, self.text("kind")) if path.exists() else None

    @cached_property
    def compared(self):
        """The recording against what the amplifier made."""
        return Comparison(self.emulated, self.recording)

    # Both, sample by sample.

    @cached_property
    def delivered(self):
        """Samples in the recording that equal what was fed."""
        return self._compared[0]

    @cached_property
    def wrong(self):
        """Samples in the recording that are passed off as good and are not what was fed."""
        return self._compared[1]

    @cached_property
    def _compared(self):
        if self.emulated:
            return self.compared.right, self.compared.wrong, 0
        right = wrong = shift = 0
        for first, end in self.recording.runs:
            equal, shift = self._equal(first, end, shift)
            right += equal
            wrong += end - first - equal
        return right, wrong, shift

    def _equal(self, first, end, shift):
        """(samples of a run that equal the table, where the table stands then)"""
        channels = self.recording.channels
        table = (self.table * 4)[:len(channels)]  # each chip has the same
        length = len(table[0])
        if any(channel[first] != column[(first + shift) % length]
               for channel, column in zip(channels, table)):
            # After a new START the table begins anew: wherever this sample is in it.
            for place in range(length):
                if all(channel[first] == column[place] for channel, column in zip(channels, table)):
                    shift = place - first
                    break
        begin = (first + shift) % length
        rounds = (begin + end - first) // length + 1
        fed = [(column * rounds)[begin:begin + end - first] for column in table]
        if all(channel[first:end] == column for channel, column in zip(channels, fed)):
            return end - first, shift
        samples = zip(zip(*(channel[first:end] for channel in channels)), zip(*fed))
        return sum(mine == theirs for mine, theirs in samples), shift

    @cached_property
    def recovery(self):
        """Seconds from a good sample to the next, or to the end of the session."""
        return self._silence[1]

    @cached_property
    def neutral_after(self):
        """Seconds from the last good sample before the longest gap to the moment at which the
        exoskeleton went neutral; None: it did not."""
        return self._neutral_since(self._silence[0])

    @cached_property
    def neutral_after_end(self):
        """The same from the last good sample of all; None: it did not."""
        return self._neutral_since((self.recording.runs[-1][1] - 1) / self.recording.rate)

    @property
    def deadline(self):
        """Seconds within which it must be neutral: a control period, and before it the frame timeout
        where no frame comes that could say what is wrong."""
        return 0.13 if any(kind in self.scenario.name for kind in (
            "stall", "freeze-drdy", "spi-error")) else 0.03

    @cached_property
    def deadman(self):
        return SimpleNamespace(**_numbers(self.text("deadman")))

    @cached_property
    def stopped_after(self):
        """Seconds from the emergency circuit's opening to the moment at which the exoskeleton was
        stopped; None: it was not."""
        opened = self.deadman.estop_moved_nanoseconds / 1e9
        for time in re.findall(r"^([\d.]+) s  stopped", self.text("exoskeleton"), re.M):
            if float(time) > opened:
                return float(time) - opened
        return None

    @cached_property
    def moved_after_stop(self):
        opened = self.deadman.estop_moved_nanoseconds / 1e9
        return any(float(time) > opened + 0.02 for time in
                   re.findall(r"^([\d.]+) s  moving", self.text("exoskeleton"), re.M))

    @cached_property
    def struck(self):
        """When the scenario struck, in seconds since 1970."""
        return int(self.text("struck")) / 1e9

    @cached_property
    def fell_after(self):
        """Seconds from the strike to the dead-man line's last edge."""
        return self.deadman.deadman_newest_nanoseconds / 1e9 - self.struck

    @cached_property
    def safe_after(self):
        """Seconds from the strike to the moment at which the exoskeleton drove nothing; None: it went
        on."""
        for time, state in re.findall(r"^([\d.]+) s  (\w+)", self.text("exoskeleton"), re.M):
            if float(time) > self.struck and state in ("neutral", "disarmed", "stopped"):
                return float(time) - self.struck
        return None

    @cached_property
    def neutral_after_lead_off(self):
        """Seconds from the first conversion that says that an electrode is off to the moment at which
        the exoskeleton went neutral; None: it did not."""
        return self._neutral_since(self._off_samples[0] / self.recording.rate)

    @cached_property
    def moved_after_lead_off(self):
        """Whether the exoskeleton moved after the last conversion that says so; never before."""
        first, last = (self.recording.utc + k / self.recording.rate for k in self._off_samples)
        moves = [float(time) for time in
                 re.findall(r"^([\d.]+) s  moving", self.text("exoskeleton"), re.M)]
        return max(moves) > last and not any(first < move < last for move in moves)

    @cached_property
    def _off_samples(self):
        """The first and the last sample whose status words have a lead-off bit."""
        off = [k for k, words in enumerate(zip(*self.recording.status))
               if any(word & 0xffff0 for word in words)]
        return off[0], off[-1]

    def _neutral_since(self, seconds):
        begin = self.recording.utc + seconds
        quiet = ("neutral", "disarmed", "stopped", "watchdog")
        states = re.findall(r"^([\d.]+) s  (\w+)", self.text("exoskeleton"), re.M)
        before = [state for time, state in states if float(time) <= begin]
        if before and before[-1] in quiet:  # something before it had made it neutral
            return 0.0
        for line in self.text("exoskeleton").splitlines():
            found = re.match(r"([\d.]+) s  (\w+)", line)
            if found and float(found[1]) > begin and found[2] in quiet:
                return float(found[1]) - begin
        return None

    @cached_property
    def _silence(self):
        """(onset, length) of the longest gap, in seconds since sample 0."""
        rate = self.recording.rate
        ends = [end for _, end in self.recording.runs]
        starts = [first for first, _ in self.recording.runs][1:]
        gaps = [(start - end + 1, end - 1) for end, start in zip(ends, starts)]
        length, last = max(gaps, default=(1, 0))
        if self.status:  # it did not come back
            return (ends[-1] - 1) / rate, float("inf")
        return last / rate, length / rate

    @cached_property
    def calls(self):
        """System calls per frame of the acquisition thread, each with its name."""
        threads = {line.split()[1]: line.split()[0]
                   for line in self.text("threads").splitlines() if " " in line}
        before, after = (self._calls(name, threads["acquisition"]) for name in (
            "calls-before", "calls-after"))
        frames = after.pop("frames") - before.pop("frames")
        return {name: (count - before.get(name, 0)) / frames for name, count in after.items()}

    def _calls(self, name, thread):
        text = self.text(name)
        pattern = rf"common_pid:\s+{thread}, id: (?:sys_)?(\w+).*hitcount:\s+(\d+)"
        counts = {call: int(count) for call, count in re.findall(pattern, text)}
        return counts | {"frames": _numbers(text)["frames_read"]}

    @cached_property
    def calls_per_frame(self):
        return round(sum(self.calls.values()), 2)

    @cached_property
    def traced(self):
        """How often strace saw each system call, by name."""
        return Counter(re.findall(r"^(\w+)\(", self.text("trace"), re.M))

    def reaches(self, figures, microseconds):
        return figures is not None and figures[1] <= microseconds

    def failures(self):
        """The expectations that do not hold, each with what was found."""
        if self.text("finished") != "0":
            last = (self.text("output").splitlines() or ["nothing"])[-1]
            yield f"the scenario ended with {self.text('finished') or 'nothing'}: {last}"
        for expression in [*self.scenario.expectations, "ledgers_close"]:
            try:
                if not eval(expression, {}, self):
                    yield f"not: {expression} ({self._found(expression)})"
            except Exception as error:  # what is missing came not back, or the file is wrong
                yield f"not: {expression} ({type(error).__name__}: {error})"

    def _found(self, expression):
        names = dict.fromkeys(re.findall(r"(?<![\w.'\"])[a-z_]+(?:\.\w+)?", expression))
        own = [name for name in names if hasattr(self, name.split(".")[0])]
        values = {name: eval(name, {}, self) for name in own}
        return ", ".join(
            f"{name} = {value}" for name, value in values.items() if not callable(value))


def _numbers(text):
    """Lines `name value`."""
    return {name: int(value) for name, value in re.findall(r"^([\w.]+) (-?\d+)$", text, re.M)}
