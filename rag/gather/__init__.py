"""Answers gathered from many sentences and worked out from their figures.

::

    question ─▶ operation ─▶ plan (one question for each figure) ─▶ operands (read at once) ─▶ rows ─▶ computed ─▶ told
                                                                 └▶ candidates (each for itself) ─┘

Every row is a figure or an event that stands word for word in a citation; what is worked out is exact arithmetic over rows.
"""
