"""Dependency files for make: what gcc writes with -MD, for generated headers."""

from collections.abc import Iterable
from pathlib import Path


def escape(path: Path | str) -> str:
    """`path` as make reads it in a rule: spaces, '#' and '$' escaped (and backslashes before a space or '#')."""
    out = []
    text = str(path)
    for index, char in enumerate(text):
        if char in " #":
            backslashes = len(text[:index]) - len(text[:index].rstrip("\\"))
            out.append("\\" * (backslashes + 1) + char)
        else:
            out.append("$$" if char == "$" else char)
    return "".join(out)


def render(outputs: Iterable[Path], inputs: list[Path]) -> str:
    """One rule, and a phony target for each input so that a deleted one does not stop make."""
    rule = " \\\n ".join(map(escape, outputs)) + ": \\\n " + " \\\n ".join(map(escape, inputs)) + "\n"
    return rule + "".join(f"\n{escape(path)}:\n" for path in inputs)
