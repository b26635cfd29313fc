# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Finds in a script what is trained, on what rows, by which loss and optimizer, and watches it.

What is trained by an optimizer, or by several that step together, is a unit; each has a doctor of
its own. PyTorch is patched for the whole process, so the tracer knows its threads: the one the
script runs in and those that it starts. What any other thread does is not the script's. Of the
script's threads the first that calls backward, or steps an optimizer, is the one that trains; only
that one is then traced.

Nothing of the user's is hashed, compared, printed or kept alive, and no failure of the tracer
reaches the script: it becomes a note.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakSet, ref

import torch
from torch import nn

from whygrad.doctor.doctor import Doctor
from whygrad.doctor.finding import Finding
from whygrad.doctor.observe.calls import (
    CallLog,
    Given,
    places_in,
    switch_off,
    switch_on,
    tensors_in,
)
from whygrad.doctor.observe.recipe import (
    LOSSES,
    Cut,
    Pathway,
    Recipe,
    RecipeLoss,
    names_of,
)
from whygrad.doctor.observe.recorder import FIRST_BATCHES, MOST_ROWS

Tensor = torch.Tensor
Progress = Callable[[int, float, tuple[Finding, ...]], None]
FIRST_LOOK = 8  # iterations, after which findings are first read
LOOK_ROWS = 4096  # rows that reading the findings passes through the network, about
LOOK_SHARE = 0.05  # of the rows trained on, that reading findings may take while the script runs
SHOWN_EVERY = 0.2  # seconds between two lines of progress
MOST_KNOWN = 20_000  # training rows that are recognised when they are validated on
MOST_CALLS = 8  # of an iteration
MOST_WAITING = 64  # losses whose optimizer has not stepped yet
PATIENCE = 3  # losses of unknown origin, after which what is called is taken for what is trained
MOST_UNITS = 4  # that are watched
COLUMNS = 32  # of a row, by which it is recognised
OURS = 0.9  # of a batch's rows are training rows: it is no validation


class Call(NamedTuple):
    """A call of a model from outside."""

    model: nn.Module
    args: Any
    kwargs: Any
    outputs: Any
    thread: threading.Thread


class Waiting(NamedTuple):
    """A loss on which backward was called, before its optimizer has stepped."""

    loss: Tensor
    recipe: Recipe | None
    unit: Any  # whose loss it is; None if that is not known


class Judging:
    """A batch that the unit is judged on, while its answers and targets come together."""

    def __init__(self, rows: Tensor, outputs: list[Tensor], loose: bool) -> None:
        self.rows = rows
        self.loose = loose  # of another shape than the rows trained on: only losses are noted
        self.of_answers = {id(t): t for t in outputs}
        self.targets: Tensor | None = None


class Unit:
    """What is trained together: modules, their optimizers, and the doctor beside them.

    Attributes:
        path: what replays the loop's calls; None where the model alone gives the outputs.
        cut: where outputs meet targets; None if that is not known.
        owner: the module that is called from outside, where there is one only.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizers: list[Any],
        recipe: Recipe | None,
        lines: list[str],
        elsewhere: Callable[[], list[Any]],
    ) -> None:
        self.optimizers = optimizers
        self.signature = None if recipe is None else recipe.signature
        self.cut = None if recipe is None else recipe.find_cut()
        modules = [model] if recipe is None else recipe.modules()
        self.modules = [ref(m) for m in modules]
        self.path: Pathway | None = None
        self.simple = recipe is not None and self.cut is not None and _is_simple(recipe, self.cut)
        self.sources: list[tuple[Any, list[Tensor]]] = []
        loss: Any = None
        if recipe is not None and self.cut is not None:
            if self.cut.whole and self.cut.function is not None:
                loss = partial(self.cut.function, **(self.cut.options or {}))
            if not self.simple:
                path = Pathway(recipe, self.cut, names_of(modules, lines))
                self.path = path if path.is_by_rows(recipe.given) else None
                self.cut = self.cut if self.path is not None else None
            if self.cut is None:
                loss = None
                model = Together(modules, names_of(modules, lines)) if modules[1:] else modules[0]
            elif self.path is not None:
                y = recipe.tensor(self.cut.targets)
                each = y.ndim == 0 or len(y) == self.path.rows
                known = self.cut.whole and loss is not None and each
                loss = loss if known else RecipeLoss(self.cut)
                model = self.path
            else:
                model = modules[0]
        elif recipe is not None and len(modules) > 1:
            model = Together(modules, names_of(modules, lines))
        self.doctor = Doctor(model, optimizers, loss=loss, elsewhere=elsewhere)
        self.doctor.path = self.path
        self.doctor.by_hand = self.cut is not None and not self.cut.name
        self.doctor.judged_by = "" if self.cut is None else self.cut.name
        self.known: set[bytes] = set()
        # The last of each says whether it was with gradients: it may turn out to be trained on.
        self.validation_rows: list[tuple[Tensor, Tensor, bool]] = []
        self.validation_losses: list[tuple[float, int, bool]] = []
        self.judging: Judging | None = None
        self.stepping: list[Any] = []  # optimizers that have stepped in this iteration
        self.places: dict[int, Any] | None = None  # where the first module is given each input
        self.target_place: Any = None
        self.wanted: tuple[bool, tuple[int, ...], int] = (False, (), 1)

    def locate(self, recipe: Recipe) -> None:
        """Find where rows and targets come from, so that they are known when they are judged."""
        assert self.cut is not None
        y = recipe.tensor(self.cut.targets)
        entry = recipe.entries[0]
        refs = dict(_places_of((entry.args, entry.kwargs)))
        rows = len(recipe.given[0]) if self.path is None else self.path.rows
        repeats = len(y) // rows if y.ndim and rows and len(y) % rows == 0 else 1
        self.wanted = y.is_floating_point(), tuple(y.shape[1:]), max(repeats, 1)
        place_of = {r.number: place for place, r in refs.items() if isinstance(r, Given)}
        inside = self.cut.targets.number in place_of and self.cut.function is None
        self.target_place = place_of.get(self.cut.targets.number) if inside else None
        if self.path is not None:
            wanted = [s.number for s in self.path.slots]
            if all(n in place_of for n in wanted):
                self.places = {n: place_of[n] for n in wanted}

    def judged_by_loss(self, loss: float, rows: int) -> None:
        """Note the loss of a batch that the unit is judged on."""
        if not self.validation_losses:
            self.doctor.evaluated_with = self.doctor.weights_mark()
        self.validation_losses.append((loss, rows, torch.is_grad_enabled()))

    def was_training(self) -> None:
        """Backward was called on what was taken for judging: it is trained in this mode."""
        self.validation_rows = [rows for rows in self.validation_rows if not rows[2]]
        self.validation_losses = [loss for loss in self.validation_losses if not loss[2]]
        self.judging = None

    def marks(self, rows: Tensor) -> list[bytes]:
        """Return by what rows are recognised."""
        return _marks(rows if self.path is None else self.path.table(rows))

    def is_moving(self) -> bool:
        """Whether rows or targets come of something that has changed since."""
        pairs = ((held(), was) for held, was in self.sources)
        return any(
            module is None
            or any(not torch.equal(a, b) for a, b in zip(was, _part_of(module), strict=True))
            for module, was in pairs
        )

    def has(self, module: nn.Module) -> bool:
        """Whether a module is one of the unit's, or is its model."""
        return module is self.doctor.outer or any(r() is module for r in self.modules)

    def owns(self, optimizer: Any) -> bool:
        """Whether an optimizer is one of the unit's."""
        return any(optimizer is o for o in self.optimizers)

    @property
    def wants_rows(self) -> bool:
        """Whether the rows of the iteration that goes on are asked for."""
        return self.doctor.iterations < FIRST_BATCHES or self.doctor.auditing

    def rows_of(self, recipe: Recipe | None) -> tuple[Any, Any, Any]:
        """Return an iteration's inputs, outputs and targets; None each where they are not known."""
        if recipe is None or self.cut is None or recipe.signature != self.signature:
            return None, None, None
        outputs = recipe.tensor(self.cut.outputs)
        targets = self.in_rows(recipe.given[self.cut.targets.number])
        if self.path is not None:
            return self.path.packed(dict(enumerate(recipe.given))), outputs, targets
        return recipe.given[0], outputs, targets

    def in_rows(self, targets: Tensor) -> Tensor:
        """Return targets with one entry for each row, where a row has several."""
        repeats = self.wanted[2]
        if repeats == 1 or len(targets) % repeats:
            return targets
        return targets.reshape(len(targets) // repeats, repeats, *targets.shape[1:])


class Together(nn.Module):
    """Modules that are trained together where it is not known how outputs come of them."""

    def __init__(self, modules: list[nn.Module], names: list[str]) -> None:
        super().__init__()
        for name, module in zip(names, modules, strict=True):
            self.add_module(name, module)


def _none() -> None:
    return None


def _part_of(module: nn.Module) -> list[Tensor]:
    """Return copies of a few numbers of each parameter."""
    return [p.detach().flatten()[:8].clone() for p in module.parameters()]


def _places_of(value: Any, place: tuple[Any, ...] = ()) -> Iterator[Any]:
    if isinstance(value, Given):
        yield place, value
    elif type(value) in (tuple, list):
        for n, part in enumerate(value):
            yield from _places_of(part, (*place, n))
    elif type(value) is dict:
        for key, part in value.items():
            yield from _places_of(part, (*place, key))


def _marks(rows: Tensor) -> list[bytes]:
    flat = rows.detach().reshape(len(rows), -1)
    take = torch.linspace(0, flat.shape[1] - 1, min(flat.shape[1], COLUMNS)).long()
    return [row.tobytes() for row in flat[:, take.to(flat.device)].cpu().float().numpy()]


def _is_simple(recipe: Recipe, cut: Cut) -> bool:
    """Whether one module gives the outputs, of one tensor and nothing else."""
    first = recipe.entries[0]
    return (
        recipe.is_module(first)
        and cut.outputs == (0, 0)
        and cut.outputs.entry == 0
        and len(first.outs) == 1
        and len(first.args) == 1
        and not first.kwargs
        and isinstance(first.args[0], Given)
        and sum(recipe.is_module(e) for e in recipe.entries) == 1
    )


class ScriptTracer:
    """Finds the models, the losses, the rows and the loop from what is called."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.perf_counter) -> None:
        self.progress, self.clock = progress, clock
        self.units: list[Unit] = []
        self.busy = False  # the doctor is at work: what it calls is not the script's
        self.process = os.getpid()
        self.threads = WeakSet([threading.current_thread()])  # the script's own
        self.trains: threading.Thread | None = None  # the one of them that trains
        self.nested = threading.local()  # of the thread: whether a module calls this one
        self.optimizers: list[Any] = []
        self.made: dict[int, tuple[Any, str]] = {}  # a weak reference, and on what line
        self.calls: list[Call] = []  # of this iteration
        self.waiting: list[Waiting] = []
        self.unscaled: Any = None
        self.logs = threading.local()
        self.stepping: list[Any] = []  # optimizers that have stepped since it was forgotten
        self.gradless: list[Any] = []  # optimizers that have stepped, and never had a gradient
        self.at_work: list[Any] = []  # optimizers that have stepped at all
        self.answered: dict[int, Any] = {}  # weak references to the modules that were called
        self.curious = False  # something is trained that no unit is about
        self.unseen = 0  # losses of which it was not seen how they came about
        self.parted: list[Any] = []  # optimizers that do not step together
        self.unwatched: list[str] = []
        self.mishaps: list[str] = []
        self.findings: tuple[Finding, ...] = ()
        self.shown = clock()
        self.looks = 0  # how often findings were read

    @property
    def doctor(self) -> Doctor | None:
        """The doctor of what is trained first."""
        return self.units[0].doctor if self.units else None

    def guarded(self, method: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the tracer's; what fails in it is a note, and the script goes on."""
        busy = self.busy
        try:
            return method(*args)
        except Exception as error:
            self.busy = busy
            said = (
                f"the doctor could not follow {method.__name__.strip('_')}: {type(error).__name__}"
            )
            if said not in self.mishaps:
                self.mishaps.append(said)
            return None

    # --- whose call it is ------------------------------------------------------------------------

    def is_traced(self) -> bool:
        """Whether what this thread does now is the traced training's."""
        if self.busy or os.getpid() != self.process:
            return False
        here = threading.current_thread()
        return here in self.threads and self.trains in (None, here)

    def outermost(self) -> bool:
        """Whether no module's call is going on in this thread."""
        return not getattr(self.nested, "calls", False)

    def follow(self) -> None:
        """This thread trains: from now on only it is traced, and what others did is forgotten."""
        if self.trains is None:
            self.trains = here = threading.current_thread()
            self.calls = [call for call in self.calls if call.thread is here]

    # --- the log of this thread's calls ----------------------------------------------------------

    @property
    def log(self) -> CallLog:
        """The log of this thread."""
        known = getattr(self.logs, "log", None)
        if known is None:
            takes = lambda: self.is_traced() and self.outermost()  # noqa: E731
            known = self.logs.log = CallLog(takes, self.compared, self.guarded)
        return known

    def listens(self) -> bool:
        """Whether the loop's calls are asked for now."""
        return (
            not self.units
            or self.curious
            or any(u.wants_rows or u.judging is not None for u in self.units)
        )

    def listen(self) -> None:
        """Put the log on this thread, or take it off, as it is asked for."""
        if self.listens():
            switch_on(self.log)
        else:
            switch_off(self.log)

    # --- while the script runs -------------------------------------------------------------------

    def called(self, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        """A module was called from outside."""
        thread = threading.current_thread()
        if self.listens():
            self.answered[id(module)] = ref(module)
        call = Call(module, args, kwargs, out, thread)
        examined = [u for u in self.units if u.has(module)]
        judged = bool(examined) and not (torch.is_grad_enabled() and module.training)
        if judged:
            for unit in examined:
                self.judge(unit, call)
        else:
            for unit in self.units:
                if unit.judging is not None or unit.validation_rows or unit.validation_losses:
                    self.close_pass(unit)
        if torch.is_grad_enabled():
            free = [o for o in self.optimizers if not any(u.owns(o) for u in self.units)]
            self.curious = self.curious or bool(free and not examined and not self.unwatched)
            self.calls = [*self.calls[-MOST_CALLS:], call]
        self.listen()
        if self.listens():
            self.log.note(module, args, kwargs, out)

    def judge(self, unit: Unit, call: Call) -> None:
        """A module of the unit's was called to be judged."""
        if unit.cut is None:
            return
        rows, loose = self.judged_rows(unit, call), False
        if rows is None and call.model is unit.modules[0]():
            given = [t for t in tensors_in((call.args, call.kwargs)) if t.ndim]
            rows, loose = (given[0] if given else None), True
        outputs = [t for t in tensors_in(call.outputs) if t.is_floating_point()]
        if rows is None:
            if unit.judging is not None:  # a further module, or its answers passed on
                fed = tensors_in((call.args, call.kwargs))
                if any(id(t) in unit.judging.of_answers for t in fed):
                    unit.judging.of_answers.update({id(t): t for t in outputs})
            return
        unit.judging = Judging(rows, outputs, loose)
        labels = self.judged_labels(unit, call)
        if labels is not None:
            self.judged_on(unit, labels)
            loss = [t for t in outputs if t.ndim == 0]
            if loss:
                unit.judged_by_loss(float(loss[0].detach()), len(rows))

    def judged_rows(self, unit: Unit, call: Call) -> Tensor | None:
        """Return the rows of a batch that is judged, from what the module is called with."""
        path = unit.path
        if path is None:
            found = list(tensors_in((call.args, call.kwargs)))
            return found[0] if len(found) == 1 and found[0].ndim else None
        slots = unit.places
        if slots is None or call.model is not unit.modules[0]():
            return None
        places = dict(places_in((call.args, call.kwargs)))
        given: dict[int, Tensor] = {}
        for number, place in slots.items():
            if place not in places:
                return None
            given[number] = places[place]
        return path.packed(given)

    def judged_labels(self, unit: Unit, call: Call) -> Tensor | None:
        """Return targets that the module itself is called with."""
        place = unit.target_place
        return None if place is None else dict(places_in((call.args, call.kwargs))).get(place)

    def compared(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        """A function was called: note where answers to rows that are judged meet targets."""
        for unit in self.units:
            judging = unit.judging
            if judging is None:
                continue
            given = list(tensors_in((args, kwargs)))
            ours = [t for t in given if id(t) in judging.of_answers]
            if not ours:
                continue
            for tensor in given:
                if id(tensor) not in judging.of_answers and self.fits(unit, tensor, judging):
                    self.judged_on(unit, tensor)
                    break
            if unit.judging is None:  # they are training rows
                continue
            outs = list(tensors_in(out))
            if name in LOSSES and outs and outs[0].ndim == 0 and judging.targets is not None:
                unit.judged_by_loss(float(outs[0].detach()), len(judging.rows))
            judging.of_answers.update({id(t): t for t in outs})

    @staticmethod
    def fits(unit: Unit, tensor: Tensor, judging: Judging) -> bool:
        """Whether a tensor may be the targets of rows that are judged."""
        kind, shape, repeats = unit.wanted
        if judging.loose:
            like = tensor.is_floating_point() == kind and tensor.ndim > 0
            return like and tensor.numel() % len(judging.rows) == 0
        rows = len(judging.rows) * repeats
        same = tensor.is_floating_point() == kind and tensor.ndim == len(shape) + 1
        return same and tuple(tensor.shape[1:]) == shape and len(tensor) == rows

    def judged_on(self, unit: Unit, targets: Tensor) -> None:
        """Note a batch that the unit is judged on."""
        judging = unit.judging
        assert judging is not None
        if judging.targets is not None:
            return
        judging.targets = targets
        if judging.loose:
            return
        if self.is_training(unit, judging.rows):
            unit.doctor.judged_training += 1
            unit.judging = None
            return
        if sum(len(x) for x, *_ in unit.validation_rows) < MOST_ROWS:
            rows = judging.rows.detach().clone(), unit.in_rows(targets.detach()).clone()
            unit.validation_rows.append((*rows, torch.is_grad_enabled()))

    def backward(self, loss: Tensor) -> None:
        """Backward is about to be called."""
        self.follow()
        # A loop without steps still has iterations: the one before ends where this one begins.
        self.part()
        partly = [unit for unit in self.units if unit.stepping]
        for unit in partly or (self.units if len(self.units) == 1 else []):
            self.iterated(unit)
        scaled = self.unscaled is not None
        loss, self.unscaled = (self.unscaled if scaled else loss), None
        recipe = self.recipe(loss) if self.listens() else None
        unit = self.attach(recipe)
        if unit is not None and unit.judging is not None:
            unit.was_training()
        if unit is not None and not unit.wants_rows:
            recipe = None
        self.waiting = [*self.waiting[-MOST_WAITING:], Waiting(loss, recipe, unit)]
        self.calls = []
        switch_off(self.log)

    def recipe(self, loss: Tensor) -> Recipe | None:
        """Return how the loss came about, as far as it was seen."""
        known = self.guarded(Recipe.of, self.log, loss)
        if known is not None and not known.modules():
            return None
        return known

    def part(self) -> None:
        """Give up a unit of several optimizers that turn out not to step together."""
        for unit in self.units:
            if unit.stepping and not unit.doctor.iterations:
                self.parted += [
                    o for o in unit.optimizers if not any(o is s for s in unit.stepping)
                ]
                unit.doctor.close()
                self.units = [u for u in self.units if u is not unit]
                self.waiting = []
                return

    def attach(self, recipe: Recipe | None) -> Unit | None:
        """Return the unit that is trained by this loss; a new one has a doctor from now on."""
        modules = [c.model for c in self.calls] if recipe is None else recipe.modules()
        extra = [] if recipe is None else [t for t in recipe.given if t.requires_grad]
        inside = {id(p): p for m in modules for p in m.parameters()} | {id(p): p for p in extra}
        if not any(p.requires_grad for p in inside.values()) or not self.optimizers:
            return None
        touching = [o for o in self.optimizers if self.touches(o, set(inside))]
        known = [u for u in self.units if any(u.owns(o) for o in touching)]
        fresh = [o for o in touching if not any(u.owns(o) for u in self.units)]
        together = [o for o in fresh if not any(o is p for p in self.parted)]
        fresh = together or (fresh if not known else [])
        if not fresh and known:
            return next((u for u in known if recipe and u.signature == recipe.signature), known[0])
        mine = fresh or [o for o in self.optimizers if not any(u.owns(o) for u in self.units)][-1:]
        if not mine:
            return None
        if recipe is None and self.unseen < PATIENCE:
            self.unseen += 1
            self.curious = True
            return None
        self.unseen, self.curious = 0, False
        if len(self.units) >= MOST_UNITS:
            self.unwatched.append(self.line_of(mine[0]))
            return None
        model = modules[-1] if recipe is None else modules[0]
        if recipe is None:
            able = [m for m in modules if self.owned_by(mine, m)]
            model = (able or modules)[-1]
        return self.watch(model, mine, recipe)

    @staticmethod
    def owned_by(optimizers: list[Any], module: nn.Module) -> bool:
        """Whether optimizers move anything of a module."""
        inside = {id(p) for p in module.parameters()}
        return any(ScriptTracer.touches(o, inside) for o in optimizers)

    def watch(self, model: nn.Module, mine: list[Any], recipe: Recipe | None) -> Unit:
        """Put a doctor beside what is trained by these optimizers."""
        self.busy = True
        try:
            lines = [] if recipe is None else [self.line_of(m) for m in recipe.modules()]
            elsewhere = lambda: [o for o in self.at_work if not any(o is m for m in mine)]  # noqa: E731
            unit = Unit(model, mine, recipe, lines, elsewhere)
            if recipe is not None and unit.cut is not None:
                unit.locate(recipe)
                unit.sources = self.sources_of(recipe, mine)
        finally:
            self.busy = False
        for name, module in unit.doctor.model.named_modules():
            line = self.line_of(module)
            if line:
                unit.doctor.sources.setdefault(name, line)
        unit.doctor.sources["optimizer"] = self.line_of(mine[0])
        unit.doctor.moving = unit.is_moving
        unit.doctor.gradless = lambda: [self.line_of(o) for o in self.gradless if not unit.owns(o)]
        unit.doctor.idle = lambda: [
            o for o in self.optimizers if not any(o is s for s in self.at_work)
        ]
        self.units.append(unit)
        return unit

    def sources_of(self, recipe: Recipe, mine: list[Any]) -> list[tuple[Any, list[Tensor]]]:
        """Return the modules of which rows or targets come and that these optimizers do not move.

        Each comes with a part of its weights as they are now: where they change while the unit is
        trained, what it learns from changes with it.
        """
        origins = frozenset().union(*(self.log.origin(t) for t in recipe.given))
        behind = [m for known in origins if (m := self.answered.get(known, _none)()) is not None]
        behind += [m for m in recipe.modules() if not self.owned_by(mine, m)]
        return [(ref(m), _part_of(m)) for m in behind]

    def line_of(self, thing: Any) -> str:
        """Return the line on which a module or an optimizer was made."""
        held, line = self.made.get(id(thing), (None, ""))
        return line if held is not None and held() is thing else ""

    def remember(self, thing: Any, line: str) -> None:
        """Remember the line on which something was made, without keeping it alive."""
        self.made[id(thing)] = ref(thing), line

    @staticmethod
    def touches(optimizer: Any, parameters: set[int]) -> bool:
        """Whether an optimizer moves any of these."""
        return any(id(p) in parameters for g in optimizer.param_groups for p in g["params"])

    def stepped(self, optimizer: Any) -> None:
        """An optimizer has stepped: an iteration of what it trains has ended."""
        self.follow()
        if not any(optimizer is o for o in self.optimizers):  # made before it was traced
            self.optimizers.append(optimizer)
        if not any(optimizer is o for o in self.at_work):
            self.at_work.append(optimizer)
            self.gradless.append(optimizer)
        held = [p for g in optimizer.param_groups for p in g["params"]]
        if any(p.grad is not None or not p.requires_grad for p in held):
            self.gradless = [o for o in self.gradless if o is not optimizer]
        unit = next((u for u in self.units if u.owns(optimizer)), None)
        unmoved = unit is None or not (unit.doctor.reached or unit.doctor.auditing_reached)
        if not self.waiting and unmoved:  # backward was not called
            unit = self.without_backward()
        if unit is None:
            self.settled(optimizer)
            return
        unit.stepping.append(optimizer)
        if all(any(o is s for s in unit.stepping) for o in unit.optimizers):
            self.iterated(unit)
        self.settled(optimizer)

    def settled(self, optimizer: Any) -> None:
        """An optimizer has stepped: forget what was called, and listen further if that is asked.

        What one optimizer's loss was made of may be used for another's; so it is forgotten when all
        have stepped, or one for the second time.
        """
        again = sum(optimizer is o for o in self.stepping)
        self.stepping.append(optimizer)
        several = len(self.optimizers) > 1
        if again or (several and all(any(o is s for s in self.stepping) for o in self.optimizers)):
            self.log.forget()
            self.stepping = []
        self.calls = []
        self.listen()

    def without_backward(self) -> Unit | None:
        """An optimizer steps and backward was not called: take the loss that was made last."""
        losses = [e.outs[0] for e in self.log.entries if e.outs[0].ndim == 0]
        if not losses:
            return None
        recipe = self.recipe(losses[-1])
        unit = self.attach(recipe)
        self.waiting = [Waiting(losses[-1], recipe, unit)]
        return unit

    def iterated(self, unit: Unit | None = None) -> None:
        """Iterations have ended: pass what was seen of them to the doctor."""
        unit = unit or (self.units[0] if self.units else None)
        if unit is None:
            return
        waiting = [w for w in self.waiting if w.unit is unit or w.recipe is None]
        self.waiting = [w for w in self.waiting if not any(w is other for other in waiting)]
        unit.stepping = []
        self.busy = True
        try:
            for loss, recipe, _ in waiting:
                inputs, outputs, targets = unit.rows_of(recipe)
                self.guarded(self.learn, unit, inputs)
                unit.doctor.kind = None if recipe is None else recipe.shape
                unit.doctor.step(loss, inputs=inputs, targets=targets, outputs=outputs)
                self.look(unit, loss)
        finally:
            self.busy = False

    def look(self, unit: Unit, loss: Tensor) -> None:
        """Read the findings when the run affords it, and report progress.

        When findings are read is decided by counts; only how often a line is shown depends on the
        clock.
        """
        doctor = unit.doctor
        n, now = doctor.iterations, self.clock()
        rows_trained = n * (doctor.batch or 1)
        first = unit is self.units[0]
        if first and n >= FIRST_LOOK and self.looks * LOOK_ROWS <= LOOK_SHARE * rows_trained:
            self.looks += 1
            self.findings = doctor.findings
        elif n > 1 and now - self.shown < SHOWN_EVERY:
            return
        if not first:
            return
        self.shown = self.clock()
        self.progress(n, float(loss.detach()), self.findings)

    # --- which rows are training's, and which are validated on -----------------------------------

    def learn(self, unit: Unit, inputs: Any) -> None:
        """Remember training rows, to know them when they are validated on."""
        if isinstance(inputs, Tensor) and inputs.ndim and len(unit.known) < MOST_KNOWN:
            unit.known.update(unit.marks(inputs))

    def is_training(self, unit: Unit, rows: Any) -> bool:
        """Whether a batch that is validated on is (or may be) one of training rows."""
        if not isinstance(rows, Tensor) or not rows.ndim or not len(rows):
            return True
        marks = unit.marks(rows)
        share = sum(mark in unit.known for mark in marks) / len(marks)
        return share >= (OURS if len(unit.known) < MOST_KNOWN else 0.02)

    def close_pass(self, unit: Unit) -> None:
        """A pass over validation rows is over."""
        doctor = unit.doctor
        unit.judging = None
        if unit.validation_rows:
            parts = list(zip(*unit.validation_rows, strict=True))[:2]
            doctor.validation = tuple(torch.cat(part)[:MOST_ROWS] for part in parts)  # type: ignore[assignment]
        if unit.validation_losses:
            count = sum(n for _, n, _ in unit.validation_losses)
            total = sum(v * n for v, n, _ in unit.validation_losses)
            doctor.epoch(validation_loss=total / count)
        unit.validation_rows, unit.validation_losses = [], []

    def finish(self) -> None:
        """The script has ended."""
        for unit in self.units:
            if len(self.units) == 1:
                self.iterated(unit)
            self.close_pass(unit)

    def about(self, unit: Unit) -> str:
        """Say which training a unit is: its modules, and the lines on which they were made."""
        named: list[str] = []
        for held in unit.modules:
            module = held()
            if module is not None and self.owned_by(unit.optimizers, module):
                line = self.line_of(module)
                kind = type(module).__name__
                named.append(f"{kind} ({line})" if line else kind)
        return ", ".join(named)

    def notes(self) -> Iterator[str]:
        """Say what was seen and is not in the reports."""
        if self.unwatched:
            where = ", ".join(sorted({line for line in self.unwatched if line}))
            yield (
                f"{MOST_UNITS} trainings are watched; there were others, of the optimizers made at "
                f"{where}"
            )
        yield from self.mishaps
