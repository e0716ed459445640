"""Opens a recording as hundreds of kills would leave it, with three readers.

cut.py FILE EXPECTED SIGNALS SAMPLES_PER_RECORD RATE: standard input holds JSON, a list of
[bytes, records]: the file's first so many bytes with so many records in its header. Each reader
must open each of them and return true samples only, at least those of the counted records; what
the file itself calls padding (`BAD_padding n`) is no sample.
Prints a JSON list of complaints.
"""

import json
import os
import sys
import tempfile

import numpy as np

from readers import with_edfio, with_mne, with_pyedflib

path, expected_path = sys.argv[1:3]
signals, per_record, rate = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
with open(path, "rb") as file:
    whole = file.read()
expected = np.fromfile(expected_path, dtype="<i4").reshape(-1, signals).T
scales = with_pyedflib(path)["scales"]
complaints = []
with tempfile.TemporaryDirectory() as folder:
    for byte_count, record_count in json.load(sys.stdin):
        cut = os.path.join(folder, "cut.bdf")
        left = bytearray(whole[:byte_count])
        left[236:244] = str(record_count).ljust(8).encode()
        with open(cut, "wb") as file:
            file.write(left)
        for name, read in dict(
                pyedflib=with_pyedflib, edfio=with_edfio,
                mne=lambda p: with_mne(p, scales)).items():
            case = f"{name}, {byte_count} bytes, {record_count} records: "
            try:
                seen = read(cut)
            except Exception as error:
                complaints.append(case + repr(error))
                continue
            counts = seen["counts"]
            if counts.shape[1] < record_count * per_record:
                complaints.append(case + f"only {counts.shape[1]} samples")
            is_sample = np.ones(counts.shape[1], dtype=bool)
            for onset, _, text in seen["annotations"]:
                if text.startswith("BAD_padding "):
                    first = round(onset * rate)
                    is_sample[first:first + int(text.split()[1])] = False
            found = np.flatnonzero(is_sample)
            if found.size > expected.shape[1] or (found != np.arange(found.size)).any():
                complaints.append(case + f"{found.size} samples that never were")
            elif not (counts[:, found] == expected[:, found]).all():
                complaints.append(case + "false samples")
print(json.dumps(complaints))
