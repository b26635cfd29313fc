"""Optimizers: they record the update as ordinary steps, with their state as values on the tape.

Each computes what the optimizer of that name in PyTorch computes, with the same defaults. The
numbers that may be changed while training (the learning rate, momentum ...) are leaves of the
tape; what an optimizer remembers (velocity, averages, the count of steps) is carried from one
iteration to the next like the parameters themselves, and from one recording to the next.
"""

from whygrad.optim.base import OPTIMIZERS, Optimizer, Recorded, Update
from whygrad.optim.rules import SGD, Adagrad, Adam, AdamW, RMSprop, make

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "Recorded",
    "Update",
    "make",
]
