"""Language tools: sentences and search tokens, figures with units, dates and periods, names across scripts.

The modules read no file and load no model. They turn text into exact values, or one spelling into another.
"""
