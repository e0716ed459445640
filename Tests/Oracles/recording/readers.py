"""What MNE, pyEDFlib and edfio each see in a recording."""

import warnings

import edfio
import mne
import numpy as np
import pyedflib

warnings.simplefilter("ignore")
mne.set_log_level("ERROR")


def with_pyedflib(path):
    """Digital counts as EDFlib stores them; onsets in seconds since sample 0."""
    reader = pyedflib.EdfReader(str(path))
    try:
        indices = range(reader.signals_in_file)
        onsets, durations, texts = reader.readAnnotations()
        start = reader.getStartdatetime()
        return dict(
            labels=reader.getSignalLabels(),
            counts=np.stack([reader.readSignal(i, digital=True) for i in indices]),
            scales=[
                (reader.getPhysicalMaximum(i) - reader.getPhysicalMinimum(i))
                / (reader.getDigitalMaximum(i) - reader.getDigitalMinimum(i)) for i in indices],
            annotations=[
                [float(o), float(d), str(t)] for o, d, t in zip(onsets, durations, texts)],
            prefilter=[reader.getPrefilter(i) for i in indices],
            transducer=[reader.getTransducer(i) for i in indices],
            equipment=reader.getEquipment(),
            start=start.strftime("%Y-%m-%dT%H:%M:%S"))
    finally:
        reader.close()


def with_edfio(path, bdf=True):
    file = edfio.read_bdf(path) if bdf else edfio.read_edf(path)
    return dict(
        labels=[s.label for s in file.signals],
        counts=np.stack([s.digital for s in file.signals]),
        annotations=[[a.onset, a.duration or 0.0, a.text] for a in file.annotations],
        start=f"{file.startdate.isoformat()}T{file.starttime.isoformat()}")


def with_mne(path, scales, bdf=True):
    """`scales`: units of each signal's dimension per count, 0 for what is not in volts."""
    read = mne.io.read_raw_bdf if bdf else mne.io.read_raw_edf
    raw = read(path, preload=True)
    rows = []
    for volts, scale, unit in zip(raw.get_data(), scales, raw._orig_units.values()):
        exact = volts / (scale * {"uV": 1e-6, "µV": 1e-6, "mV": 1e-3}.get(unit, 1.0))
        counts = np.rint(exact)
        # Nearer than a thousandth of a count: not a rounding that happens to come out right.
        assert np.abs(exact - counts).max(initial=0) < 1e-3, "MNE is off by part of a count"
        rows.append(counts.astype(np.int64))
    return dict(
        labels=raw.ch_names, types=raw.get_channel_types(), counts=np.stack(rows),
        rate=raw.info["sfreq"],
        annotations=[
            [float(a["onset"]), float(a["duration"]), str(a["description"])]
            for a in raw.annotations])


def all_three(path):
    by_edflib = with_pyedflib(path)
    return dict(
        pyedflib=by_edflib, edfio=with_edfio(path), mne=with_mne(path, by_edflib["scales"]))
