# SPDX-License-Identifier: Apache-2.0
"""What an emulated amplifier made, and where in it each sample of a recording is.

The emulator's truth has a line for each packet: INDEX COUNTER sent|lost|torn COUNT1 COUNT2 …; INDEX
begins anew with each start of the stream. A frame is a packet, or, of a Daisy, the packet with an
even counter (channels 9 to 16) and the odd one after it (channels 1 to 8)."""

from dataclasses import dataclass
from functools import cached_property


@dataclass
class Frame:
    stream: int
    counts: tuple
    sent: bool
    #: Of a Daisy: which halves were sent, channels 1 to 8 and 9 to 16.
    halves: tuple = ()


class Emulated:
    """`frames` in their order; `made`, `sent`, `lost`, `torn`: packets."""

    def __init__(self, path, kind):
        packets, stream, last = [], -1, -1
        self.notes = []
        for line in path.read_text().splitlines():
            if line.startswith("#"):
                self.notes.append(line[2:])
                continue
            index, counter, fate, *counts = line.split(" ")
            if stream < 0 or int(index) <= last:
                stream += 1
            last = int(index)
            packets.append((stream, last, int(counter), fate, tuple(map(int, counts))))
        fates = [packet[3] for packet in packets]
        self.made = len(packets)
        self.sent, self.lost, self.torn = map(fates.count, ("sent", "lost", "torn"))
        self.streams = stream + 1
        if kind == "daisy":
            self.frames = list(_joined(packets))
        else:
            # Ten bits around the middle of their range.
            middle = 512 if kind == "openeeg" else 0
            self.frames = [
                Frame(stream, tuple(count - middle for count in counts) if middle else counts,
                      fate == "sent") for stream, _, _, fate, counts in packets]

    @cached_property
    def _places(self):
        places = {}
        for place, frame in enumerate(self.frames):
            places.setdefault(frame.counts[:8], []).append(place)
        return places

    def find(self, samples, after):
        """Where after `after` most of these samples follow each other as they were sent, the first of
        them at its beginning: each stream plays the same recording from the same place."""
        best, most = None, 0
        for place in self._places.get(samples[0][:8], ()):
            if place <= after or len(self.frames) <= place + len(samples) // 2:
                continue
            count = next((n for n, (frame, sample) in enumerate(zip(self.frames[place:], samples))
                          if frame.counts[:len(sample)] != sample), len(samples))
            if count > most:
                best, most = place, count
        return best


def _joined(packets):
    """Frames of a Daisy."""
    waiting = None
    for stream, index, counter, fate, counts in packets:
        if counter % 2 == 0:
            waiting = (stream, index, fate, counts)
        elif waiting and waiting[:2] == (stream, index - 1):
            halves = (fate == "sent", waiting[2] == "sent")
            yield Frame(stream, counts + waiting[3], all(halves), halves)


class Comparison:
    """A recording against what was made. `right` and `wrong` samples of those that are passed off as good;
    `moved`: runs that stand elsewhere than the gaps before them say; `lost`: frames between the
    first and the last sample that the recording does not have; `unsent` of them the emulator
    did not send whole; `bad_halves`: incomplete frames that are not what was sent of them."""

    def __init__(self, emulated, recording):
        self.right = self.wrong = self.moved = self.bad_halves = 0
        frames, channels = emulated.frames, recording.channels
        shift, last, first_place, shifts = None, -1, None, []
        for first, end in recording.runs:
            samples = list(zip(*(channel[first:end] for channel in channels)))
            expected = first + shift if shift is not None else -1
            known = 0 <= expected < len(frames)
            if not known or frames[expected].counts[:len(samples[0])] != samples[0]:
                found = emulated.find(samples, last)
                if found is None:
                    self.wrong += len(samples)
                    continue
                # A stream that began anew begins anywhere.
                if shift is not None and frames[found].stream == frames[last].stream:
                    self.moved += 1
                expected, shift = found, found - first
            shifts.append((first, shift))
            for sample, frame in zip(samples, frames[expected:expected + len(samples)]):
                equal = frame.sent and frame.counts[:len(sample)] == sample
                self.right += equal
                self.wrong += not equal
            self.wrong += max(0, expected + len(samples) - len(frames))
            first_place = expected if first_place is None else first_place
            last = min(expected + len(samples), len(frames)) - 1
        between = frames[first_place:last + 1] if first_place is not None else []
        self.lost = len(between) - self.right
        self.unsent = sum(not frame.sent for frame in between)
        for first, end in recording.incomplete:
            at = max((pair for pair in shifts if pair[0] <= first), default=None)
            for k in range(first, end):
                whole = frames[k + at[1]] if at and k + at[1] < len(frames) else None
                sample = tuple(channel[k] for channel in channels)
                self.bad_halves += not (whole and sample == tuple(
                    count if whole.halves[channel // 8] else 0
                    for channel, count in enumerate(whole.counts)))
