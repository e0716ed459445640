"""Counts, scales and annotations of an EDF or BDF file as pyEDFlib reads them.

read_edf.py FILE OUT: writes OUT as little-endian int32, sample by sample. Prints JSON.
"""

import json
import sys

import numpy as np

from readers import with_pyedflib

seen = with_pyedflib(sys.argv[1])
np.ascontiguousarray(seen.pop("counts").T, dtype="<i4").tofile(sys.argv[2])
print(json.dumps(seen))
