"""Articles → index: cut into passages (``passages``), embedded (``embed``), kept (``store``); ``build`` brings it all up to date."""
