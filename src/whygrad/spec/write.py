"""A spec as plain data."""

from __future__ import annotations

from whygrad.spec.model import Nested, Spec


def spec_to_dict(spec: Spec) -> dict[str, object]:
    """The spec as plain dicts, lists, numbers and text; `spec_from_dict` gives it back."""
    out: dict[str, object] = {"name": spec.name}
    out.update({k: v for k, v in (("title", spec.title), ("description", spec.description)) if v})
    if spec.network is not None:
        out["network"] = _kept(
            layers=list(spec.network.layers),
            activation=list(spec.network.activation),
            output=spec.network.output,
        )
        weights = {name: _listed(value) for name, value in spec.init.weights.items()}
        out["init"] = {
            "name": spec.init.name,
            "seed": spec.init.seed,
            **spec.init.options,
            **weights,
        }
        if spec.loss.name:
            out["loss"] = {"name": spec.loss.name}
    if spec.formula is not None:
        out["formula"] = {
            **{name: _listed(value) for name, value in spec.formula.parameters.items()},
            **{statement.name: statement.text for statement in spec.formula.statements},
        }
    out["optimizer"] = {"name": spec.optimizer.name, **spec.optimizer.options}
    out["schedule"] = {"name": spec.schedule.name, **spec.schedule.options}
    data = spec.data
    if spec.formula is not None:
        if data.inputs:
            out["data"] = {name: _listed(value) for name, value in data.inputs.items()}
    else:
        out["data"] = {
            **_kept(name=data.name, csv=data.csv, target=list(data.target)),
            **_kept(features=list(data.features), task=data.task or ""),
            **({} if data.x is None else {"x": _listed(data.x)}),
            **({} if data.y is None else {"y": _listed(data.y)}),
            **data.options,
            "seed": data.seed,
            "batch": data.batch,
            "shuffle": data.shuffle,
            "standardise": data.standardise,
            "validation": data.validation,
        }
    out["train"] = {"iterations": spec.train.iterations, "dtype": spec.train.dtype}
    return out


def _kept(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value not in ("", [])}


def _listed(value: Nested) -> object:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
