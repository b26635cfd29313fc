"""Writes what player.mjs plays: tanh networks on 250 spiral points, as JSON on standard output."""

from __future__ import annotations

import json
import sys
from itertools import pairwise

from whygrad import nn, optim, trace
from whygrad.data import load
from whygrad.tape.run import leaves_of, numbers

BATCH = 10
NETWORKS = ([2, 4, 2, 1], [2, 8, 8, 8, 8, 8, 8, 1])

data = load("spirals", points=250)
x, t = data.x, 2 * data.y - 1
written = []
for layers in NETWORKS:
    parts: list[nn.Module] = []
    for n, (before, after) in enumerate(pairwise(layers)):
        parts += [nn.Linear(before, after, init="xavier_normal", stream=f"W{n + 1}"), nn.Tanh()]
    net = nn.Sequential(*parts)
    iteration = trace(
        net, x[:BATCH], t[:BATCH], loss="mse", optimizer=optim.SGD(net.parameters(), 0.03)
    )
    leaves = {v: numbers(array) for v, array in leaves_of(iteration.run).items()}
    written.append({"layers": layers, "tape": iteration.tape.to_json(), "leaves": leaves})
json.dump({"batch": BATCH, "x": x.tolist(), "t": t.tolist(), "networks": written}, sys.stdout)
