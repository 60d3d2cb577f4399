"""From a file's name to a resolved Schema: reads it and what it imports, puts constants and types in place of their names.

Each file is read once however often it is imported. Whatever goes wrong is reported with its place; the Schema that comes back
may then have broken parts (see parts.py), which check.py passes over, so that one run reports all it can.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass, field, replace
from typing import Iterable, Sequence

from . import build_channels, build_types, grammar, names, parts, profile, source
from .diagnostics import Diagnostics, article, listed, nearest
from .model import Constant, Schema, Target
from .profile import Profile
from .read import BROKEN, Value, read
from .scope import Scope
from .source import SourceFile, Span

STDIN = "<stdin>"
MAX_IMPORTS_DEEP = 64


def load(path: str, text: bytes | str | None, include_dirs: Iterable[str], diagnostics: Diagnostics, *, prefix: str | None = None,
         targets: Sequence[str] | None = None) -> Schema | None:
    """The resolved schema of `path`, or None when its text cannot be read as a mapping at all.

    text: the file's content, None to read `path` ("-" is standard input). include_dirs: where imports are looked for after the
    importing file's own directory. prefix: replaces the package's name in C names. targets: architectures that replace the
    schema's `targets`; one that the schema lists keeps its features and sizes. Errors go to `diagnostics`."""
    name = STDIN if path == "-" else path
    data = _read(path, name, diagnostics) if text is None else text
    if data is None:
        return None
    loader = _Loader(tuple(include_dirs), diagnostics)
    loader.stack.append(_Open(_identity(path), name, None))
    schema = loader.schema(name, name, data)
    if schema is None:
        return None
    _check_prefix(prefix, diagnostics)
    chosen = _choose_targets(schema.targets, targets, diagnostics)
    return replace(schema, prefix=prefix or schema.package, targets=chosen, places=schema.places)


def _check_prefix(prefix: str | None, diagnostics: Diagnostics) -> None:
    refusal = None if prefix is None else names.malformed(prefix) or names.refuse_identifier(prefix, bare=True)
    if refusal:
        diagnostics.error(None, f"--prefix: {refusal}")


def _choose_targets(listed_targets: tuple[Target, ...], wanted: Sequence[str] | None, diagnostics: Diagnostics) -> tuple[Target, ...]:
    if not wanted:
        return listed_targets
    known = {target.arch: target for target in listed_targets}
    for arch in wanted:
        if arch not in grammar.ARCH.words:
            hint = nearest(arch, grammar.ARCH.words) or f"; expected {listed(grammar.ARCH.words)}"
            diagnostics.error(None, f"--target: unknown architecture '{arch}'{hint}")
    return tuple(known.get(arch) or build_types.plain_target(arch) for arch in dict.fromkeys(wanted) if arch in grammar.ARCH.words)


def _identity(path: str) -> str:
    return path if path == "-" else os.path.realpath(path)


def _read(path: str, name: str, diagnostics: Diagnostics, span: Span | None = None) -> bytes | None:
    """The bytes of a file or of standard input, at most one more than a schema may have. `span`: where the file is imported."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(source.MAX_BYTES + 1)
        with open(path, "rb") as file:
            size = os.fstat(file.fileno())
            if stat.S_ISREG(size.st_mode) and size.st_size > source.MAX_BYTES:
                source.report_size(name, size.st_size, diagnostics)
                return None
            return file.read(source.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        diagnostics.error(span, f"cannot read '{name}': {getattr(error, 'strerror', None) or error}")
        return None


@dataclass(frozen=True)
class _Open:
    """A file that is being read: its identity, the name shown, and the place that imports it (None for the first)."""

    identity: str
    shown: str
    imported_at: Span | None


@dataclass
class _Loader:
    include_dirs: tuple[str, ...]
    diagnostics: Diagnostics
    stack: list[_Open] = field(default_factory=list)
    done: dict[str, Schema | None] = field(default_factory=dict)
    profiles: dict[str, Profile | None] = field(default_factory=dict)  # by path; each is read once

    def schema(self, shown: str, given: str, data: bytes | str) -> Schema | None:
        """Read one file whose _Open is on top of the stack. `given` is the name in the command or in `imports`."""
        file = source.read_source(shown, data, self.diagnostics)
        node = source.parse(file, self.diagnostics) if file is not None else None
        if node is None:
            return None
        root = read(node, self.diagnostics)
        if root.data is BROKEN:
            return None
        wanted = [(item, self._import(item)) for item in parts.items(root, "imports")]
        profiles = {item.data: self._profile(item) for item in _profile_names(root)}
        whole = _is_whole(node, root) and all(schema is not None for _, schema in wanted)
        imports = self._distinct(root, [(item, schema) for item, schema in wanted if schema is not None])
        return _build(root, file, given, imports, profiles, whole, self.diagnostics)

    def _import(self, item: Value) -> Schema | None:
        path = self._find(item) if item.data is not BROKEN else None
        if path is None:
            return None
        identity = _identity(path)
        if self._is_loop(identity, item.span) or self._is_too_deep(item.span):
            return None
        if identity not in self.done:
            data = _read(path, path, self.diagnostics, item.span)
            self.stack.append(_Open(identity, path, item.span))
            self.done[identity] = None if data is None else self.schema(path, item.data, data)
            self.stack.pop()
        return self.done[identity]

    def _profile(self, item: Value) -> Profile | None:
        """The profile that a target names, or None (reported)."""
        path = self._find(item, "profile")
        if path is None:
            return None
        if path not in self.profiles:
            data = _read(path, path, self.diagnostics, item.span)
            self.profiles[path] = None if data is None else profile.parse(item.data, path, data, self.diagnostics)
        return self.profiles[path]

    def _find(self, item: Value, noun: str = "import") -> str | None:
        """The path of an import or a profile, or None when there is no such file (reported)."""
        if not item.data:
            self.diagnostics.error(item.span, f"the name of {article(noun)} is empty")
            return None
        if os.path.isabs(item.data):
            self.diagnostics.error(item.span, f"{article(noun)} is named relative to this file or to a directory given with -I, so that "
                                   "the schema reads the same on every machine")
            return None
        importer = self.stack[-1].shown
        own = "" if importer == STDIN else os.path.dirname(importer)
        tried = [os.path.normpath(os.path.join(directory, item.data)) for directory in (own, *self.include_dirs)]
        found = next((path for path in tried if os.path.exists(path)), None)
        if found is None:
            where = ", ".join(f"'{path}'" for path in dict.fromkeys(tried))
            self.diagnostics.error(item.span, f"cannot find the {noun} '{item.data}'; looked for {where}", self._chain())
        return found

    def _chain(self) -> list[tuple[Span, str]]:
        """Notes that lead from the file on top of the stack to the first one."""
        return [(entry.imported_at, f"'{entry.shown}' is imported here") for entry in reversed(self.stack) if entry.imported_at]

    def _is_loop(self, identity: str, span: Span) -> bool:
        start = next((index for index, entry in enumerate(self.stack) if entry.identity == identity), None)
        if start is None:
            return False
        loop = [entry.shown for entry in self.stack[start:]]
        self.diagnostics.error(span, f"the imports go round in a loop: {' -> '.join([*loop, loop[0]])}", self._chain()[: len(loop) - 1])
        return True

    def _is_too_deep(self, span: Span) -> bool:
        if len(self.stack) <= MAX_IMPORTS_DEEP:
            return False
        self.diagnostics.error(span, f"imports go deeper than {MAX_IMPORTS_DEEP} files")
        return True

    def _distinct(self, root: Value, imports: list[tuple[Value, Schema]]) -> tuple[Schema, ...]:
        """Each imported schema once. Two that have one package, or the importer's own, are reported."""
        own = root.data.get("package")
        owners = {own.data: (self.stack[-1].shown, own.span)} if own is not None and own.data else {}
        found: list[Schema] = []
        for item, schema in imports:
            if any(schema is other for other in found):
                continue
            found.append(schema)
            if schema.package in owners:
                file, place = owners[schema.package]
                self.diagnostics.error(item.span, f"'{item.data}' has the package '{schema.package}', and so has '{file}'; each "
                                       "package needs a name of its own", [(place, f"'{file}' comes in here")])
            elif schema.package:
                owners[schema.package] = (schema.file, item.span)
        return tuple(found)


def _profile_names(root: Value) -> list[Value]:
    records = [item.data for item in parts.items(root, "targets") if isinstance(item.data, dict)]
    return [data["profile"] for data in records if "profile" in data and data["profile"].data is not BROKEN]


def _is_whole(node: source.Node, root: Value) -> bool:
    """Whether every section could be read, so that a name that is not found does not exist."""
    entries = [key.text for key, _ in node.entries] if isinstance(node, source.Mapping) else []
    sections = (root.data.get(key) for key in ("imports", "constants", "enums", "messages"))
    broken = any(value is not None and value.data is BROKEN for value in sections)
    return not broken and all(key in grammar.SCHEMA.names for key in entries)


def _build(root: Value, file: SourceFile, given: str, imports: tuple[Schema, ...], profiles: dict[str, Profile | None], whole: bool,
           diagnostics: Diagnostics) -> Schema:
    parts.merge_defaults(root)
    package = root.data["package"].data if "package" in root.data else ""
    package = package or ""
    scope = Scope(package, imports, whole, diagnostics)
    scope.define_constants(parts.section(root, "constants"))
    taker = parts.Parts(scope, package, diagnostics)
    return Schema(
        file=given, package=package, prefix=package, version=taker.number(root, "version") or 0, doc=taker.word(root, "doc"),
        targets=build_types.targets(taker, root, profiles),
        constants=tuple(Constant(name, scope.values[name] or 0) for name in parts.section(root, "constants")),
        enums=build_types.enums(taker, root), messages=build_types.messages(taker, root),
        channels=build_channels.channels(taker, root), pipelines=build_channels.pipelines(taker, root),
        buses=build_channels.buses(taker, root), imports=imports, places=parts.places(root), text_hash=file.text_hash)
