"""Text as characters: which character comes next, from the few before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whygrad.data.dataset import Dataset
from whygrad.errors import DataError
from whygrad.option import text as texts
from whygrad.option import whole

# Lewis Carroll, "Jabberwocky", 1871
VERSE = """'Twas brillig, and the slithy toves
Did gyre and gimble in the wabe:
All mimsy were the borogoves,
And the mome raths outgrabe.

"Beware the Jabberwock, my son!
The jaws that bite, the claws that catch!
Beware the Jubjub bird, and shun
The frumious Bandersnatch!"
"""


@dataclass(frozen=True, eq=False)
class Characters:
    """A text as whole numbers.

    - `vocabulary`: the characters that occur, in order of their code points;
    - `windows` (samples, context): each sample's characters, as places in the vocabulary;
    - `following` (samples,): the character after each window.
    """

    vocabulary: tuple[str, ...]
    windows: NDArray[np.int64]
    following: NDArray[np.int64]

    def encode(self, text: str) -> NDArray[np.int64]:
        """The text as places in the vocabulary. Raises DataError for a character not in it."""
        places = {character: n for n, character in enumerate(self.vocabulary)}
        unknown = sorted(set(text) - set(places))
        if unknown:
            raise DataError(f"the text the vocabulary was made of has no {unknown[0]!r}")
        return np.array([places[character] for character in text], dtype=np.int64)

    def decode(self, places: NDArray[np.int64]) -> str:
        """The text that places in the vocabulary stand for."""
        return "".join(self.vocabulary[int(place)] for place in places)


def characters(text: str, context: int = 3) -> Characters:
    """Every run of `context` characters of a text, and the character after it.

    Raises DataError for a text no longer than the context.
    """
    text, context = texts("characters", "text", text), whole("characters", "context", context)
    if context < 1 or len(text) <= context:
        raise DataError(
            f"a context of {context} needs at least {max(context, 1) + 1} characters of text "
            f"(and itself at least 1); the text has {len(text)}"
        )
    vocabulary = tuple(sorted(set(text)))
    empty = np.empty((0, context), dtype=np.int64)
    places = Characters(vocabulary, empty, empty[:, 0]).encode(text)
    windows = np.lib.stride_tricks.sliding_window_view(places[:-1], context)
    return Characters(vocabulary, windows.copy(), places[context:])


def text(*, context: int = 3, seed: int = 0) -> Dataset:
    """Two stanzas of "Jabberwocky": from `context` characters, the next one.

    Each character is a row of zeros with a single 1; a sample's rows stand one after the other.
    (For an embedding, take `characters`, which has them as whole numbers.) The seed does not
    matter.
    """
    read = characters(VERSE, context)
    shown = tuple(repr(character)[1:-1] for character in read.vocabulary)
    one_hot = np.eye(len(shown))
    names = tuple(f"{back} back: {c}" for back in range(context, 0, -1) for c in shown)
    return Dataset(
        "text",
        one_hot[read.windows].reshape(len(read.windows), -1),
        one_hot[read.following],
        names,
        tuple(f"next: {c}" for c in shown),
        "classes",
        classes=shown,
    )
