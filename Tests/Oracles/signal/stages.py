"""Every stage of the signal chain by scipy, on a minute of real EEG.

usage: stages.py RECORDING RATE MAINS TAPS

Writes blocks: name (16 bytes, padded with zeros), rows and columns (int64), then float64 values.
"""

import sys

import numpy as np
from scipy import signal

from recording import MICROVOLTS_PER_COUNT, minute

path, rate, mains, taps = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
band = [8.0, 30.0]


def write(name, values):
    values = np.ascontiguousarray(values, dtype="<f8")
    sys.stdout.buffer.write(name.encode().ljust(16, b"\0"))
    sys.stdout.buffer.write(np.array(values.shape, dtype="<i8").tobytes())
    sys.stdout.buffer.write(values.tobytes())


def dc_removal(x, corner=0.5):
    sos = signal.butter(1, corner, "highpass", fs=rate, output="sos")
    steady = signal.sosfilt_zi(sos)[:, :, None] * x[0]
    return signal.sosfilt(sos, x, axis=0, zi=steady)[0]


def notch(x):
    b, a = signal.iirnotch(mains, 30.0, fs=rate)
    return signal.lfilter(b, a, x, axis=0)


def butterworth(x, order):
    return signal.sosfilt(signal.butter(order, band, "bandpass", fs=rate, output="sos"), x, axis=0)


def fir(x):
    h = signal.firwin(taps, band, window="hann", pass_zero=False, fs=rate)
    return signal.lfilter(h, [1.0], x, axis=0)


def kalman(x, walk=2e5, noise=10.0):
    # The textbook recursion, in matrix-free form.
    out = np.empty_like(x)
    state, variance = x[0].copy(), noise
    out[0] = state
    for k in range(1, len(x)):
        variance += walk / rate
        gain = variance / (variance + noise)
        state = state + gain * (x[k] - state)
        variance *= 1 - gain
        out[k] = state
    return out


def common_average(x):
    return x - x.mean(axis=1, keepdims=True)


def band_power(x):
    squares = np.concatenate([np.zeros((1, x.shape[1])), x**2]).astype(np.longdouble)
    total = np.cumsum(squares, axis=0)
    settled = (total[rate:] - total[:-rate]) / rate
    return np.log(np.maximum(settled, 1e-12)).astype(float)


counts = minute(path, rate)
x = counts * MICROVOLTS_PER_COUNT
flat = dc_removal(x)
write("counts", counts)
write("dc", flat)
write("notch", notch(flat))
write("butterworth2", butterworth(flat, 2))
write("butterworth4", butterworth(flat, 4))
write("fir", fir(flat))
write("kalman", kalman(flat))
write("average", common_average(flat))
chain = common_average(butterworth(notch(flat), 2))
write("chain", chain)
write("power", band_power(chain))
