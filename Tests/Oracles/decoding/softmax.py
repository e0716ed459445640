"""scipy's softmax of linear scores: a model and rows of features in, rows of probabilities out."""

import json
import sys

import numpy as np
from scipy import special

request = json.load(sys.stdin)
features = np.array(request["features"])
weights = np.array(request["weights"])
scores = np.array(request["biases"]) + (features - np.array(request["centres"])) @ weights.T
json.dump(special.softmax(scores, axis=1).tolist(), sys.stdout)
