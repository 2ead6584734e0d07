"""Language tools: sentences and search tokens, figures with units, dates and periods, names across scripts.

Nothing here reads a file or a model; everything turns text into exact values, or one spelling into another.
"""
