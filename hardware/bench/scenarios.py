# SPDX-License-Identifier: Apache-2.0
"""What a scenario file says, and whether what came back from the guest holds it.

A scenario is a shell script for the guest whose comments carry the rest:

    # What it shows, in one sentence.
    #: EXPRESSION           must be true of the Outcome, in Python
    #= limit 700            seconds of guest time after which it is killed (60)
    #= quick                belongs to the short set
    #= pairs                also runs with every two of its variants
    #| NAME WORDS…          a variant: $variant is NAME, $words are the WORDS, $others the second's
"""

import itertools
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from bdf import Recording


@dataclass
class Scenario:
    name: str
    script: str
    about: str
    expectations: list
    limit: int = 60
    quick: bool = False
    variables: dict = field(default_factory=dict)

    @staticmethod
    def read(path):
        """The scenarios of a file: one, or one for each variant and each pair."""
        script = path.read_text()
        said = {kind: re.findall(rf"^#{re.escape(kind)} ?(.*)$", script, re.M) for kind in ":=|"}
        about = " ".join(re.findall(r"^# (.*)$", script.split("\n#:")[0], re.M))
        options = dict((line.split(None, 1) + [""])[:2] for line in said["="])
        variants = [line.split(None, 1) for line in said["|"]]

        def made(name, **variables):
            return Scenario(
                name, script, about, said[":"], int(options.get("limit", 60)), "quick" in options,
                variables)

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

    def __getitem__(self, name):
        if name.startswith("_") or not hasattr(type(self), name) and name not in vars(self):
            raise KeyError(name)
        return getattr(self, name)

    def text(self, name):
        path = self.folder / name
        return path.read_text(errors="replace").strip() if path.exists() else ""

    def _numbers(self, name):
        pairs = (line.split() for line in self.text(name).splitlines())
        return {pair[0]: int(pair[1], 0) for pair in pairs if len(pair) == 2}

    @cached_property
    def status(self):
        """Exit code of the program; None when it was not started."""
        return int(self.text("status")) if self.text("status") else None

    @cached_property
    def message(self):
        return self.text("message")

    @cached_property
    def report(self):
        path = self.folder / "report.json"
        return SimpleNamespace(**json.loads(path.read_text())) if path.exists() else None

    @cached_property
    def truth(self):
        """What the module counted."""
        return SimpleNamespace(**self._numbers("truth"))

    @cached_property
    def fired(self):
        """How often faults fired."""
        return self._numbers("fault")

    @cached_property
    def violations(self):
        """Rules of the chip that the program broke."""
        return sum(getattr(self.truth, name) for name in (
            "register_access_in_rdatac", "unknown_opcodes", "commands_in_standby", "wrong_mode",
            "wrong_speed", "timing_violations"))

    @cached_property
    def recording(self):
        files = sorted(self.folder.glob("*.bdf"))
        return Recording(files[0]) if files else None

    @cached_property
    def claimed(self):
        """Lost samples by the program's own report."""
        return self.report.lost if self.report else None

    @cached_property
    def latency(self):
        """(mean, max) from the edge to the first byte read, in µs, as the module saw it."""
        try:
            return tuple(
                getattr(self.truth, f"latency_{name}_nanoseconds") / 1000 for name in ("mean", "max"))
        except AttributeError:
            return None

    def failures(self):
        """The expectations that do not hold, each with what was found."""
        if self.text("finished") != "0":
            last = (self.text("output").splitlines() or ["nothing"])[-1]
            yield f"the scenario ended with {self.text('finished') or 'nothing'}: {last}"
        for expression in self.scenario.expectations:
            try:
                holds = eval(expression, {}, self)
                if not holds:
                    found = {
                        name: eval(name, {}, self)
                        for name in dict.fromkeys(re.findall(r"\b[a-z_]+(?:\.\w+)?", expression))
                        if name.split(".")[0] in dir(type(self))}
                    values = ", ".join(f"{name} = {value}" for name, value in found.items())
                    yield f"not {expression} ({values})"
            except Exception as error:
                yield f"not {expression} ({error})"
