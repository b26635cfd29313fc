"""How long one training iteration takes, beside other libraries.

``run()`` measures in a fresh process, where the number of threads can still be chosen.
"""

from whygrad.bench.measure import Measured, run, table

__all__ = ["Measured", "run", "table"]
