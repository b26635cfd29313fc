"""Sound set-ups of which others are variants."""

from __future__ import annotations

from whygrad.clinic import data
from whygrad.clinic.case import Setup
from whygrad.clinic.model_source import mlp
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, adam

DIGITS = Setup(data.digits(), mlp(64, 64, 10), CROSS_ENTROPY, adam(2e-3), epochs=15)
CANCER = Setup(data.table("breast_cancer", "binary"), mlp(30, 16, 1), BCE, adam(1e-3), epochs=25)
