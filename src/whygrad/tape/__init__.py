"""The record of a training iteration, and playing it again.

In reading order: ``tape`` (values and steps, their JSON form and its check), ``run`` (the numbers
of one play), ``kinds`` (what a parameter does), ``record`` (writes a tape from tensors), ``plan``
(where each value lies in memory), ``player`` (plays a tape again), ``many`` (plays it for many runs
at once) and ``cost`` (what an iteration costs).
"""
