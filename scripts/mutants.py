"""Small changes of a module's source, by mutmut's operators: the mutants that mutate.py asks about.

Taken are those that change an operator, a comparison, a number, a truth value or a condition, and
one of ours for the condition of an `if` or `while`, which mutmut leaves alone. Left out are changed
strings (most are sentences for people, which tests over the rendered text hold), and arguments that
are dropped or None (nearly all are a TypeError wherever the line runs). Left out are, too, what an
op's examples and a patient's set-up consist of: another example, or one epoch more, is as good.

mutmut's own runner changes nothing outside of functions, where the tables of ops and causes stand.
"""

from __future__ import annotations

import difflib
import hashlib
import random
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.pragma_handling import IgnoredCode

DATA = ("clinic", "cases")  # rows of data below `whygrad`, of which nothing is changed


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    last: int  # line of what is changed
    before: str  # the lines that changed, without their indentation
    after: str
    source: str  # of the whole file, changed


def negate(node: cst.If | cst.While) -> Iterable[cst.CSTNode]:
    """Do what a condition guards where it does not hold, and not where it does."""
    inner = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    space = cst.SimpleWhitespace(" ")
    negated = cst.UnaryOperation(cst.Not(whitespace_after=space), inner)
    yield node.with_changes(test=negated)


OPERATORS = (
    (cst.BaseNumber, mutators.operator_number),
    (cst.Name, mutators.operator_name),
    (cst.AugAssign, mutators.operator_augmented_assignment),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.Call, mutators.operator_unsymmetrical_string_methods_swap),
    (cst.Lambda, mutators.operator_lambda),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    (cst.Match, mutators.operator_match),
    (cst.IfExp, mutators.operator_if_exp),
    (cst.If, negate),
    (cst.While, negate),
)


# What is for the type checker alone, what tests of ops are made of, and zip's strict, an assertion.
NOTHING_TO_TEST = (
    m.If(test=m.Name("TYPE_CHECKING"))
    | m.Call(func=m.Name("Example"))
    | m.Arg(keyword=m.Name("strict"))
)


class Visitor(MutationVisitor):
    """mutmut's walk, which goes into decorated functions, too: here no function is wrapped."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return False
        if m.matches(node, NOTHING_TO_TEST):
            return True
        return super()._skip_node_and_children(node)


def _mutations(source: str) -> tuple[cst.Module, list[Mutation], list[tuple[int, int]]]:
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = Visitor(OPERATORS, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    lines: list[tuple[int, int]] = []
    for each in visitor.mutations:
        node = each.original_node
        end = positions[node.test if isinstance(node, cst.If | cst.While) else node].end
        lines.append((positions[node].start.line, end.line))
    return module, visitor.mutations, lines


def mutants_of(file: str, source: str, which: Sequence[int] | None = None) -> list[Mutant]:
    """Return the mutants of a file, or those of the given numbers."""
    module, mutations, lines = _mutations(source)
    found: list[Mutant] = []
    for number in range(len(mutations)) if which is None else which:
        each = mutations[number]
        changed = module.deep_replace(each.original_node, each.mutated_node)
        code = changed.code if isinstance(changed, cst.Module) else source
        before, after = _difference(source, code)
        found.append(Mutant(file, *lines[number], before, after, code))
    return found


def _difference(source: str, code: str) -> tuple[str, str]:
    old, new = source.splitlines(), code.splitlines()
    before, after = [], []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            before += [line.strip() for line in old[a:b]]
            after += [line.strip() for line in new[c:d]]
    return " ".join(before), " ".join(after)


def draw(
    root: Path, package: str, count: int, seed: int, counts: MutableMapping[str, int]
) -> list[Mutant]:
    """Draw mutants of a package, each as likely as any other.

    Args:
        root: The folder of the repository.
        package: The package's name below `whygrad`.
        count: How many; all of them where there are fewer.
        seed: What is drawn follows from it and from the sources.
        counts: How many mutants a source has, by its digest; what is not there yet is added.
    """
    folder = root / "src" / "whygrad"
    sources = {
        str(path.relative_to(root)): path.read_text("utf-8")
        for path in sorted((folder / package).rglob("*.py"))
        if path.relative_to(folder).parts[:2] != DATA
    }
    every: list[tuple[str, int]] = []
    for file, source in sources.items():
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        if digest not in counts:
            counts[digest] = len(_mutations(source)[1])
        every += [(file, n) for n in range(counts[digest])]
    drawn = random.Random(f"{seed}/{package}").sample(every, min(count, len(every)))
    by_file: dict[str, list[int]] = {}
    for file, number in drawn:
        by_file.setdefault(file, []).append(number)
    made = {
        (file, number): mutant
        for file, numbers in by_file.items()
        for number, mutant in zip(numbers, mutants_of(file, sources[file], numbers), strict=True)
    }
    return [made[each] for each in drawn]
