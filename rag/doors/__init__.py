"""The interfaces to the engine: command line, HTTP server and desk, exports, evaluation, and checks of the installation."""
