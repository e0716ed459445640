# SPDX-License-Identifier: Apache-2.0
"""Counts and annotations of a BDF+C recording, as they stand in the file."""

import calendar
import re
import time
from array import array
from functools import cached_property


class Recording:
    """`channels[c][k]`: count of channel c, sample k. `annotations`: (onset, duration, text)."""

    def __init__(self, path):
        data = path.read_bytes()
        count = int(data[252:256])
        head = 256 * (1 + count)
        fields = {}
        at = 256
        for name, width in (("label", 16), ("type", 80), ("unit", 8), ("pmin", 8), ("pmax", 8),
                            ("dmin", 8), ("dmax", 8), ("filter", 80), ("samples", 8),
                            ("reserved", 32)):
            fields[name] = [
                data[at + i * width:at + (i + 1) * width].decode().strip() for i in range(count)]
            at += width * count
        samples = [int(text) for text in fields["samples"]]
        seconds = float(data[244:252])
        self.records = int(data[236:244])
        self.rate = samples[0] / seconds
        signals = {label: bytearray() for label in fields["label"]}
        for record in range(self.records):
            at = head + record * 3 * sum(samples)
            for label, size in zip(fields["label"], samples):
                signals[label] += data[at:at + 3 * size]
                at += 3 * size
        marks = signals.pop("BDF Annotations")
        #: Status words of each chip.
        self.status = [_counts(signals.pop(label))
                       for label in list(signals) if label.startswith("ADS1299 status")]
        # Of ours channels are marked; in others' files they all are.
        marked = {label for label, text in zip(fields["label"], fields["reserved"])
                  if text.startswith("uV/count")}
        #: What was sent beside the channels.
        self.auxiliaries = {label: _counts(signals.pop(label))
                            for label in list(signals) if marked and label not in marked}
        self.channels = [_counts(raw) for raw in signals.values()]
        self.annotations = [
            (float(onset), float(length or 0), text)
            for onset, length, text in re.findall(
                r"\+([\d.]+)(?:\x15([\d.]+))?\x14([^\x14\0]+)\x14", marks.decode())]
        first = re.match(r"\+([\d.]+)", marks.decode())
        self.start = float(first[1]) if first else 0.0
        # Of sample 0, in seconds since 1970.
        stamp = time.strptime(data[168:184].decode(), "%d.%m.%y%H.%M.%S")
        self.utc = calendar.timegm(stamp) + self.start

    @cached_property
    def length(self):
        """Samples before the padding of the last record."""
        return min([first for first, _ in self._spans("BAD_padding")] + [len(self.channels[0])])

    @cached_property
    def runs(self):
        """(first, end) of what lies between gaps and frames that are not to be believed."""
        bad = sorted(self._spans(r"BAD_\w+|corrupt frame|incomplete frame|unsettled frame"))
        runs, at = [], 0
        for first, end in bad + [(self.length, self.length)]:
            if first > at:
                runs.append((at, first))
            at = max(at, end)
        return runs

    @cached_property
    def incomplete(self):
        """(first, end) of frames of which some channels never came."""
        return list(self._spans("incomplete frame"))

    def _spans(self, kind):
        """(first, end) of the samples of such annotations."""
        for onset, _, text in self.annotations:
            found = re.fullmatch(rf"(?:{kind}) (\d+)", text)
            if found:
                first = round((onset - self.start) * self.rate)
                yield first, first + int(found[1])


def _counts(raw):
    """24 bits, little-endian, two's complement."""
    wide = bytearray(len(raw) // 3 * 4)
    for byte in range(3):
        wide[byte + 1::4] = raw[byte::3]
    return array("i", [count >> 8 for count in array("i", bytes(wide))])
