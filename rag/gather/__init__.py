"""Answers gathered from many sentences and worked out from their figures.

::

    question ─▶ operation ─▶ plan (one question for each figure) ─▶ candidates ─▶ rows ─▶ computed ─▶ told

Every row is a figure or an event that stands word for word in a citation; what is worked out is exact arithmetic over rows.
"""
