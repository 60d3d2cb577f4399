#!/usr/bin/env python3
"""Makes a report of the benchmark's results: one page, its plots as files of their own, and the verdict as text.

Usage: report.py results.json [-o DIR] [--text]
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path

import palette
from figures import Figure, figures
from page import few_rounds, render, thrown_away, what_is_missing
from results import BadResults, Run, load
from verdict import Verdict, verdicts

COLUMNS = 100
PAGE = "report.html"


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 2 for bad input or a folder that cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="results.json of a run of the benchmark")
    parser.add_argument("-o", metavar="DIR", dest="folder", type=Path, help=f"write {PAGE} and the plots there")
    parser.add_argument("--text", action="store_true", help="print the verdict as plain text")
    options = parser.parse_args(arguments)
    if not options.folder and not options.text:
        parser.error("nothing to do: give -o DIR, --text or both")
    try:
        run = load(options.results)
        judged = verdicts(run)
        if options.folder:
            write(options.folder, run, figures(run), judged)
    except BadResults as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}")
    if options.text:
        print(plain_text(run, judged))
    return 0


def write(folder: Path, run: Run, shown: list[Figure], judged: list[Verdict]) -> None:
    """Writes the page and a file per panel; the folder is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    css = palette.css()
    for figure in shown:
        for panel in figure.panels:
            (folder / f"{panel.name}.svg").write_text(panel.drawing.file(css), encoding="utf-8")
    (folder / PAGE).write_text(render(run, shown, judged), encoding="utf-8")


def plain_text(run: Run, judged: list[Verdict]) -> str:
    """The verdict in words, with what it rests on."""
    blocks = [few_rounds(run)] if few_rounds(run) else []
    for verdict in judged:
        blocks.append("\n".join([f"{verdict.title}: {verdict.word}", *map(_indented, verdict.sentences)]))
    left_out = [f"{contender} is missing: {why}." for contender, why in what_is_missing(run)]
    blocks.append("\n".join(textwrap.fill(line, COLUMNS) for line in (thrown_away(run), *left_out)))
    return "\n\n".join(blocks)


def _indented(sentence: str) -> str:
    return textwrap.fill(sentence, COLUMNS, initial_indent="  ", subsequent_indent="  ")


def _failed(message: str) -> int:
    print(f"report: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
