"""A training iteration, recorded and played: from a model or from a spec.

In reading order: ``iteration`` (a recorded iteration, played on), ``trace`` (records one),
``parts``, ``from_network`` and ``from_formula`` (what a spec names, recorded), ``evaluation`` (how
well a network does), ``start`` (makes a spec ready to train), ``network`` (a small network by its
layers, the simplest way in) and ``outcome`` (what training came to).
"""
