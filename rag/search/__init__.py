"""Question → passages: what is asked (``query``), what its words mean (``dictionary``), what was left out (``followups``,
``asked_on``), and the passages that are likeliest to tell (``retrieve``).
"""
