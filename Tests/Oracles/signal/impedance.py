"""What numpy and scipy say of an impedance measurement.

usage: impedance.py < questions.json

{"kind": "gain", "decimation", "period", "averaged"} is answered by the magnitude of the sinc³
filter at the harmonics 1, 3, 5 … 31 of a square wave with so many samples a period:
scipy.signal.freqz of three boxcars in a row, and the mean of as many conversions as make a sample.
{"kind": "wave", "decimation", "period", "phase"} by what the decimated filter makes of that square
wave, in one period of samples: scipy.signal.lfilter, no closed form.
{"kind": "spectrum", "counts", "bins"} by numpy's FFT of the counts under scipy's Hann window:
amplitudes in the named bins.
"""

import json
import sys

import numpy as np
from scipy import signal


def boxcars(decimation):
    box = np.ones(decimation) / decimation
    return np.convolve(np.convolve(box, box), box)


def gain(question):
    decimation, averaged = question["decimation"], question.get("averaged") or 1
    mean = np.zeros(decimation * (averaged - 1) + 1)
    mean[::decimation] = 1 / averaged
    frequencies = np.arange(1, 32, 2) / (question["period"] * averaged)
    _, response = signal.freqz(
        np.convolve(boxcars(decimation), mean), worN=frequencies, fs=decimation
    )
    return np.abs(response).tolist()


def wave(question):
    decimation, period = question["decimation"], question["period"]
    clocks = np.arange(decimation * (period + 4)) + question["phase"]
    square = np.where(clocks % (decimation * period) < decimation * period // 2, 1.0, -1.0)
    for _ in range(3):
        square = signal.lfilter(np.ones(decimation) / decimation, [1.0], square)
    # Conversion k has seen the clocks below k · decimation; the first four are not settled.
    samples = square[decimation - 1 :: decimation]
    return samples[3 : 3 + period].tolist()


def spectrum(question):
    counts = np.array(question["counts"], dtype=float)
    window = signal.windows.hann(len(counts), sym=False)
    amplitudes = 2 * np.abs(np.fft.rfft(counts * window)) / window.sum()
    return amplitudes[question["bins"]].tolist()


answers = {"gain": gain, "wave": wave, "spectrum": spectrum}
json.dump([answers[each["kind"]](each) for each in json.load(sys.stdin)], sys.stdout)
