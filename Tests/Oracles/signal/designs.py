"""Filters by scipy: impulse responses and group delays.

usage: designs.py < cases.json

A case is {"kind": "butterworth", "order", "low", "high", "rate"} or
{"kind": "notch", "mains", "quality", "rate"} or {"kind": "dc", "corner", "rate"} or
{"kind": "fir", "taps", "low", "high", "rate"} or {"kind": "onepole", "gain", "rate"}, each with
"frequencies". The answer to each is {"impulse": 512 values, "delays": seconds, "gains": ratios}.
"""

import json
import sys

import numpy as np
from scipy import signal


def sections(case):
    rate = case["rate"]
    if case["kind"] == "butterworth":
        edges = [case["low"], case["high"]]
        return signal.butter(case["order"], edges, "bandpass", fs=rate, output="sos")
    if case["kind"] == "notch":
        return np.concatenate(signal.iirnotch(case["mains"], case["quality"], fs=rate))[None]
    if case["kind"] == "dc":
        return signal.butter(1, case["corner"], "highpass", fs=rate, output="sos")
    return np.array([[case["gain"], 0, 0, 1, case["gain"] - 1, 0]])


def answer(case):
    rate, frequencies = case["rate"], np.array(case["frequencies"])
    impulse = np.zeros(512)
    impulse[0] = 1
    if case["kind"] == "fir":
        h = signal.firwin(
            case["taps"], [case["low"], case["high"]], window="hann", pass_zero=False, fs=rate
        )
        filters = [(h, np.array([1.0]))]
        impulse = signal.lfilter(h, [1.0], impulse)
    else:
        sos = sections(case)
        filters = [(row[:3], row[3:]) for row in sos]
        impulse = signal.sosfilt(sos, impulse)
    delays = sum(signal.group_delay(f, w=frequencies, fs=rate)[1] for f in filters) / rate
    gains = np.prod(
        [np.abs(signal.freqz(b, a, worN=frequencies, fs=rate)[1]) for b, a in filters], axis=0
    )
    return {"impulse": impulse.tolist(), "delays": delays.tolist(), "gains": gains.tolist()}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
