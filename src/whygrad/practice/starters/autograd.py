"""A tiny autograd: fill it in, then run `whygrad check` on this file."""


class Value:
    """A number that remembers how it was made.

    `data` is the number, `grad` the rate of the final result per unit of it. Supports +, * and
    relu(); `backward()` on the final result fills in `grad` everywhere.
    """

    def __init__(self, data):
        self.data = data
        self.grad = 0.0

    def __add__(self, other):
        # Your turn: remember self and other, and how the gradient goes back to them.
        return Value(self.data + other.data)

    def __mul__(self, other):
        return Value(self.data * other.data)

    def relu(self):
        return Value(max(0.0, self.data))

    def backward(self):
        # Your turn: visit every value once, after all that use it; contributions add up.
        self.grad = 1.0
