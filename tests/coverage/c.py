#!/usr/bin/env python3
"""Which lines of the generated C the C tests ran, from gcov's notes, as text.

Every test program has its own copy of a header's inline functions; a line counts as run if any copy of it was. Functions that are
always inlined leave their counts in their callers, so a function counts as run if any of its lines was.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from dataclasses import dataclass, field

AT_ONCE = 8  # files that one gcov reads


@dataclass
class Source:
    lines: dict[int, int] = field(default_factory=dict)  # line -> times run
    functions: dict[str, tuple[int, int]] = field(default_factory=dict)  # name -> first and last line

    def run(self) -> int:
        return sum(count > 0 for count in self.lines.values())

    def missing(self) -> list[int]:
        return sorted(line for line, count in self.lines.items() if count == 0)

    def never_run(self) -> list[str]:
        return [name for name, (first, last) in sorted(self.functions.items(), key=lambda item: item[1])
                if not any(self.lines.get(line) for line in range(first, last + 1))]


def read(build: pathlib.Path, gen: pathlib.Path) -> dict[str, Source]:
    """Path below `gen` -> what is known of that file."""
    sources: dict[str, Source] = {}
    notes = sorted(build.glob("*.gcda"))
    for start in range(0, len(notes), AT_ONCE):
        output = subprocess.run(["gcov", "--json-format", "--stdout", *map(str, notes[start:start + AT_ONCE])],
                                check=True, capture_output=True, text=True).stdout
        for document in filter(None, output.splitlines()):
            report = json.loads(document)
            for file in report["files"]:
                path = (pathlib.Path(report["current_working_directory"]) / file["file"]).resolve()
                if gen in path.parents:
                    add(sources.setdefault(str(path.relative_to(gen)), Source()), file)
    return sources


def add(source: Source, file: dict) -> None:
    for line in file["lines"]:
        number = line["line_number"]
        source.lines[number] = source.lines.get(number, 0) + line["count"]
    for function in file["functions"]:
        source.functions[function["name"]] = (function["start_line"], function["end_line"])


def ranges(numbers: list[int]) -> str:
    """[1, 2, 3, 7] -> '1-3 7'."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(f"{a}-{b}" if a < b else str(a) for a, b in found)


def by_verb(functions: list[tuple[str, str]]) -> list[str]:
    """'drain: q/byte_reject.h ...': q_byte_reject_drain and its like in one line."""
    verbs: dict[str, list[str]] = {}
    for path, name in functions:
        verbs.setdefault(name.removeprefix(path.rpartition(".")[0].replace("/", "_") + "_"), []).append(path)
    return [f"{verb}: {' '.join(paths)}" for verb, paths in sorted(verbs.items())]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="where the .gcda files lie")
    parser.add_argument("--gen", type=pathlib.Path, required=True, help="where the generated files lie")
    arguments = parser.parse_args()
    sources = read(arguments.build, arguments.gen.resolve())
    if not sources:
        print(f"{arguments.build}: no counts of a file of {arguments.gen}", file=sys.stderr)
        return 1
    print(f"{'file':28} {'lines':>6} {'run':>6} {'%':>6}  not run")
    for path, source in sorted(sources.items()):
        print(f"{path:28} {len(source.lines):6} {source.run():6} {100 * source.run() / len(source.lines):6.1f}  {ranges(source.missing())}")
    never = [(path, name) for path, source in sorted(sources.items()) for name in source.never_run()]
    functions = sum(len(source.functions) for source in sources.values())
    print(f"\nfunctions never run: {len(never)} of {functions}, by the channel's verb", *by_verb(never), sep="\n    ")
    lines, run = sum(len(s.lines) for s in sources.values()), sum(s.run() for s in sources.values())
    print(f"\ngenerated C: {run} of {lines} lines run, {100 * run / lines:.2f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
