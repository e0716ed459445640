"""Compares what three readers find in a BDF file with the samples that were recorded.

compare.py FILE EXPECTED SIGNALS: EXPECTED holds little-endian int32, sample by sample. Prints JSON.
"""

import json
import sys

import numpy as np

from readers import all_three

path, expected_path, signals = sys.argv[1], sys.argv[2], int(sys.argv[3])
expected = np.fromfile(expected_path, dtype="<i4").reshape(-1, signals).T
answers = {}
for name, seen in all_three(path).items():
    counts = seen.pop("counts")
    stored = counts[:, : expected.shape[1]]
    answers[name] = dict(
        seen, sampleCount=int(counts.shape[1]), signalCount=int(counts.shape[0]),
        differing=int((stored != expected).sum()) if stored.shape == expected.shape else -1,
        paddingIsZero=bool((counts[:, expected.shape[1]:] == 0).all()))
print(json.dumps(answers))
