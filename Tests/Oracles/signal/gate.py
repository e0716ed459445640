"""When the default artifact gate is open on a recording at 250 Hz, by numpy.

usage: gate.py RECORDING

Writes one byte a frame: 1 open, 0 closed. Amplitude and gradient only: the recording has no flat
line, no saturation, no lead-off.
"""

import sys

import numpy as np
from scipy import signal

from recording import MICROVOLTS_PER_COUNT, counts

x = counts(sys.argv[1]) * MICROVOLTS_PER_COUNT
sos = signal.butter(1, 0.5, "highpass", fs=250, output="sos")
x = signal.sosfilt(sos, x, axis=0, zi=signal.sosfilt_zi(sos)[:, :, None] * x[0])[0]
x = signal.lfilter(*signal.iirnotch(50, 30, fs=250), x, axis=0)
steep = np.abs(np.diff(x, axis=0, prepend=x[:1])) > 12500 / 250
bad = ((np.abs(x) > 150) | steep).any(axis=1)
# 250 ms are 63 samples: closed at a bad one and at the 63 after it.
closed = np.convolve(bad, np.ones(64), mode="full")[: len(bad)] > 0.5
sys.stdout.buffer.write((~closed).astype(np.uint8).tobytes())
