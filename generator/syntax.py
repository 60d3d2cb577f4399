"""The YAML parser's complaints in the words of this compiler, because libyaml's own name tokens that no user has written.

Each row of the table holds a pattern over the parser's text, the sentence, and which of the parser's two marks is the place:
the "problem" (where it gave up) or the "context" (where what it was reading begins); "flow" is the context with a note at the problem,
"key" the context, "indentation", "document" and "colon" the problem, each with a closer look at the lines there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from .diagnostics import Diagnostics
    from .source import SourceFile, Span

AFTER_VALUE = "the value before this has ended; quote the whole of it"
DIRECTIVE = "directives are not part of the schema language; remove this line"
SECOND_DOCUMENT = "a schema is one document; remove this line and what follows"
ENDED = "the schema has ended before this line; begin it in the column in which the first line begins"
NO_KEY = "a key is missing before this ':'"
NO_COLON = "a ':' is missing after this key (write 'key: value', or '- value' in a list)"
NO_SPACE = "a space is missing after this ':'"
LONG_KEY = "this key is too long: a key has at most 1024 characters"
TAB = "a tab in the indentation; indent with spaces (YAML allows no tabs there)"

#: (pattern over "context | problem", sentence, which mark). {found} is the character at the mark.
SENTENCES = (
    (r"quoted scalar \| found unexpected (end of stream|document)", "this quote is never closed", "context"),
    (r"unknown escape|hexdecimal|hexadecimal|invalid Unicode character",
     "unknown escape in a text in double quotes; write \\\\ for a backslash, or use single quotes", "problem"),
    (r"scanning an? (alias|anchor)",
     "anchors (&) and aliases (*) are not part of the schema language; quote a text that starts so", "context"),
    (r"directive|incompatible YAML document|only one YAML|document start", DIRECTIVE, "document"),
    (r"scanning a tag|undefined tag handle|parsing a node \| found undefined",
     "tags (!...) are not part of the schema language; quote a text that starts with '!'", "context"),
    (r"flow sequence", "this '[' is not closed where it should be: expected ',' or ']'", "flow"),
    (r"flow mapping", "this '{{' is not closed where it should be: expected ',' or '}}'", "flow"),
    (r"could not find expected ':'", NO_COLON, "key"),
    (r"mapping values are not allowed",
     "a ':' cannot stand here; check the indentation of this line, and quote a text that holds ': '", "colon"),
    (r"block (sequence )?entries are not allowed|block sequence entries",
     "a '-' cannot stand here; put each item of the list on a line of its own", "problem"),
    (r"mapping keys are not allowed", "a '?' cannot stand here; quote a text that starts with it", "problem"),
    (r"block (mapping|collection|sequence)", "the indentation does not fit the lines above", "indentation"),
    (r"block scalar .*(comment or line break|indentation indicator)",
     "nothing but a number or a comment may follow '|' and '>' on this line; the text begins on the next", "context"),
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
    where = _span(file, context if mark in ("context", "key") and context is not None else problem or context)
    sentence, where = _REFINEMENTS.get(mark, lambda *given: given[1:])(file, sentence, where)
    diagnostics.error(where, sentence.format(found=_character(file, where)))


def _refine_indentation(file: SourceFile, sentence: str, where: Span) -> tuple[str, Span]:
    if file.lines[where.line - 1][: where.column - 1].strip():
        return AFTER_VALUE, where
    return (NO_KEY if _character(file, where) == ":" else sentence), where


def _refine_document(file: SourceFile, sentence: str, where: Span) -> tuple[str, Span]:
    """The parser wants a document to start where it found a directive, another document, or a line left of the first."""
    for number in (where.line, where.line - 1):
        if number and file.lines[number - 1].startswith("%"):
            return sentence, _make_span(file, number, 1, len(file.lines[number - 1]))
    marked = any(line.startswith(("...", "---")) for line in file.lines[: where.line])
    return (SECOND_DOCUMENT if marked else ENDED), where


def _refine_colon(file: SourceFile, sentence: str, where: Span) -> tuple[str, Span]:
    """A ':' that cannot stand here: the line above, which lacks one, is to blame when this line has no other."""
    if ": " in file.lines[where.line - 1][: where.column - 1]:
        return sentence, where
    above = next((number for number in range(where.line - 1, 0, -1) if file.lines[number - 1].strip()), 0)
    found = _KEY.match(file.lines[above - 1]) if above else None
    if found is None:
        return sentence, where
    if found["colon"]:
        return NO_SPACE, _make_span(file, above, found.start("colon") + 1, 1)
    return NO_COLON, _make_span(file, above, found.start("key") + 1, len(found["key"]))


def _refine_key(file: SourceFile, sentence: str, where: Span) -> tuple[str, Span]:
    return (LONG_KEY if ":" in file.lines[where.line - 1][where.column + 1023 :] else sentence), where


_REFINEMENTS = {"indentation": _refine_indentation, "document": _refine_document, "colon": _refine_colon, "key": _refine_key}
#: A line that begins with a word and no ': ', at most a ':' without a space after it.
_KEY = re.compile(r" *(?:- )?(?P<key>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<colon>:)(?=\S)|(?![^#]*:( |$)))")


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
