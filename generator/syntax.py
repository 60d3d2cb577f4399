"""The YAML parser's complaints in the words of this compiler, because libyaml's own name tokens that no user has written.

Each row of the table holds a pattern over the parser's text, the sentence, and which of the parser's two marks is the place:
the "problem" (where it gave up) or the "context" (where what it was reading begins); "flow" is the context with a note at the problem,
"indentation" the problem, if it is the first thing of its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from .diagnostics import Diagnostics
    from .source import SourceFile, Span

AFTER_VALUE = "the value before this has ended; quote the whole of it"
TAB = "a tab in the indentation; indent with spaces (YAML allows no tabs there)"

#: (pattern over "context | problem", sentence, which mark). {found} is the character at the mark.
SENTENCES = (
    (r"quoted scalar \| found unexpected (end of stream|document)", "this quote is never closed", "context"),
    (r"unknown escape|hexdecimal|hexadecimal|invalid Unicode character",
     "unknown escape in a text in double quotes; write \\\\ for a backslash, or use single quotes", "problem"),
    (r"scanning an? (alias|anchor)",
     "anchors (&) and aliases (*) are not part of the schema language; quote a text that starts so", "context"),
    (r"directive|incompatible YAML document|only one YAML|document start",
     "directives and several documents are not part of the schema language; a schema is one document", "problem"),
    (r"scanning a tag|undefined tag handle|parsing a node \| found undefined",
     "tags (!...) are not part of the schema language; quote a text that starts with '!'", "context"),
    (r"flow sequence", "this '[' is not closed where it should be: expected ',' or ']'", "flow"),
    (r"flow mapping", "this '{{' is not closed where it should be: expected ',' or '}}'", "flow"),
    (r"could not find expected ':'", "a ':' is missing after this key (write 'key: value')", "context"),
    (r"mapping values are not allowed",
     "a ':' cannot stand here; check the indentation of this line, and quote a text that holds ': '", "problem"),
    (r"block (sequence )?entries are not allowed|block sequence entries",
     "a '-' cannot stand here; put each item of the list on a line of its own", "problem"),
    (r"mapping keys are not allowed", "a '?' cannot stand here; quote a text that starts with it", "problem"),
    (r"block (mapping|collection|sequence)", "the indentation does not fit the lines above", "indentation"),
    (r"block scalar", "the text block that starts here is not indented as it should be", "context"),
    (r"plain scalar", "this text needs quotes", "context"),
    (r"cannot start any token", "a value cannot start with '{found}'; quote it", "problem"),
    (r"did not find expected node content|expected the node content|but found '[^']*'",
     "a value is expected here, found '{found}'", "problem"),
)
_TABLE = tuple((re.compile(pattern), sentence, mark) for pattern, sentence, mark in SENTENCES)


def report(file: SourceFile, error: yaml.YAMLError, diagnostics: Diagnostics) -> None:
    """Report why the parser gave up, once, at the place that helps most."""
    problem = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    tab = _tab_line(file, context, problem)
    if tab:
        report_tab(file, tab, diagnostics)
        return
    said = f"{getattr(error, 'context', None) or ''} | {getattr(error, 'problem', None) or error}"
    sentence, mark = _sentence(said)
    if mark == "flow" and context is not None:
        _report_flow(file, sentence.format(found=""), context, problem, diagnostics)
        return
    where = _span(file, context if mark == "context" and context is not None else problem or context)
    if mark == "indentation" and file.lines[where.line - 1][: where.column - 1].strip():
        sentence = AFTER_VALUE
    diagnostics.error(where, sentence.format(found=_character(file, where)))


def report_tab(file: SourceFile, number: int, diagnostics: Diagnostics) -> None:
    """Report the tab in the indentation of line `number`."""
    column = file.lines[number - 1].index("\t") + 1
    diagnostics.error(_make_span(file, number, column, 1), TAB)


def _sentence(said: str) -> tuple[str, str]:
    for pattern, sentence, mark in _TABLE:
        if pattern.search(said):
            return sentence, mark
    return "this is not valid YAML: " + said.strip(" |").replace("{", "{{").replace("}", "}}"), "problem"


def _report_flow(file: SourceFile, sentence: str, context: yaml.Mark, problem: yaml.Mark | None, diagnostics: Diagnostics) -> None:
    notes = ()
    if problem is not None and problem.line < len(file.lines) and file.lines[problem.line].strip():
        notes = ((_span(file, problem), "the parser gave up here"),)
    diagnostics.error(_span(file, context), sentence, notes)


def _tab_line(file: SourceFile, context: yaml.Mark | None, problem: yaml.Mark | None) -> int:
    """The line (from 1) near the complaint whose indentation holds a tab, or 0."""
    marks = [mark for mark in (context, problem) if mark is not None]
    if not marks:
        return 0
    last = max(mark.line for mark in marks) + 1
    first = max(min(mark.line for mark in marks) + 1, last - 1)
    for number in range(first, min(last, len(file.lines)) + 1):
        line = file.lines[number - 1]
        if "\t" in line[: len(line) - len(line.lstrip(" \t"))]:
            return number
    return 0


def _span(file: SourceFile, mark: yaml.Mark | None) -> Span:
    """One character at the parser's mark, moved back to the last line when the mark is past the end."""
    if mark is None:
        return file.start()
    if mark.line < len(file.lines):
        return _make_span(file, mark.line + 1, mark.column + 1, 1)
    return _make_span(file, len(file.lines), len(file.lines[-1]) + 1, 1)


def _make_span(file: SourceFile, line: int, column: int, length: int) -> Span:
    start = file.start()
    return type(start)(file.name, line, column, line, column + length)


def _character(file: SourceFile, where: Span) -> str:
    line = file.lines[where.line - 1]
    return line[where.column - 1] if where.column <= len(line) else "the end of the line"
