"""A cause is one row: a code, a name, its page, how it is told, and what follows from it.

The page is the docstring of the cause's module in ``rules/``. Its first line says what is wrong.
Then come, as paragraphs that begin so: ``Why:`` (the mechanism), ``Seen:`` (the evidence asked for,
with the published definition where one is adopted) and ``Example:``. ``docs/doctor.md`` is made
from these pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from whygrad.doctor.finding import Expectation, Finding, Remedy
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.predictions import SIGNALS
from whygrad.doctor.remedies.table import REMEDIES

Check = Callable[[Measurements], Finding | None]
PARTS = ("Why:", "Seen:", "Example:")
# A code's letter: the flow of derivatives, generalising, the loop, the objective, how it is
# optimised, the data, a backward pass written by hand. Where two causes are found and are equally
# sure, that of the earlier letter stands first.
LETTERS = "FGLOPDB"


@dataclass(frozen=True, slots=True)
class NoneBecause:
    """An absence that is meant, with its reason."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise TypeError("an absence in a cause's row needs its reason")


class Group(Enum):
    """Causes that are alike in what brings them about; a cause may explain a whole group."""

    STEP = "steps of the wrong length"
    STATE = "states of the network that are bad to learn in"
    OUTCOME = "how a run may end"
    DATA = "rows of the wrong scale"
    SETUP = "how the run was set up"


SYMPTOMS = (Group.STEP, Group.STATE, Group.OUTCOME)
ANYTHING = tuple(Group)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause.

    Attributes:
        code: a letter for what it is about and a number, such as ``F03``.
        name: the stable name by which it is known everywhere.
        page: what is wrong, why, how it is seen, and an example.
        check: finds it in the measurements, or nothing; its finding needs no name.
        group: the kind of causes to which it belongs, by which others may explain it.
        explains: what it can bring about: names of causes, and groups. Where both are found, the
            other is put under this one.
        remedies: what can be done, made by ``use``.
        masks: what would hide the symptom and leave the cause.
        demo: commands that show the same mechanism on a small network.
        unexplained: causes that it does not bring about although it explains their group.
        in_training: whether it shows in how well training rows are learned.
    """

    code: str
    name: str
    page: str | None
    check: Check | NoneBecause
    group: Group | NoneBecause
    explains: tuple[str | Group, ...] | NoneBecause
    remedies: tuple[Remedy, ...]
    masks: tuple[str, ...] | NoneBecause
    demo: tuple[str, ...] | NoneBecause
    unexplained: tuple[str, ...] = ()
    in_training: bool = True

    def __post_init__(self) -> None:
        """Refuse a row that is not complete.

        Raises:
            TypeError: a part is missing, or is empty without a reason.
        """
        if self.code[:1] not in LETTERS or not self.code[1:].isdigit():
            raise TypeError(f"cause {self}: its code is not one of {LETTERS} and a number")
        for part in PARTS:
            if part not in (self.page or ""):
                raise TypeError(f"cause {self}: its page has no paragraph '{part}'")
        for part in ("explains", "remedies", "masks", "demo"):
            if not getattr(self, part):
                raise TypeError(f"cause {self}: {part} is empty; say NoneBecause(...)")

    def __str__(self) -> str:
        return f"{self.code}, {self.name}"

    @property
    def summary(self) -> str:
        """The first line of the page: what is wrong."""
        return (self.page or "").strip().partition("\n")[0]

    @property
    def evidence(self) -> str:
        """The paragraph of the page that says what is asked for."""
        return " ".join((self.page or "").partition("Seen:")[2].partition("\n\n")[0].split())

    @property
    def links(self) -> tuple[str, ...]:
        """The demo commands, and where the page stands."""
        commands = () if isinstance(self.demo, NoneBecause) else self.demo
        return (*commands, f"docs/doctor.md#{self.name}")

    @property
    def masking(self) -> tuple[str, ...]:
        """What would only mask it; none where nothing is known to."""
        return () if isinstance(self.masks, NoneBecause) else self.masks

    def find(self, m: Measurements) -> Finding | None:
        """Return the finding, under this cause's name, if it is there.

        A cause that is not told from a run's measurements is never found in them.
        """
        found = None if isinstance(self.check, NoneBecause) else self.check(m)
        return None if found is None else replace(found, cause=self.name)


def table_of(rows: Iterable[Cause]) -> dict[str, Cause]:
    """Return causes by name, in the order of their codes.

    Raises:
        TypeError: two rows have one name or code, or a row explains what there is not.
    """
    found: dict[str, Cause] = {}
    codes: set[str] = set()
    for row in sorted(rows, key=lambda row: (LETTERS.index(row.code[0]), row.code)):
        if row.name in found or row.code in codes:
            raise TypeError(f"cause {row}: there is one of that code or name already")
        found[row.name] = row
        codes.add(row.code)
    for row in found.values():
        named = () if isinstance(row.explains, NoneBecause) else row.explains
        unknown = [n for n in (*named, *row.unexplained) if isinstance(n, str) and n not in found]
        if unknown:
            raise TypeError(f"cause {row}: it explains {unknown[0]!r}, which is no cause")
    return found


def use(key: str, *, why: str, predicts: str, expects: tuple[Expectation, ...] = ()) -> Remedy:
    """Return a remedy of the table for one cause.

    Args:
        key: of the remedy's row.
        why: how it acts on this cause's mechanism.
        predicts: what must then be seen; if it is not, the finding was wrong.
        expects: the same, so that it can be checked on the run made again.

    Raises:
        TypeError: there is no such remedy, or an expectation reads a signal that there is not.
    """
    if key not in REMEDIES:
        raise TypeError(f"there is no remedy {key!r}")
    for expected in expects:
        if expected.signal not in SIGNALS:
            raise TypeError(f"remedy {key!r} expects {expected.signal!r}, which is no signal")
    if not (why and predicts):
        raise TypeError(f"remedy {key!r} has no reason or predicts nothing")
    return Remedy(REMEDIES[key].name, why, predicts, key, expects)


def above(signal: str, bound: float) -> Expectation:
    """Expect a signal above a bound."""
    return Expectation(signal, ">", bound)


def below(signal: str, bound: float) -> Expectation:
    """Expect a signal below a bound."""
    return Expectation(signal, "<", bound)


LEARNS = (below("missing", 0.3),)
