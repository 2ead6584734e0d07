"""The doors: command, HTTP server and desk, exports, evaluation, checks of the installation. None of them answers by itself."""
