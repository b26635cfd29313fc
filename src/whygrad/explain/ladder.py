"""The why ladder: for any number, what it is, by what rule, why the rule holds, and how to see it.

A rung is plain data. Every rung's ``expression`` is arithmetic on numbers that comes to its
``value``; its ``claim`` says in words, with these numbers, why; ``because`` leads on, to rungs that
lead on in turn, down to numbers that are given. The sentences stand in ``sentences.py``: here they
are chosen and their slots filled.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence

from whygrad.engine.formula import Expr, evaluate, expr, leaves, number_text, unflat
from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS
from whygrad.errors import WhygradError
from whygrad.explain import display
from whygrad.explain.contributions import ONE, Contribution, Part, contributions
from whygrad.explain.display import ranked_size
from whygrad.explain.formulas import in_numbers, is_shown, unchosen
from whygrad.explain.reasons import Reasons
from whygrad.explain.rung import Rung, Written
from whygrad.explain.said import Named, Said, say, say_of_op
from whygrad.explain.sentences import (
    EXACT,
    GROWN,
    MANY_RATES,
    MOST,
    MOST_INPUTS,
    MOST_PURPOSES,
    NEARBY,
    PRINCIPLES_OF,
    ROUND_OFF,
    SHRUNK,
    SMALL,
    SMALLER,
)
from whygrad.explain.words import Words
from whygrad.tape.run import Run
from whygrad.tape.tape import Step

DEPTH = 2
Element = tuple[int, int]


def why(run: Run, name: str, depth: int = DEPTH) -> Rung:
    """Explain one number.

    Args:
        run: the numbers.
        name: an element: ``z1``, ``W1[0,2]``, ``dL/dW1[0,2]``, ``w1_new``.
        depth: how many levels of rungs below the first.

    Raises:
        WhygradError: there is no such element, or depth is below 0.
    """
    if depth < 0:
        raise WhygradError(f"depth is {depth}; it counts the levels below the first, from 0 up")
    return Ladder(run).element(*run.element(name), depth)


class Ladder(Words):
    """Builds rungs over one run."""

    def __init__(self, run: Run) -> None:
        """Start on a run."""
        super().__init__(run)
        self.reasons = Reasons(self)
        self._rungs: dict[tuple[int, int, int, str], Rung] = {}

    # --- which kind of number ---

    def element(self, value: int, at: int, depth: int, asks: Said | None = None) -> Rung:
        """Explain an element of a value: once, wherever in the ladder it is asked about."""
        key = (value, at, depth, asks.key if asks else "")
        rung = self._rungs.get(key)
        if rung is None:
            rung = self._rungs[key] = self._element(value, at, depth, asks)
        return rung

    def _element(self, value: int, at: int, depth: int, asks: Said | None) -> Rung:
        tape = self.run.tape
        if value not in tape.makers:
            return self._given(value, at)
        step = tape.makers[value]
        if step.phase == "update":
            return self._update(value, at, depth)
        if tape.values[value].gradient_of is not None:
            return self._gradient(value, at, depth, asks or self._asks_why(value, at))
        return self._forward(value, at, depth)

    def _asks_why(self, value: int, at: int) -> Said:
        return say("ask.value", x=self.named(value, at))

    def _source(self, value: int, at: int, depth: int) -> Rung:
        return self.element(value, at, depth, say("ask.source", x=self.symbol(value, at)))

    # --- numbers that are given ---

    def _given(self, value: int, at: int) -> Rung:
        here, role = self.named(value, at), self.run.tape.values[value].role
        if role in ("input", "target"):
            says = say(f"given.{role}", x=here, which=self.which(value, at))
        elif f"given.{role}" in PRINCIPLES_OF:
            says = say(f"given.{role}", x=here)
        else:
            says = say("given.constant", x=here)
        number = self.run.number(value, at)
        return Rung(
            self.label(value, at),
            self._asks_why(value, at),
            number,
            Written(number_text(number), self.label(value, at)),
            (says,),
            PRINCIPLES_OF[says.key],
            (),
            (value, at),
        )

    # --- forward ---

    def _forward(self, value: int, at: int, depth: int) -> Rung:
        tree = self.tree(value, at)
        gated = self.run.tape.makers[value].op == "relu"
        says = [
            say("gated" if gated else "computed", equation=self.equation(value, at, tree)),
            *self.scope(value, at),
            *self._purposes(value),
        ]
        below = [self._source(*one, depth - 1) for one in self._inputs(tree)] if depth > 0 else []
        if depth > 0 and value == self.run.tape.loss:
            below += [*self._mean(value), *self._room()]
        return self._rung(value, at, tree, self._asks_why(value, at), says, below)

    def _mean(self, loss: int) -> list[Rung]:
        """Say what each example's share in the loss is, where it is a mean over several."""
        count = self.batch()
        if count == 1 or not self.is_mean():
            return []
        return [
            self._worded(
                str(say("name.mean", x=self.label(loss, 0))),
                say("ask.mean"),
                1 / count,
                f"1 / {count}",
                say("formula.mean"),
                say("mean", loss=self.loss(), count=count),
            )
        ]

    def _room(self) -> list[Rung]:
        """Say that there is room to memorise, where parameters are as many as targets or more."""
        tape, arrays = self.run.tape, self.run.arrays
        trained = {before for before, _ in tape.carries}
        parameters = sum(
            arrays[v.id].size for v in tape.leaves if v.role == "parameter" and v.id in trained
        )
        targets = sum(arrays[v.id].size for v in tape.leaves if v.role == "target")
        if not targets or parameters < targets:
            return []
        return [
            self._worded(
                str(say("name.room", x=self.label(tape.loss, 0))),
                say("ask.room"),
                parameters / targets,
                f"{parameters} / {targets}",
                say("formula.room"),
                say("room", loss=self.loss(), parameters=parameters, targets=targets),
            )
        ]

    def _inputs(self, tree: Expr) -> list[Element]:
        """Return the elements a formula reads, largest first where there are many."""
        tape = self.run.tape
        found = [
            leaf
            for leaf in dict.fromkeys(leaves(tree))
            if tape.values[leaf[0]].role != "constant" or tape.values[leaf[0]].name
        ]
        if len(found) > MOST_INPUTS:
            found.sort(key=lambda leaf: -ranked_size(self.run.number(*leaf)))
            return found[:MOST]
        return found

    def _purposes(self, value: int) -> list[Said]:
        """Say what the ops are for that make a value, each purpose once."""
        found: dict[str, Said] = {}
        for step in self._made_by(value):
            purpose = OPS[step.op].purpose
            found.setdefault(purpose, say_of_op(f"purpose.{step.op}", purpose, {}))
        return list(found.values())

    def _made_by(self, value: int) -> list[Step]:
        """Return the steps folded into a value that do something worth saying, last first."""
        tape = self.run.tape
        found: list[Step] = []
        waiting = [tape.makers[value]]
        while waiting and len(found) < MOST_PURPOSES:
            step = waiting.pop(0)
            if not OPS[step.op].silent:
                found.append(step)
            waiting += [
                tape.makers[i] for i in step.inputs if not is_shown(tape, i) and i in tape.makers
            ]
        return found or [tape.makers[value]]

    # --- backward ---

    def _gradient(self, value: int, at: int, depth: int, asks: Said) -> Rung:
        of = self.run.tape.values[value].gradient_of
        assert of is not None
        tree = self.tree(value, at)
        found = contributions(self.run, tree)
        if len(found) > 1:
            return self._many_contributions(value, at, of, tree, found, depth, asks)
        if found:
            return self._one_contribution(value, at, of, tree, found[0], depth, asks)
        says = say("nothing", gradient=self.named(value, at), x=self.symbol(of, at))
        return self._rung(value, at, tree, asks, [says], [])

    def _one_contribution(
        self, value: int, at: int, of: int, tree: Expr, one: Contribution, depth: int, asks: Said
    ) -> Rung:
        flow, principle = self._flow(of, at, one)
        says = [say("flow.equation", equation=self.equation(value, at, tree)), *flow]
        below = self._below(of, at, one, depth)
        if depth > 0:
            below.append(self._order(value, at, tree, [one], depth - 1))
            below += self._of_parameter(value, at, of)
        return self._rung(value, at, tree, asks, says, below, principle)

    def _below(self, of: int, at: int, one: Contribution, depth: int) -> list[Rung]:
        """Explain a contribution: its rate, why it is multiplied, and what arrives."""
        if depth <= 0:
            return []
        rate = self._local(of, at, one, depth - 1)
        if self.is_seed(one):
            return [rate]
        asks = say("ask.source_of_number", x=one.arrives)
        arrives = self.element(*one.upstream, depth - 1, asks)
        if one.local == ONE:
            return [rate, arrives]
        return [rate, self._why_multiply(of, at, one, depth - 1), arrives]

    def _flow(self, of: int, at: int, one: Contribution) -> tuple[list[Said], str]:
        """Say what arrives and what passes, and by which principle."""
        x, y = self.symbol(of, at), self.target(one)
        if self.is_seed(one):
            says = [say("flow.seed", x=x, rate=one.rate)]
        elif one.local == ONE:
            says = [say("flow.unchanged", x=x, y=y, arrives=one.arrives)]
        elif one.rate == 0:
            says = [say("flow.still", x=x, y=y, arrives=one.arrives)]
            reason = self.reasons.reason(of, at, one)
            if reason is not None:
                return [*says, reason[0]], reason[1]
        else:
            says = [say("flow.moves", x=x, y=y, arrives=one.arrives, rate=one.rate)]
        return says, PRINCIPLES_OF[says[0].key]

    def _many_contributions(
        self,
        value: int,
        at: int,
        of: int,
        tree: Expr,
        found: Sequence[Contribution],
        depth: int,
        asks: Said,
    ) -> Rung:
        x, total = self.symbol(of, at), self.run.number(value, at)
        by = "examples" if self._one_for_each_example(of, found) else "ways"
        if len(found) <= MOST:
            terms = Expr("terms", tuple(expr(c.product) for c in found))
            says = [say(f"sum.{by}", x=x, count=len(found), sum=self.shown(terms, total))]
        else:
            says = [say(f"total.{by}", x=x, count=len(found), total=total)]
        if by == "examples" and self.is_mean():
            says.append(say("scope.parameter", count=self.batch()))
        below: list[Rung] = []
        if depth > 0:
            ranked = sorted(found, key=lambda c: -ranked_size(c.product))
            below = [self._use(value, of, at, c, depth - 1) for c in ranked[:MOST]]
            if len(ranked) > MOST:
                below.append(self._others(value, at, ranked[MOST:]))
            below.append(self._why_add(value, at, of, found))
            below.append(self._order(value, at, tree, found, depth - 1))
            below += self._of_parameter(value, at, of)
        return self._rung(value, at, tree, asks, says, below)

    def _of_parameter(self, value: int, at: int, of: int) -> list[Rung]:
        """Say what is so of a parameter's gradient: of its size, its shape, and all of it."""
        if self.run.tape.values[of].role != "parameter":
            return []
        return [*self._largest_way(value, at, of), *self._whole(value, at, of)]

    def _whole(self, value: int, at: int, of: int) -> list[Rung]:
        """Say which shape a gradient has and, if it is one, that it is a product of matrices."""
        count = self.run.arrays[of].size
        if count == 1:
            return []
        tape, gradients = self.run.tape, symbol(self.run.tape.label(value))
        leaf = Expr("leaf", (value, at))
        shape = say("shape", gradients=gradients, values=symbol(tape.label(of)), count=count)
        found = [self._rung(value, at, leaf, say("ask.shape"), [shape], [])]
        step = tape.makers[value]
        use = step.reverses
        if step.op == "matmul" and use is not None and use.argument == 1:
            x, upstream = tape.steps[use.step].inputs[0], use.upstream
            while upstream in tape.inner and tape.makers[upstream].op == "identity":
                upstream = tape.makers[upstream].inputs[0]
            row, column = unflat(at, self.run.arrays[of].shape)
            matrix = say(
                "matrix",
                gradients=gradients,
                x=symbol(tape.label(x)),
                upstream=symbol(tape.label(upstream)),
                row=row,
                column=column,
            )
            found.append(self._rung(value, at, leaf, say("ask.matrix"), [matrix], []))
        return found

    def _largest_way(self, value: int, at: int, of: int) -> list[Rung]:
        """Say what the rates on the way of the largest contributions come to, if little or much."""
        rates: list[float] = []
        here = (value, at)
        makers = self.run.tape.makers
        while here[0] in makers and (found := contributions(self.run, self.tree(*here))):
            largest = max(found, key=lambda one: ranked_size(one.product))
            rates.append(largest.rate)
            here = largest.upstream
        told = [rate for rate in reversed(rates) if not _is_one(rate)]
        product = math.prod(told)
        small = 0 < abs(product) < SHRUNK
        many = sum(not _is_one(abs(rate)) for rate in told) >= MANY_RATES
        if here[0] in makers or not many or not (small or abs(product) > GROWN):
            return []
        tree = functools.reduce(operator.mul, [expr(rate) for rate in told])
        says = say(
            "product.shrinks" if small else "product.grows",
            x=self.symbol(of, at),
            loss=self.loss(),
            product=self.shown(tree, product),
        )
        return [
            Rung(
                str(say("name.product", gradient=self.label(value, at))),
                say("ask.small" if small else "ask.large"),
                product,
                Written(in_numbers(self.run, tree), str(say("formula.product"))),
                (says,),
                PRINCIPLES_OF[says.key],
            )
        ]

    def _one_for_each_example(self, of: int, found: Sequence[Contribution]) -> bool:
        """Say whether a parameter moves one element of each example, all of one value."""
        value = found[0].upstream[0]
        if not self.is_batch_parameter(of) or any(c.upstream[0] != value for c in found):
            return False
        shape = self.run.arrays[value].shape
        rows = {unflat(c.upstream[1], shape)[0] for c in found} if self.per_example(value) else ()
        return len(rows) == len(found) == self.batch()

    def _use(self, value: int, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain one of several contributions."""
        product = Expr("mul", (Expr("leaf", one.upstream), one.local))
        tree = Expr("leaf", one.upstream) if one.local == ONE else product
        flow, principle = self._flow(of, at, one)
        return Rung(
            str(say("name.use", gradient=self.label(value, at), y=self.target_label(one))),
            say("ask.through", y=self.target(one)),
            one.product,
            self.written(tree),
            (say("flow.equation", equation=self.product(one)), *flow),
            principle,
            tuple(self._below(of, at, one, depth)),
        )

    def _others(self, value: int, at: int, rest: Sequence[Contribution]) -> Rung:
        total = math.fsum(c.product for c in rest)
        return self._worded(
            str(say("name.rest", gradient=self.label(value, at), count=len(rest))),
            say("ask.rest"),
            total,
            _added(rest),
            say("formula.rest"),
            say("rest", gradient=self.symbol(value, at), count=len(rest), total=total),
        )

    def _local(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain a local derivative: from the op's own reasons, then by numbers."""
        x, y = self.symbol(of, at), self.target(one)
        labels = {"x": self.label(of, at), "y": self.target_label(one)}
        name = str(say("name.local", **labels))
        if name == self.gradient_label(of, at):
            name = str(say("name.local_of_use", **labels))
        reason = self.reasons.reason(of, at, one)
        if reason is not None:
            first, principle = reason
        else:
            key = "local.ways" if self.reasons.several(of, one) else "local.several"
            first, principle = say(key, x=x, y=y, rate=one.rate), PRINCIPLES_OF[key]
        says = [first]
        n, target = self.batch(), self.target_element(one)[0]
        of_example = self.per_example(of) and target == self.run.tape.loss
        if n > 1 and of_example and self.is_mean():
            says.append(say("local.mean", count=n))
        below: list[Rung] = []
        if depth > 0:
            below = self._parts(of, at, one) + self._in_small(of, at, one)
        return Rung(
            name,
            say("ask.rate", rate=one.rate) if one.rate else say("ask.no_rate"),
            one.rate,
            self.written(one.local),
            tuple(says),
            principle,
            tuple(below),
        )

    def _parts(self, of: int, at: int, one: Contribution) -> list[Rung]:
        """Show of which ways a rate is made up, where there are several."""
        if len(one.parts) < 2:
            return []
        terms = Expr("terms", tuple(expr(part.rate) for part in one.parts))
        how = display.shown(terms, self.run.number, one.rate, self.digits)
        mixed = len({part.summed for part in one.parts}) == 2
        ranked = sorted(one.parts, key=lambda part: -ranked_size(part.rate))
        told, rest = ranked[:MOST], ranked[MOST:]
        parts = [
            say(_part_key(part, mixed), part=Named(number=part.rate, digits=how.digits))
            for part in told
        ]
        if rest:
            left = Named(number=math.fsum(part.rate for part in rest), digits=how.digits)
            parts.append(say("parts.rest", count=len(rest), part=left))
        labels = {"x": self.label(of, at), "y": self.target_label(one)}
        says = say(
            "parts",
            x=self.symbol(of, at),
            y=self.target(one),
            rate=Named(number=one.rate, digits=how.result_digits),
            parts=tuple(parts),
        )
        return [
            Rung(
                str(say("name.parts", **labels)),
                say("ask.parts"),
                one.rate,
                self.written(one.local),
                (says,),
                PRINCIPLES_OF["parts"],
            )
        ]

    def _in_small(self, of: int, at: int, one: Contribution) -> list[Rung]:
        """Show a rate by a small change of the formula it is the rate of.

        The change is upwards, or downwards where there is no number above, as after log(0.995).
        """
        target, where = self.target_element(one)
        tree = unchosen(self.run, target, where)
        found = set(leaves(tree))
        if (of, at) not in found or not all(is_shown(self.run.tape, v) for v, _ in found):
            return []
        x = self.run.number(of, at)

        def at_a_change(by: float) -> float:
            return evaluate(
                tree, lambda v, i: x + by if (v, i) == (of, at) else self.run.number(v, i)
            )

        change = next((by for by in (SMALL, -SMALL) if math.isfinite(at_a_change(by))), None)
        if change is None:
            return []
        before, after = at_a_change(0.0), at_a_change(change)
        quotient = (after - before) / change
        smaller = math.copysign(SMALLER, change)
        closer = (at_a_change(smaller) - before) / smaller
        noise = ROUND_OFF * max(abs(before), abs(after), abs(x * one.rate)) / SMALLER
        digits = self.digits_for_change(before, after)
        moves = say(
            "small.raise" if change > 0 else "small.lower",
            x=self.symbol(of, at),
            y=self.target(one),
            before=x,
            after=x + change,
            **{
                "from": Named(number=before, digits=digits),
                "to": Named(number=after, digits=digits),
            },
        )
        key = _closeness(quotient, closer, one.rate, noise)
        rates = (
            {"rate": one.rate} if key == "small.exact" else {"rate": one.rate, "quotient": quotient}
        )
        labels = {"x": self.label(of, at), "y": self.target_label(one)}
        return [
            Rung(
                str(say("name.change", change=change, **labels)),
                say("ask.numbers"),
                quotient,
                Written(
                    f"({number_text(after)} - {_follows(before)}) / {_follows(change)}",
                    str(say("formula.change", y=labels["y"], change=_follows(change))),
                ),
                (moves, say(key, **rates)),
                PRINCIPLES_OF[key],
            )
        ]

    def _why_multiply(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        x, y, loss = self.symbol(of, at), self.target(one), self.loss()
        below: list[Rung] = []
        if depth > 0:
            moved = SMALL * one.rate
            effect = moved * one.arrives
            below.append(
                self._worded(
                    str(say("name.effect", small=SMALL, x=self.label(of, at))),
                    say("ask.numbers"),
                    effect,
                    f"{SMALL} * {_follows(one.rate)} * {_follows(one.arrives)}",
                    say("formula.effect", small=SMALL),
                    say(
                        "effect",
                        small=SMALL,
                        x=x,
                        moved=moved,
                        y=y,
                        effect=effect,
                        loss=loss,
                        product=one.product,
                    ),
                )
            )
        says = say(
            "multiply",
            x=x,
            y=y,
            loss=loss,
            arrives=one.arrives,
            rate=one.rate,
            product=self.product(one),
        )
        return Rung(
            self.gradient_label(of, at),
            say("ask.multiply"),
            one.product,
            self.written(Expr("mul", (Expr("leaf", one.upstream), one.local))),
            (says,),
            PRINCIPLES_OF[says.key],
            tuple(below),
        )

    def _why_add(self, value: int, at: int, of: int, found: Sequence[Contribution]) -> Rung:
        return self._worded(
            self.label(value, at),
            say("ask.add"),
            math.fsum(c.product for c in found),
            _added(found),
            say("formula.more" if len(found) > 2 else "formula.two"),
            say("add", x=self.symbol(of, at), loss=self.loss()),
        )

    def _order(
        self, value: int, at: int, tree: Expr, found: Sequence[Contribution], depth: int
    ) -> Rung:
        """Say why this could not be computed earlier in the walk."""
        waits: dict[str, Said] = {}
        for one in found[:MOST]:
            if self.is_seed(one):
                continue
            gradient, target = self.symbol(*one.upstream), self.target_element(one)
            uses = self._uses(target[0])
            x = self.symbol(*target)
            if uses > 1:
                said = say("order.several", gradient=gradient, x=x, count=uses)
            else:
                said = say("order.one", gradient=gradient, x=x)
            waits.setdefault(str(said), said)
        says = tuple(waits.values()) or (say("order.first"),)
        return Rung(
            self.label(value, at),
            say("ask.order"),
            self.run.number(value, at),
            self.written(tree),
            says,
            PRINCIPLES_OF[says[0].key],
            tuple(self._shared(value, at) if depth > 0 else ()),
        )

    def _shared(self, value: int, at: int) -> list[Rung]:
        """Say for which further gradients one is worked out, where they are several."""
        tape = self.run.tape
        shown: set[int] = set()
        waiting = [value]
        seen = {value}
        while waiting:
            for step, _ in tape.uses.get(waiting.pop(0), ()):
                if step.output in seen or step.phase != "backward":
                    continue
                seen.add(step.output)
                if is_shown(tape, step.output):
                    shown.add(step.output)
                else:
                    waiting.append(step.output)
        found = sorted(shown & set(tape.gradients.values()))
        if len(found) < 2:
            return []
        gradient = symbol(tape.label(value))
        others = ", ".join(symbol(tape.label(other)) for other in found)
        says = say("shared", gradient=gradient, count=len(found), others=others)
        leaf = Expr("leaf", (value, at))
        return [self._rung(value, at, leaf, say("ask.shared"), [says], [])]

    def _uses(self, value: int) -> int:
        """Return how many uses of a value a gradient passes back through."""
        return sum(
            step.phase in ("forward", "loss") and OPS[step.op].pullback(argument) is not None
            for step, argument in self.run.tape.uses.get(value, ())
        )

    # --- update ---

    def _update(self, value: int, at: int, depth: int) -> Rung:
        run, tape = self.run, self.run.tape
        tree = self.tree(value, at)
        before = next((a for a, b in tape.carries if b == value), None)
        gradient = tape.gradients.get(before) if before is not None else None
        says = [say("updated", equation=self.equation(value, at, tree))]
        below: list[Rung] = []
        if gradient is not None and before is not None:
            slope = run.number(gradient, at)
            moved = run.number(value, at) - run.number(before, at)
            says.append(self._downhill(before, at, slope, moved))
            if depth > 0:
                below.append(self._why_minus(value, at, before, tree, slope))
                below += self._why_rate(tree)
        if depth > 0:
            below += [
                self._source(v, i, depth - 1)
                for v, i in self._inputs(tree)
                if tape.values[v].role != "hyperparameter"
            ]
        return self._rung(value, at, tree, self._asks_why(value, at), says, below)

    def _downhill(self, before: int, at: int, slope: float, moved: float) -> Said:
        x = self.symbol(before, at)
        if slope == 0:
            return say("downhill.memory" if moved else "downhill.flat", x=x)
        if moved * slope < 0:
            way = "raises" if slope > 0 else "lowers"
            return say(f"downhill.{way}", x=x, loss=self.loss(), slope=slope)
        return say("downhill.against" if moved else "downhill.stays", x=x, slope=slope)

    def _why_minus(self, value: int, at: int, before: int, tree: Expr, slope: float) -> Rung:
        way = "up" if slope > 0 else "down" if slope < 0 else "nowhere"
        x, loss = self.symbol(before, at), self.loss()
        return Rung(
            self.label(value, at),
            say("ask.minus"),
            self.run.number(value, at),
            self.written(tree),
            (say("minus", slope=slope, loss=loss, x=x, way=say(f"way.{way}")),),
            PRINCIPLES_OF["minus"],
        )

    def _why_rate(self, tree: Expr) -> list[Rung]:
        return [
            Rung(
                self.label(*leaf),
                say("ask.learning_rate"),
                self.run.number(*leaf),
                Written(number_text(self.run.number(*leaf)), self.label(*leaf)),
                (say("rate", x=self.named(*leaf)),),
                PRINCIPLES_OF["rate"],
                (),
                leaf,
            )
            for leaf in dict.fromkeys(leaves(tree))
            if self.run.tape.values[leaf[0]].name == "learning_rate"
        ]

    # --- rungs ---

    def _rung(
        self,
        value: int,
        at: int,
        tree: Expr,
        asks: Said,
        says: Sequence[Said],
        below: Sequence[Rung],
        principle: str = "",
    ) -> Rung:
        """Make the rung of an element; its first sentence gives the principle if none is given."""
        return Rung(
            self.label(value, at),
            asks,
            self.run.number(value, at),
            self.written(tree),
            tuple(says),
            principle or PRINCIPLES_OF[says[0].key],
            tuple(below),
            (value, at),
        )

    def _worded(
        self, name: str, asks: Said, value: float, expression: str, formula: Said, says: Said
    ) -> Rung:
        """Make a rung whose formula is in words."""
        texts = Written(expression, str(formula))
        return Rung(name, asks, value, texts, (says,), PRINCIPLES_OF[says.key])


def _is_one(rate: float) -> bool:
    """Say whether a rate is 1, but for what rounding leaves."""
    return rate > 0 and ranked_size(rate) == 1


def _part_key(part: Part, mixed: bool) -> str:
    if not mixed:
        return "parts.way"
    return "parts.sum" if part.summed else "parts.direct"


def _closeness(quotient: float, closer: float, rate: float, noise: float) -> str:
    """Return the key of the sentence that is true of a quotient and the rate it stands for."""
    error = abs(quotient - rate)
    if error <= EXACT * max(1.0, abs(rate)):
        return "small.exact"
    if abs(closer - rate) < error * (1 - EXACT):
        return "small.closer"
    if error <= noise:
        return "small.round_off"
    return "small.near" if error <= NEARBY * abs(rate) else "small.corner"


def _added(found: Sequence[Contribution]) -> str:
    first, *rest = (c.product for c in found)
    return " + ".join([number_text(first), *map(_follows, rest)])


def _follows(number: float) -> str:
    text = number_text(number)
    return f"({text})" if text.startswith("-") else text
