"""ringc, the channel compiler for C: a schema in, one specialized lock-free ring per channel out."""

__version__ = "0.1.0"
