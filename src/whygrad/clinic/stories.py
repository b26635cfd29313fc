"""What authors tell of their tasks and rows; several runs may share a story."""

from __future__ import annotations

from whygrad.clinic.case import Story

DIGITS = Story(
    "Say which of the ten digits is on a small picture.",
    "A row is 64 grey values, 8 × 8, of one handwritten digit.",
)
PICTURES = Story(
    "Say which of the ten digits is on a small picture, with convolutions.",
    "A row is a picture of 8 × 8 pixels of one handwritten digit.",
)
CHANNELS = Story(
    "Say which of the ten digits is on a small picture, with convolutions.",
    "A row is a picture of 8 × 8 pixels, the channels last: the digit, and two others.",
)
MOONS = Story(
    "Say on which of two interleaved half moons a point lies.",
    "A row is a point of the plane: two numbers.",
)
CIRCLES = Story(
    "Say on which of two rings, one inside the other, a point lies.",
    "A row is a point of the plane: two numbers.",
)
SPIRALS = Story(
    "Say on which of three spiral arms a point lies.", "A row is a point of the plane: two numbers."
)
BLOBS = Story(
    "Say to which of three clouds of points a point belongs.",
    "A row is a point of the plane: two numbers.",
)
CANCER = Story(
    "Say whether a breast tumour is benign.",
    "A row is 30 measurements of cell nuclei: radii, areas, textures and the like.",
)
WINE = Story(
    "Say from which of three growers a wine is.",
    "A row is 13 chemical measurements of one wine.",
)
IRIS = Story(
    "Say of which of three kinds an iris is.", "A row is four lengths, in cm, of one flower."
)
DIABETES = Story(
    "Predict how far a patient's diabetes has moved on after a year.",
    "A row is ten measurements of one patient: age, blood pressure and the like.",
)
ABOVE_MEDIAN = Story(
    "Say whether a patient's diabetes has moved on more than the median after a year.",
    "A row is eleven measurements of one patient, as they stand in the table.",
)
REGRESSION = Story(
    "Predict a number from twenty measurements.",
    "A row is twenty numbers; what is wanted is a weighted sum of some, with a little noise.",
)
FRIEDMAN = Story(
    "Predict a number from ten measurements, five of which matter, not all linearly.",
    "A row is ten numbers between 0 and 1.",
)
SQUARE = Story("Fit a noisy parabola.", "A row is one number, x; what is wanted is near 5 x².")
LINE = Story("Fit a noisy straight line.", "A row is one number, x; what is wanted is near 100 x.")
FOURTH = Story("Fit x⁴ for whole x from −100 to 99.", "A row is one number, x.")
XOR = Story(
    "Say whether exactly one of two inputs is 1.", "A row is two bits; there are four rows."
)
TWO_CLASSES = Story(
    "Tell two classes apart by ten measurements.", "A row is ten numbers, four of which matter."
)
SEQUENCE = Story(
    "Say, at the end of a sequence, which of two marks it began with.",
    "A row is 60 steps of two numbers; the mark is in the first step, the rest is noise.",
)
