"""Experiments over many trainings at once."""

from whygrad.lab.sweep import Sweep, sweep

__all__ = ["Sweep", "sweep"]
