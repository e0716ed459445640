"""The EEG of a BDF file, read here without any of the code under test."""

import numpy as np
from scipy import signal

MICROVOLTS_PER_COUNT = 187500 / 8388607
CHANNELS = 8


def counts(path):
    """int32 [sample, channel] of the first eight channels, annotations left out."""
    raw = open(path, "rb").read()
    signals = int(raw[252:256])
    records = int(raw[236:244])
    offset = 256 + signals * (16 + 80 + 8 + 8 + 8 + 8 + 8 + 80)
    per_record = [int(raw[offset + 8 * k : offset + 8 * k + 8]) for k in range(signals)]
    body = np.frombuffer(raw, np.uint8, offset=256 * (signals + 1))
    body = body[: records * 3 * sum(per_record)].reshape(records, 3 * sum(per_record))
    columns = []
    start = 0
    for k in range(CHANNELS):
        part = body[:, start : start + 3 * per_record[k]].reshape(-1, 3).astype(np.int32)
        value = part[:, 0] | part[:, 1] << 8 | part[:, 2] << 16
        columns.append(np.where(value >= 1 << 23, value - (1 << 24), value))
        start += 3 * per_record[k]
    return np.stack(columns, axis=1).astype(np.int32)


def minute(path, rate):
    """int32 [sample, channel]: the first minute, at 250 Hz or a multiple of it."""
    whole = counts(path)[: 60 * 250]
    if rate == 250:
        return whole
    return np.rint(signal.resample_poly(whole.astype(float), rate // 250, 1, axis=0)).astype(
        np.int32
    )
