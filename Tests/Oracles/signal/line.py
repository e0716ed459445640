"""The line through points, and quantiles of Student's t, by scipy.

usage: line.py < POINTS

POINTS: float64 pairs x, y. Writes float64: slope, standard error of the slope, then the 0.975
quantile of t for 1 to 200 degrees of freedom.
"""

import sys

import numpy as np
from scipy import stats

points = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float64).reshape(-1, 2)
fit = stats.linregress(points[:, 0], points[:, 1])
quantiles = stats.t.ppf(0.975, np.arange(1, 201))
sys.stdout.buffer.write(np.concatenate([[fit.slope, fit.stderr], quantiles]).tobytes())
