"""Numbers and their derivatives: what computes, records and differentiates; it knows no tape.

In reading order: ``dims`` (sizes that have names), ``random``, ``windows``, ``equation`` and
``notation`` (how names are written), ``formula`` (formulas as data), ``op`` and ``ops`` (the table
of ops), ``tensor`` (operators that record), ``backward`` (the walk in reverse), ``given``
(options that must be plain numbers), ``transform``
(gradients of functions), ``functional`` (functions by PyTorch's names), ``gradcheck`` and
``jacobian``.
"""
