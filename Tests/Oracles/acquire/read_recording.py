"""Opens a recording with MNE, pyEDFlib and edfio and says what each of them sees, as JSON."""

import hashlib
import json
import sys
import warnings

import edfio
import mne
import numpy as np
import pyedflib

warnings.simplefilter("ignore")
mne.set_log_level("ERROR")
path = sys.argv[1]


def digest(counts):
    return hashlib.sha256(np.ascontiguousarray(counts, dtype="<i4").tobytes()).hexdigest()


def with_pyedflib():
    reader = pyedflib.EdfReader(path)
    try:
        counts = np.stack(
            [reader.readSignal(i, digital=True) for i in range(reader.signals_in_file)])
        onsets, _, texts = reader.readAnnotations()
        return dict(
            reader="pyedflib", labels=reader.getSignalLabels(), sampleCount=counts.shape[1],
            digest=digest(counts),
            annotations=[dict(onset=float(o), text=str(t)) for o, t in zip(onsets, texts)])
    finally:
        reader.close()


def with_edfio():
    bdf = edfio.read_bdf(path)
    counts = np.stack([signal.digital for signal in bdf.signals])
    return dict(
        reader="edfio", labels=[signal.label for signal in bdf.signals],
        sampleCount=counts.shape[1], digest=digest(counts),
        annotations=[dict(onset=float(a.onset), text=a.text) for a in bdf.annotations])


def with_mne(scales):
    raw = mne.io.read_raw_bdf(path, stim_channel=None, preload=True)
    # MNE hands out volts: back to counts by the header's own scale, as pyEDFlib read it.
    counts = np.stack([
        np.rint((raw._data[i] / unit - offset) / scale).astype(np.int64)
        for i, (scale, offset, unit) in enumerate(scales)])
    return dict(
        reader="mne", labels=raw.ch_names, sampleCount=counts.shape[1], digest=digest(counts),
        annotations=[
            dict(onset=float(o), text=str(t))
            for o, t in zip(raw.annotations.onset, raw.annotations.description)])


def scales():
    reader = pyedflib.EdfReader(path)
    try:
        rows = []
        for i in range(reader.signals_in_file):
            low, high = reader.getPhysicalMinimum(i), reader.getPhysicalMaximum(i)
            bottom, top = reader.getDigitalMinimum(i), reader.getDigitalMaximum(i)
            scale = (high - low) / (top - bottom)
            unit = 1e-6 if reader.getPhysicalDimension(i).strip() == "uV" else 1.0
            rows.append((scale, low - bottom * scale, unit))
        return rows
    finally:
        reader.close()


print(json.dumps([with_mne(scales()), with_pyedflib(), with_edfio()]))
