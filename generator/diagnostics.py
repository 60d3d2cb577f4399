"""The face of the compiler: what is wrong, where, and what to write instead, collected over all passes and printed once.

Passes report to a `Diagnostics` and go on; nothing is printed before the end, so that a schema's complaints come out in the
order of the file whatever pass found them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Iterable

from .source import SourceFile, Span

SHOWN = 100  # diagnostics
HINTED = 200  # diagnostics that are worth the search for a similar word
WINDOW = 100  # columns of a source line
TAB_STOP = 8
GUTTER = 5  # columns of the line number
QUOTED = 60  # characters of a schema's text inside a message


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint. `span` is None when no file is to blame; `notes` are (span or None, text)."""

    span: Span | None
    message: str
    severity: str = "error"  # error | warning
    notes: tuple = ()


class Diagnostics:
    """Collects what the passes find; knows the files, to order the complaints and to show their lines."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._files: dict[str, SourceFile] = {}

    def add_source(self, file: SourceFile) -> None:
        self._files.setdefault(file.name, file)

    def error(self, span: Span | None, message: str, notes: Iterable = ()) -> None:
        self._found[Diagnostic(span, message, "error", tuple(notes))] = None

    def warning(self, span: Span | None, message: str, notes: Iterable = ()) -> None:
        self._found[Diagnostic(span, message, "warning", tuple(notes))] = None

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self._found)

    def __len__(self) -> int:
        return len(self._found)

    def nearest(self, word: str, candidates: Iterable[str]) -> str:
        """As the function `nearest`, but "" once there are so many complaints that no one will see this one."""
        return nearest(word, candidates) if len(self._found) < HINTED else ""

    def all(self) -> list[Diagnostic]:
        """Every diagnostic once, by file (in the order they were read), line and column."""
        order = {name: number for number, name in enumerate(self._files)}
        return sorted(self._found, key=lambda diagnostic: _position(diagnostic.span, order))

    def render(self) -> str:
        """Text for a terminal, as a C compiler writes it; "" when there is nothing to say."""
        found = self.all()
        lines: list[str] = []
        for diagnostic in found[:SHOWN]:
            lines += self._render_one(diagnostic.span, diagnostic.severity, diagnostic.message)
            for span, text in diagnostic.notes:
                lines += self._render_one(span, "note", text)
        lines += _remainder(found[SHOWN:])
        return "".join(line + "\n" for line in lines)

    def render_json(self) -> str:
        """All of them as one JSON array of {file, line, column, end_line, end_column, severity, message, notes}."""
        found = [
            {**_place(item.span), "severity": item.severity, "message": item.message,
             "notes": [{**_place(span), "message": text} for span, text in item.notes]}
            for item in self.all()
        ]
        return json.dumps(found, indent=2, ensure_ascii=True) + "\n"

    def _render_one(self, span: Span | None, severity: str, message: str) -> list[str]:
        text = printable(message)
        if span is None:
            return [f"ringc: {severity}: {text}"]
        head = f"{printable(span.file)}:{span.line}:{span.column}: {severity}: {text}"
        file = self._files.get(span.file)
        if file is None or not 1 <= span.line <= len(file.lines) or not file.lines[span.line - 1].strip():
            return [head]
        return [head, *_excerpt(file.lines[span.line - 1], span)]


def _position(span: Span | None, order: dict[str, int]) -> tuple:
    if span is None:
        return (-1, "", 0, 0)
    return (order.get(span.file, len(order)), span.file, span.line, span.column)


def _remainder(rest: list[Diagnostic]) -> list[str]:
    errors = sum(diagnostic.severity == "error" for diagnostic in rest)
    counts = ((errors, "error"), (len(rest) - errors, "warning"))
    return [f"ringc: and {count} more {noun}{'s' if count > 1 else ''}" for count, noun in counts if count]


def _place(span: Span | None) -> dict:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    return {"file": span.file, "line": span.line, "column": span.column,
            "end_line": span.end_line, "end_column": span.end_column}


def _excerpt(line: str, span: Span) -> list[str]:
    """The source line in its gutter and the caret line under it."""
    cells, width = _cells(line)
    first = min(span.column - 1, len(line))
    last = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    last = max(first + 1, min(last, len(line)))
    start, stop = width[first], width[min(last, len(line))]
    shown, start, stop = _window(cells, width, start, max(stop, start + 1))
    marks = " " * start + "^" + "~" * (stop - start - 1)
    return [f"{span.line:>{GUTTER}} | {shown}".rstrip(), f"{'':>{GUTTER}} | {marks}"]


@lru_cache(maxsize=8)
def _cells(line: str) -> tuple[list[str], list[int]]:
    """Each character as it is shown, and the column (from 0) where each begins and the last ends. Remembered, because a line may
    be long and have many complaints."""
    cells: list[str] = []
    columns = [0]
    for character in line:
        shown = _tab(columns[-1]) if character == "\t" else show(character)
        cells.append(shown)
        columns.append(columns[-1] + _width(shown))
    return cells, columns


def _tab(column: int) -> str:
    return " " * (TAB_STOP - column % TAB_STOP)


def _window(cells: list[str], columns: list[int], start: int, stop: int) -> tuple[str, int, int]:
    """Cut a line that is too long to the part around columns start..stop; both are moved with it."""
    if columns[-1] <= WINDOW:
        return "".join(cells), start, stop
    left = max(0, min(start - WINDOW // 3, columns[-1] - WINDOW))
    begin = bisect_left(columns, left)
    left = columns[begin]
    end = bisect_right(columns, left + WINDOW) - 1
    head, tail = ("..." if begin else ""), ("..." if end < len(cells) else "")
    stop = max(start + 1, min(stop, columns[end]))
    return head + "".join(cells[begin:end]) + tail, start - left + len(head), stop - left + len(head)


def show(character: str) -> str:
    """A character that a terminal may be given: controls as ^X, what is invisible or turns the text round as U+FFFD."""
    if character.isascii():
        code = ord(character)
        return "^" + chr(code ^ 0x40) if code < 0x20 or code == 0x7F else character
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return "\ufffd" if hidden else character


def printable(text: str) -> str:
    """`text` with every character made fit for a terminal, on one line."""
    return text if text.isascii() and text.isprintable() else "".join(map(show, text))


def _width(shown: str) -> int:
    if shown.isascii():
        return len(shown)
    if unicodedata.combining(shown) or unicodedata.category(shown) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(shown) in ("W", "F") else 1


def quote(text: str) -> str:
    """A piece of the schema inside a message: 'text', cut when it is long."""
    return f"'{text}'" if len(text) <= QUOTED else f"'{text[:QUOTED]}...'"


@lru_cache(maxsize=4096)
def _nearest(word: str, candidates: tuple[str, ...]) -> str | None:
    limit = 1 if len(word) <= 3 else 2 if len(word) <= 7 else 3
    letters = set(word.lower())
    best, best_distance = None, limit + 1
    for candidate in candidates:
        if abs(len(candidate) - len(word)) < best_distance and len(letters.symmetric_difference(candidate.lower())) <= 2 * limit:
            distance = _distance(word.lower(), candidate.lower(), best_distance)
            if distance < min(best_distance, max(len(word), len(candidate))):
                best, best_distance = candidate, distance
    return best


def _distance(left: str, right: str, enough: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) from left to right; at least `enough` once it cannot be less."""
    before, row = [], list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) >= enough:
            return enough
    return row[-1]


def nearest(word: str, candidates: Iterable[str]) -> str:
    """"; did you mean 'single'?" when one of the candidates is close to `word`, else ""."""
    if not 0 < len(word) <= QUOTED:
        return ""
    found = _nearest(word, tuple(candidates))
    return f"; did you mean '{found}'?" if found else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """'a', 'b' or 'c'."""
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


_ARTICLE = re.compile(r"[aeiou]", re.IGNORECASE)


def article(noun: str) -> str:
    """"a message", "an enum"."""
    return f"{'an' if _ARTICLE.match(noun) else 'a'} {noun}"
