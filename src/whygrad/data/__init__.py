"""Datasets: made by formula, read from CSV files, and the order they are visited in."""

from whygrad.data.csv_file import CsvSummary, describe_csv, parse_csv, read_csv
from whygrad.data.dataset import (
    Dataset,
    Scaling,
    Task,
    batch_indices,
    batches,
    from_arrays,
    guess_task,
    split,
    standardise,
)
from whygrad.data.digits import digits
from whygrad.data.synthetic import LOADERS, Loader, load
from whygrad.data.text import Characters, characters

__all__ = [
    "LOADERS",
    "Characters",
    "CsvSummary",
    "Dataset",
    "Loader",
    "Scaling",
    "Task",
    "batch_indices",
    "batches",
    "characters",
    "describe_csv",
    "digits",
    "from_arrays",
    "guess_task",
    "load",
    "parse_csv",
    "read_csv",
    "split",
    "standardise",
]
