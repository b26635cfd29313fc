"""Faulty training runs and healthy ones: what the doctor is measured on and learners examine.

Needs the extra `clinic`: PyTorch, and scikit-learn for its small data sets.
"""

from __future__ import annotations

from importlib.util import find_spec

from whygrad.errors import WhygradError

NEEDS = {"torch": "PyTorch", "sklearn": "scikit-learn"}


def require() -> None:
    """Say what is missing, before a run is trained.

    Raises:
        WhygradError: the extra `clinic` is not installed.
    """
    missing = [name for module, name in NEEDS.items() if find_spec(module) is None]
    if missing:
        raise WhygradError(
            f"the clinic trains real runs and needs {' and '.join(missing)}, which "
            f"{'is' if len(missing) == 1 else 'are'} not installed. "
            "Try: pip install 'whygrad[clinic]'."
        )
