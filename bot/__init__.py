"""The shared runtime of Alongside. It knows no feature."""

__version__ = "0.1.0"
