"""Builds and stores the index.

``passages`` cuts articles, ``facts`` lists their figures, ``embed`` embeds passages, ``store`` stores it all, ``build`` updates it.
"""
