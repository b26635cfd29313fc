"""One neuron, by hand: fill in the backward pass, then run `whygrad check` on this file."""


def neuron(w, b, x, y):
    """Return the loss of one neuron and its gradients.

    Forward: z = w * x + b, a = max(0, z), loss = (y - a) ** 2. All are plain numbers.

    Returns:
        A dict with "loss", and "dw" and "db": the rate of the loss per unit of w and of b.
    """
    z = w * x + b
    a = max(0.0, z)
    loss = (y - a) ** 2
    # Your turn: go back from the loss to a, to z, and to w and b.
    dw = 0.0
    db = 0.0
    return {"loss": loss, "dw": dw, "db": db}
