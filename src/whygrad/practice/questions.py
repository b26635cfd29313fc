"""The kinds of question that can be asked about one small tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from whygrad.engine.notation import symbol
from whygrad.explain.display import in_symbols
from whygrad.explain.display import number as shown
from whygrad.explain.formulas import formula
from whygrad.explain.said import say
from whygrad.explain.worked import worked_steps
from whygrad.practice.features import Draw, Spec
from whygrad.practice.graph import backward_steps, comes_too_early, edges_of
from whygrad.practice.solution import ElementKey, Solution, worked_out
from whygrad.spec import spec_from_dict
from whygrad.tape.run import Run
from whygrad.training.start import start
from whygrad.whatif import MISTAKES, MakeMistake, compare, find_mistake

FADING = ("worked", "completion", "solo")
CHOICES = 4  # mistakes to choose the planted one from
EARLIER = "earlier "  # before the name of a number that is of the iteration before
TRAINED = 6  # iterations shown of a training that goes wrong

Named = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        name: the element asked for, or what else is asked ("first wrong step", "order").
        prompt: the question in words.
        answer: the right answer: a number, or a text.
        choices: what the answer is chosen from or made of; empty where it is typed.
    """

    name: str
    prompt: str
    answer: float | str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """An element's name, and a number for it."""

    name: str
    number: float


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses of a training without a planted mistake and with it; None for no number."""

    right: tuple[float | None, ...]
    wrong: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a tape.

    Attributes:
        text: the question in words, without the computation it is about.
        told: names and numbers that are told beside what the tape starts from.
        asks: what is asked, in the order it is worked out.
        mistake: the planted mistake, if there is one.
    """

    text: str
    told: Named
    asks: tuple[Ask, ...]
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is made from."""

    spec: Spec
    solution: Solution
    fading: str
    draw: Draw

    @property
    def run(self) -> Run:
        """The numbers, done rightly."""
        return self.solution.run

    @property
    def elements(self) -> list[tuple[int, int]]:
        """What a person works out, in order."""
        return worked_out(self.run)


def story(solution: Solution) -> str:
    """Tell what is computed, in formulas with names, and from what."""
    run = solution.run
    given = ", ".join(f"{symbol(name)} = {shown(number)}" for name, number in leaves(run))
    formulas = "\n".join(f"  {line}" for line in _formulas(run))
    return "\n".join([str(say("question.story", formulas=formulas, given=given)), *notes(solution)])


def notes(solution: Solution) -> list[str]:
    """Return what has to be known besides the formulas and numbers, in sentences."""
    run, told = solution.run, list[str]()
    if before := earlier(solution):
        was = ", ".join(
            f"{symbol(name.removeprefix(EARLIER))} = {shown(number)}" for name, number in before
        )
        told.append(str(say("question.second", gradients=was)))
    if any("log(" in line for line in _formulas(run)):
        told.append(str(say("question.log")))
    if any(
        step.op == "relu" and bool((run.arrays[step.inputs[0]] == 0).any())
        for step in run.tape.steps
    ):
        told.append(str(say("question.relu")))
    return told


def _formulas(run: Run) -> list[str]:
    return [
        f"{symbol(run.label(step.value, at))} = {in_symbols(formula(run, step.value, at), run)}"
        for step in worked_steps(run.tape)
        if step.phase in ("forward", "loss")
        for at in range(run.arrays[step.value].size)
    ]


def earlier(solution: Solution) -> Named:
    """Return the parameters' gradients of the iteration before, where there is one."""
    run = solution.before
    if run is None:
        return ()
    return tuple(
        (f"{EARLIER}{run.label(gradient, at)}", _plain(run.number(gradient, at)))
        for leaf in run.tape.leaves
        if leaf.role == "parameter" and leaf.id in run.tape.gradients
        for gradient in [run.tape.gradients[leaf.id]]
        for at in range(run.arrays[gradient].size)
    )


def leaves(run: Run) -> Named:
    """Return the numbers a tape starts from, the data first."""
    roles = ("input", "target", "parameter", "hyperparameter", "optimizer state")
    return tuple(
        (run.label(leaf.id, at), _plain(run.number(leaf.id, at)))
        for role in roles
        for leaf in run.tape.leaves
        if leaf.role == role and leaf.name
        for at in range(run.arrays[leaf.id].size)
    )


def _plain(number: float) -> float:
    """Leave out the last bits, so that 0.4 is not told as 0.3999999999999999; and -0 is 0."""
    return float(f"{number:.12g}") + 0.0


def _named(run: Run, elements: list[tuple[int, int]]) -> Named:
    return tuple((run.label(v, at), _plain(run.number(v, at))) for v, at in elements)


def _lines(numbers: Named) -> str:
    return "\n".join(f"  {symbol(name)} = {shown(number)}" for name, number in numbers)


def _prompt(run: Run, value: int, at: int) -> str:
    name = symbol(run.label(value, at))
    of = run.tape.values[value].gradient_of
    if run.tape.makers[value].phase == "update":
        return str(say("question.update", x=name))
    if of is not None:
        return str(say("question.gradient", x=name, of=symbol(run.label(of, at))))
    return str(say("question.value", x=name))


def _asks(run: Run, elements: list[tuple[int, int]]) -> tuple[Ask, ...]:
    return tuple(
        Ask(run.label(value, at), _prompt(run, value, at), _plain(run.number(value, at)))
        for value, at in elements
    )


def _next_number(setting: Setting) -> Question | None:
    run, elements = setting.run, setting.elements
    count = {"worked": len(elements) - 1, "completion": len(elements) // 2, "solo": 0}
    split = count[setting.fading]
    told = _named(run, elements[:split])
    text = say("question.rest", told=_lines(told)) if told else say("question.all")
    return Question(str(text), told, _asks(run, elements[split:]))


def _fill_blanks(setting: Setting) -> Question | None:
    run, elements = setting.run, setting.elements
    every = {"worked": 4, "completion": 3, "solo": 2}[setting.fading]
    blank = _blanks(run, elements, every)
    if not blank:
        return None
    lines = "\n".join(
        f"  {symbol(run.label(*element))} = "
        + ("____" if element in blank else shown(run.number(*element)))
        for element in elements
    )
    told = _named(run, [element for element in elements if element not in blank])
    return Question(str(say("question.blanks", lines=lines)), told, _asks(run, blank))


def _blanks(run: Run, elements: list[tuple[int, int]], every: int) -> list[tuple[int, int]]:
    """Choose about one in so many, none with a number that another line gives away."""
    texts = [shown(abs(run.number(*element))) for element in elements]
    given = [shown(abs(number)) for _, number in leaves(run)]
    told = Counter([*texts, *given])
    alone = [n for n, text in enumerate(texts) if told[text] == 1]
    wanted = [*range(every - 1, len(elements), every)] or [len(elements) - 1]
    chosen: list[int] = []
    for at in wanted[: len(alone)]:
        free = [n for n in alone if n not in chosen]
        chosen.append(min(free, key=lambda n: (abs(n - at), n)))
    return [elements[n] for n in sorted(chosen)]


def _find_the_mistake(setting: Setting) -> Question | None:
    """Plant a mistake whose first wrong number is seen to be wrong, as it is shown."""
    solution = setting.solution
    for name in setting.draw.mixed([mistake.name for mistake in solution.mistakes]):
        wrong = dict(solution.differing(name))
        if not wrong or not np.isfinite(list(wrong.values())).all():
            continue
        (first, number), right = next(iter(wrong.items())), solution.number(next(iter(wrong)))
        if shown(number) == shown(right):
            continue
        told = tuple(
            (solution.label(place), _plain(wrong.get(place, solution.number(place))))
            for place in solution.order
        )
        slip = _slip(setting, name, wrong)
        choices = "\n".join(f"  {title}" for title in slip.choices)
        return Question(
            str(say("question.planted", told=_lines(told), choices=choices)),
            told,
            (
                Ask(
                    "first wrong step",
                    str(say("question.first")),
                    solution.label(first),
                    tuple(label for label, _ in told),
                ),
                Ask("right number", str(say("question.right")), _plain(right)),
                slip,
            ),
            name,
        )
    return None


def _slip(setting: Setting, name: str, wrong: Mapping[ElementKey, float]) -> Ask:
    """Ask for the planted mistake, beside others that would not give the same numbers."""
    solution = setting.solution
    fitting = [mistake.name for mistake in solution.mistakes]
    others = [
        other
        for other in (*setting.draw.mixed(fitting), *setting.draw.mixed(list(MISTAKES)))
        if other not in fitting or not _alike(dict(solution.differing(other)), wrong)
    ]
    chosen = [name, *dict.fromkeys(others)][:CHOICES]
    told = tuple(find_mistake(one).description for one in setting.draw.mixed(chosen))
    return Ask("mistake made", str(say("question.slip")), find_mistake(name).description, told)


def _alike(one: Mapping[ElementKey, float], other: Mapping[ElementKey, float]) -> bool:
    return one.keys() == other.keys() and all(shown(one[p]) == shown(other[p]) for p in one)


def _order_the_steps(setting: Setting) -> Question | None:
    tape = setting.run.tape
    order = backward_steps(tape)
    mixed = setting.draw.mixed(order)
    while len(order) > 1 and not comes_too_early(tape, mixed):
        mixed = setting.draw.mixed(order)
    prompt = str(say("question.put_in_order", names=", ".join(mixed)))
    return Question(
        str(say("question.order", names=", ".join(map(symbol, mixed)))),
        (),
        (Ask("order", prompt, ", ".join(order), tuple(mixed)),),
    )


def _draw_the_graph(setting: Setting) -> Question | None:
    arrows = edges_of(setting.run.tape)
    edges = ", ".join(f"{a} -> {b}" for a, b in arrows)
    nodes = tuple(dict.fromkeys(name for arrow in arrows for name in arrow))
    return Question(
        str(say("question.graph")),
        (),
        (Ask("graph", str(say("question.arrows")), edges, nodes),),
    )


def _choose_the_remedy(setting: Setting) -> Question | None:
    """Plant a mistake that is seen in the losses of a training that else goes well."""
    training = start(spec_from_dict(dict(setting.spec), "exercise"))
    for name in setting.draw.mixed([mistake.name for mistake in setting.solution.mistakes]):
        losses = compare(training, MakeMistake(name), TRAINED).training
        right, wrong = ([shown(loss) for loss in losses[which]] for which in ("right", "wrong"))
        well = losses["right"]
        if len(well) < TRAINED or max(well) > well[0] or well[-1] == well[0]:
            return None  # it does not go well: a loss that jumps and then is 0 has not learned
        if right[: len(wrong)] == wrong:
            continue
        row = find_mistake(name)
        model = say("question.model", mistake=row.done, breaks=row.breaks, notice=row.notice)
        return Question(
            str(say("question.losses", wrong=", ".join(wrong), right=", ".join(right))),
            (),
            (Ask("remedy", str(say("question.remedy")), str(model)),),
            name,
        )
    return None


# Each returns None where the numbers that were drawn do not serve.
QUESTIONS: dict[str, Callable[[Setting], Question | None]] = {
    "next_number": _next_number,
    "fill_blanks": _fill_blanks,
    "find_the_mistake": _find_the_mistake,
    "order_the_steps": _order_the_steps,
    "draw_the_graph": _draw_the_graph,
    "choose_the_remedy": _choose_the_remedy,
}
KINDS = tuple(QUESTIONS)
