"""Where the schema's text becomes located nodes, because every complaint of the compiler must name a file, a line and a column.

YAML's events are turned into three kinds of node (Scalar, Mapping, Sequence) without recursion, and everything of YAML that the
schema language does not have (anchors, aliases, tags, merge keys, directives, several documents) is refused here, once. What is
refused is reported to the collector of diagnostics; nothing here raises for a mistake of the user.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator

import yaml

from . import syntax

if TYPE_CHECKING:
    from .diagnostics import Diagnostics

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MEBIBYTE = 1024 * 1024

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_END = re.compile(r"\r\n|\r|\n")
#: What YAML takes for no character of a text, and the line ends that only YAML 1.1 knows.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


_ODD_CHARACTERS = {
    **dict.fromkeys((0x85, 0x2028, 0x2029), "a line end that only YAML knows"), 0xFEFF: "a byte order mark inside the text",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class SourceFile:
    """A schema's text without byte order mark. `name` is what diagnostics show; `lines` are without line ends."""

    name: str
    text: str
    lines: tuple[str, ...]

    @property
    def text_hash(self) -> str:
        """sha256 (hex) of the text with every line end made "\\n"."""
        return hashlib.sha256(_LINE_END.sub("\n", self.text).encode("utf-8", "replace")).hexdigest()

    def start(self) -> Span:
        return Span(self.name, 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One word, number or text. `plain` is False when it stood in quotes or in a block."""

    text: str
    plain: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: list  # of (Scalar, Node), in the file's order, no key twice
    span: Span
    is_whole: bool = True  # no key has been refused, and dropped with its value


@dataclass(frozen=True, slots=True)
class Sequence:
    items: list  # of Node
    span: Span


@dataclass(frozen=True, slots=True)
class Invalid:
    """Stands for a node that has been refused already: whoever meets it says nothing more."""

    span: Span


Node = Scalar | Mapping | Sequence | Invalid


def read_source(name: str, data: bytes | str, diagnostics: Diagnostics) -> SourceFile | None:
    """Decode a schema's bytes. Errors: too large, not UTF-8, characters that no text holds. The file is made known to
    `diagnostics` in any case but the first, so that its lines can be shown."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        report_size(name, len(raw), diagnostics)
        return None
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    file = SourceFile(name, text, tuple(_LINE_END.split(text)))
    diagnostics.add_source(file)
    return file if _is_utf8(file, raw, diagnostics) and _is_text(file, diagnostics) else None


def report_size(name: str, size: int, diagnostics: Diagnostics) -> None:
    """Refuse a file of `size` bytes, or of more than that when it is MAX_BYTES + 1: no more is read of what has no size."""
    amount = f"{size / MEBIBYTE:.1f} MiB" if size > MAX_BYTES + 1 else "too large"
    message = f"the file is {amount}; a schema may be at most {MAX_BYTES // MEBIBYTE} MiB"
    diagnostics.error(Span(name, 1, 1, 1, 1), message)


def _is_utf8(file: SourceFile, raw: bytes, diagnostics: Diagnostics) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
        message = f"byte 0x{raw[error.start]:02x} is not valid UTF-8; save the schema as UTF-8"
        diagnostics.error(_point(file, len(before), before), message)
        return False
    return True


def _is_text(file: SourceFile, diagnostics: Diagnostics) -> bool:
    found = _FORBIDDEN.search(file.text)
    if found is None:
        return True
    code = ord(found.group())
    what = _ODD_CHARACTERS.get(code, "a control character" if code < 0xA0 else "no character of a text")
    message = f"U+{code:04X} is {what} and may not stand in a schema; remove it"
    diagnostics.error(_point(file, found.start(), file.text[: found.start()]), message)
    return False


def _point(file: SourceFile, offset: int, before: str) -> Span:
    """The one character that follows the text `before`."""
    lines = _LINE_END.split(before)
    line, column = len(lines), len(lines[-1]) + 1
    return Span(file.name, line, column, line, column + 1)


def parse(file: SourceFile, diagnostics: Diagnostics) -> Node | None:
    """The file's one document as located nodes; None when it has none or its syntax is broken (which is then reported)."""
    builder = _Builder(file, diagnostics)
    try:
        for event in yaml.parse(file.text, Loader=_LOADER):
            builder.handle(event)
            if builder.stopped:
                return None
    except yaml.YAMLError as error:
        syntax.report(file, error, diagnostics)
        return None
    if builder.root is None or _is_blank(builder.root):
        diagnostics.error(file.start(), "the file is empty; a schema starts with 'ringc: 1'")
        return None
    _refuse_tabs(file, builder.multi_line, diagnostics)
    return builder.root


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in ("", "~", "null")


def _refuse_tabs(file: SourceFile, texts: list[Span], diagnostics: Diagnostics) -> None:
    """Report the first tab in the indentation of a line that is not inside a text of several lines (`texts`)."""
    if "\t" not in file.text:
        return
    inside = {line for span in texts for line in range(span.line + 1, span.end_line + 1)}
    for number in _lines_with_tabs(file.lines):
        if number not in inside:
            syntax.report_tab(file, number, diagnostics)
            return


def _lines_with_tabs(lines: tuple[str, ...]) -> Iterator[int]:
    for number, line in enumerate(lines, 1):
        body = line.lstrip(" \t")
        if body and not body.startswith("#") and "\t" in line[: len(line) - len(body)]:
            yield number


class _Frame:
    """An open collection. For a mapping, `key` is the key that waits for its value and `seen` has the keys so far."""

    __slots__ = ("node", "key", "seen", "as_key", "is_whole")

    def __init__(self, node: Mapping | Sequence, as_key: bool) -> None:
        self.node = node
        self.key: Scalar | Invalid | None = None
        self.seen: dict[str, Span] = {}
        self.as_key = as_key
        self.is_whole = True


class _Builder:
    """Puts nodes together from YAML events; one method an event, an explicit stack instead of recursion."""

    def __init__(self, file: SourceFile, diagnostics: Diagnostics) -> None:
        self.file = file
        self.diagnostics = diagnostics
        self.root: Node | None = None
        self.multi_line: list[Span] = []
        self.stopped = False
        self._documents = 0
        self._stack: list[_Frame] = []
        self._handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping_start,
            yaml.SequenceStartEvent: self._sequence_start,
            yaml.MappingEndEvent: self._collection_end,
            yaml.SequenceEndEvent: self._collection_end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document_start,
        }

    def handle(self, event: yaml.Event) -> None:
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.file.name, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _document_start(self, event: yaml.Event) -> None:
        self._documents += 1
        span = self._span(event)
        if self._documents > 1:
            self.diagnostics.error(span, "a schema is one document; remove what follows this '---', or make it a file of its own")
            self.stopped = True
            return
        for number, line in enumerate(self.file.lines[: span.end_line], 1):
            if line.startswith("%"):
                where = Span(self.file.name, number, 1, number, len(line) + 1)
                self.diagnostics.error(where, "directives are not part of the schema language; remove this line")

    def _alias(self, event: yaml.Event) -> None:
        span = self._span(event)
        self.diagnostics.error(span, f"aliases (*{event.anchor}) are not part of the schema language; write the value out, "
                               "or use a constant")
        self._add(Invalid(span))

    def _check_properties(self, event: yaml.Event, span: Span) -> None:
        if event.anchor is not None:
            self.diagnostics.error(span, f"anchors (&{event.anchor}) are not part of the schema language; remove it")
        if event.tag is not None:
            self.diagnostics.error(span, "tags (!...) are not part of the schema language; remove it")

    def _scalar(self, event: yaml.Event) -> None:
        span = self._span(event)
        if event.anchor is not None or event.tag is not None:
            self._check_properties(event, span)
        if span.end_line > span.line and event.style:
            self.multi_line.append(span)
        self._add(Scalar(event.value, not event.style, span))

    def _mapping_start(self, event: yaml.Event) -> None:
        self._open(event, Mapping([], self._span(event)))

    def _sequence_start(self, event: yaml.Event) -> None:
        self._open(event, Sequence([], self._span(event)))

    def _open(self, event: yaml.Event, node: Mapping | Sequence) -> None:
        self._check_properties(event, node.span)
        if len(self._stack) >= MAX_DEPTH:
            self.diagnostics.error(node.span, f"nested deeper than {MAX_DEPTH} levels; no schema needs that")
            self.stopped = True
            return
        as_key = self._awaits_key()
        if as_key:
            self.diagnostics.error(node.span, "a key must be a single word, not a list or a mapping")
        self._stack.append(_Frame(node, as_key))

    def _collection_end(self, event: yaml.Event) -> None:
        frame = self._stack.pop()
        start, end = frame.node.span, event.end_mark
        span = Span(start.file, start.line, start.column, end.line + 1, end.column + 1)
        if frame.as_key:
            self._add(Invalid(span))
        elif isinstance(frame.node, Mapping):
            self._add(Mapping(frame.node.entries, span, frame.is_whole))
        else:
            self._add(Sequence(frame.node.items, span))

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, Mapping) and self._stack[-1].key is None

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        if isinstance(frame.node, Sequence):
            frame.node.items.append(node)
        elif frame.key is None:
            frame.key = self._key(frame, node)
        else:
            if isinstance(frame.key, Scalar):
                frame.node.entries.append((frame.key, node))
            else:
                frame.is_whole = False
            frame.key = None

    def _key(self, frame: _Frame, node: Node) -> Scalar | Invalid:
        """The key as it is, or Invalid when it has been refused: its value is then dropped."""
        if not isinstance(node, Scalar):
            return Invalid(node.span)
        refusal, notes = self._key_refusal(frame, node)
        if refusal:
            self.diagnostics.error(node.span, refusal, notes)
            return Invalid(node.span)
        frame.seen[node.text] = node.span
        return node

    def _key_refusal(self, frame: _Frame, key: Scalar) -> tuple[str, tuple]:
        if key.plain and key.text == "<<":
            return "merge keys (<<) are not part of the schema language; write the keys out, or use 'defaults'", ()
        if not key.text:
            return "a key is missing before this ':'", ()
        if key.text in frame.seen:
            return f"the key '{key.text}' is given twice", ((frame.seen[key.text], "the first is here"),)
        return "", ()
