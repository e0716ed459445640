"""Trains the embedded motor-imagery model and says honestly how good it is.

    train_default_model.py FOLDER [MODEL.toml]

FOLDER holds S001R04.edf, S001R08.edf and S001R12.edf of PhysioNet's eegmmidb (imagined left or
right fist, subject 1). Trained on R08 and R12, tested once on R04, which is the recording that the
model of the ADS1299 plays. Features are those of the default signal chain, computed by scipy: DC
removal, notch, causal Butterworth, common average, ln of the mean square over one second.
The ridge is chosen by training on one of the two runs and testing on the other, never on R04.
Prints the numbers of Sources/Decoding/DefaultModel.swift and writes docs/models/'s file.
"""

import sys

import numpy as np
import pyedflib
from scipy import optimize, signal

CHANNELS = ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"]
CLASSES = ["rest", "left", "right"]
RATE = 250
RIDGES = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]


def load(path):
    reader = pyedflib.EdfReader(path)
    try:
        labels = [label.strip(".").lower() for label in reader.getSignalLabels()]
        rows = [reader.readSignal(labels.index(name.lower())) for name in CHANNELS]
        onsets, durations, texts = reader.readAnnotations()
    finally:
        reader.close()
    microvolts = signal.resample_poly(np.stack(rows), 25, 16, axis=1)
    return microvolts, list(zip(onsets, durations, texts))


def features(microvolts):
    """ln µV² for each sample and channel; not settled before the first second is over."""
    x = microvolts - microvolts[:, :1]
    x = signal.lfilter(*signal.butter(1, 0.5, "highpass", fs=RATE), x)
    x = signal.lfilter(*signal.iirnotch(50, 30, RATE), x)
    x = signal.sosfilt(signal.butter(2, [8, 30], "bandpass", fs=RATE, output="sos"), x)
    x = x - x.mean(axis=0)
    power = signal.lfilter(np.ones(RATE) / RATE, [1], x ** 2)
    return np.log(np.maximum(power, 1e-12)).T


def windows(path):
    """Every 100 ms in the last part of each trial, when the window holds nothing else."""
    microvolts, annotations = load(path)
    powers = features(microvolts)
    x, y = [], []
    for onset, duration, text in annotations:
        label = {"T0": 0, "T1": 1, "T2": 2}.get(text)
        if label is None:
            continue
        for time in np.arange(onset + 1.2, onset + duration, 0.1):
            index = int(round(time * RATE))
            if RATE <= index < len(powers):
                x.append(powers[index])
                y.append(label)
    return np.array(x), np.array(y)


def train(x, y, ridge):
    centres = x.mean(axis=0)
    x = x - centres
    # Each class weighs the same, however long it was shown.
    weight = np.array([1 / np.mean(y == k) for k in range(len(CLASSES))])[y] / len(CLASSES)

    def loss(flat):
        parameters = flat.reshape(len(CLASSES), -1)
        scores = parameters[:, :1] + parameters[:, 1:] @ x.T
        scores -= scores.max(axis=0)
        logsum = np.log(np.exp(scores).sum(axis=0))
        picked = scores[y, np.arange(len(y))] - logsum
        probability = np.exp(scores - logsum)
        error = (probability - np.eye(len(CLASSES))[:, y]) * weight
        gradient = np.concatenate([error.sum(axis=1, keepdims=True), error @ x], axis=1)
        gradient[:, 1:] += ridge * parameters[:, 1:]
        penalty = ridge / 2 * (parameters[:, 1:] ** 2).sum()
        return penalty - (picked * weight).sum(), gradient.ravel()

    start = np.zeros(len(CLASSES) * (x.shape[1] + 1))
    result = optimize.minimize(loss, start, jac=True, method="L-BFGS-B")
    parameters = result.x.reshape(len(CLASSES), -1)
    return centres, parameters[:, 0], parameters[:, 1:]


def found(x, y, model):
    """The share of each class's windows that the model gives back."""
    centres, biases, weights = model
    guess = (biases[:, None] + weights @ (x - centres).T).argmax(axis=0)
    return [float(np.mean(guess[y == k] == k)) for k in range(len(CLASSES))]


def choose_ridge(one, other):
    def score(ridge):
        return np.mean([found(*other, train(*one, ridge)), found(*one, train(*other, ridge))])

    scores = [score(ridge) for ridge in RIDGES]
    for ridge, value in zip(RIDGES, scores):
        print(f"ridge {ridge:g}: balanced accuracy {value:.3f}, one run to the other")
    # Over this range the score is nearly flat; less ridge gives more decided probabilities.
    return next(r for r, value in zip(RIDGES, scores) if value >= max(scores) - 0.01)


def row(values):
    return "[" + ", ".join(f"{v:.6f}" for v in values) + "]"


def as_toml(model):
    centres, biases, weights = model
    quoted = lambda names: "[" + ", ".join(f'"{name}"' for name in names) + "]"
    lines = [
        "# Rest, left and right fist, imagined: the model that the program carries.",
        "# Made by Tests/Oracles/decoding/train_default_model.py; docs/models.md has the format.",
        f"classes = {quoted(CLASSES)}",
        f"channels = {quoted(CHANNELS)}",
        f"centres = {row(centres)}",
        f"biases = {row(biases)}",
        "",
        "[weights]",
    ]
    lines += [f"{name} = {row(values)}" for name, values in zip(CLASSES, weights)]
    return "\n".join(lines) + "\n"


def main():
    folder = sys.argv[1]
    one, other = [windows(f"{folder}/S001R{run}.edf") for run in ("08", "12")]
    x, y = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    model = train(x, y, choose_ridge(one, other))
    test = windows(f"{folder}/S001R04.edf")
    for name, (a, b) in [("training R08 R12", (x, y)), ("test R04", test)]:
        rates = found(a, b, model)
        print(f"{name}: {len(b)} windows, balanced accuracy {np.mean(rates):.3f}, "
              + ", ".join(f"{c} {r:.3f}" for c, r in zip(CLASSES, rates)))
    text = as_toml(model)
    print(text)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="ascii") as file:
            file.write(text)


main()
