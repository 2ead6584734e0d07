"""Question → passages: parsing (``query``), translation of words (``dictionary``), follow-up questions (``followups``),
relative times (``asked_on``) and retrieval (``retrieve``).
"""
