"""From a spec to something that trains: its recorded iteration, and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whygrad.data import Dataset
from whygrad.engine.op import Array
from whygrad.spec import Spec, boundary, load_spec, resolve
from whygrad.tape.player import Player
from whygrad.tape.run import Run
from whygrad.training.evaluation import Evaluation, solved_samples
from whygrad.training.from_formula import formula_iteration
from whygrad.training.from_network import network_iteration, visited
from whygrad.training.iteration import Iteration


@dataclass(frozen=True)
class Training:
    """A spec, made ready: ``iteration.play(n)`` trains it.

    Attributes:
        spec: with every default filled in.
        iteration: the recorded iteration, which visits the data in the spec's order.
        dataset: what it learns from; None for a formula.
    """

    spec: Spec
    iteration: Iteration
    dataset: Dataset | None

    def visited(self, iteration: int) -> Array | None:
        """Return the indices of the samples an iteration (from 0) sees; None for a formula."""
        return None if self.dataset is None else visited(self.spec, self.dataset, iteration)

    def evaluate(self, dataset: Dataset | None = None) -> Evaluation | None:
        """Judge the network on ``dataset``, by default the one kept for evaluation.

        Returns:
            None for a formula, which has no data.
        """
        if self.dataset is None:
            return None
        judged = dataset or self.dataset.evaluation or self.dataset
        run = self.forward(judged)
        outputs = run["yhat"].reshape(len(judged), -1)
        solved = solved_samples(judged, outputs, boundary(self.spec))
        return Evaluation(float(run["L"]), outputs, solved, float(solved.mean()))

    def forward(self, dataset: Dataset) -> Run:
        """Return the numbers for all of a dataset at once, with the parameters as they stand."""
        tape = self.iteration.tape
        leaves = {v.id: self.iteration.run.arrays[v.id] for v in tape.leaves}
        leaves[tape.by_name["x"]] = dataset.x
        leaves[tape.by_name["t"]] = dataset.y
        for name, array in self.iteration.state.items():
            leaves[tape.by_name[name]] = array
        player = Player(tape, leaves)
        player.play()
        return player.run()


def start(spec: Spec | str, *, files: Mapping[str, bytes] | None = None) -> Training:
    """Make a spec ready to train.

    Args:
        spec: a spec, a preset's name, or the path of a TOML file.
        files: uploaded files by name; where given, nothing is read from disk.

    Raises:
        WhygradError: the spec, its data or its shapes are at fault; says where.
    """
    given = load_spec(spec) if isinstance(spec, str) else spec
    resolved, dataset = resolve(given, files=files)
    if dataset is None:
        return Training(resolved, formula_iteration(resolved), None)
    return Training(resolved, network_iteration(resolved, dataset), dataset)
