"""A network of two layers, by hand: fill it in, then run `whygrad check` on this file."""

import numpy as np


def two_layers(W1, b1, W2, b2, x, t):
    """Return the loss of a network of two layers and its gradients.

    Forward: z1 = x @ W1 + b1, a1 = max(0, z1), yhat = a1 @ W2 + b2, and the loss is the mean of
    (yhat - t) ** 2 over all examples.

    Args:
        W1: shape (inputs, hidden).
        b1: shape (hidden,).
        W2: shape (hidden, 1).
        b2: shape (1,).
        x: shape (examples, inputs).
        t: shape (examples, 1).

    Returns:
        A dict with "loss", "dW1", "db1", "dW2" and "db2", each gradient in its value's shape.
    """
    z1 = x @ W1 + b1
    a1 = np.maximum(0.0, z1)
    yhat = a1 @ W2 + b2
    loss = np.mean((yhat - t) ** 2)
    # Your turn.
    return {
        "loss": loss,
        "dW1": np.zeros_like(W1),
        "db1": np.zeros_like(b1),
        "dW2": np.zeros_like(W2),
        "db2": np.zeros_like(b2),
    }
