"""Questions that need several figures: classified, decomposed, gathered, computed.

::

    question ─operation▶ probability that it needs several figures
             ─operands──▶ operands copied from one prompt ─ground_operands▶ results ┐
             ─draft─plan▶ sub-questions ─sub_questions▶ candidates ─rows──▶ results ┴─derive, compute▶ value ─tell▶ Answer

Every row of an answer is a figure or an event that stands word for word in a citation; the result is exact arithmetic over rows.
"""
