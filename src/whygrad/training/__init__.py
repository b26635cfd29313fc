"""A training iteration, recorded and played: from a model or from a spec.

In reading order: ``iteration`` (records one and plays it on), ``start`` (makes a spec ready to
train), ``network`` (a small network by its layers, the simplest way in) and ``outcome`` (what
training came to).
"""
