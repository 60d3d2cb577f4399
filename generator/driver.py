"""The passes in a row: reading this file is reading the architecture.

source -> read -> resolve (these three by `resolve.load`, import by import) -> check -> layout -> plan -> render -> write.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from . import __version__, check, findings, layout, legality, resolve, source, unchanged, write
from .diagnostics import Diagnostics, nearest
from .model import Channel, Schema
from .plan import Planner, all_imports
from .render import Output, Renderer


@dataclass(frozen=True)
class Request:
    """What a command line asks to have compiled."""

    files: tuple[str, ...]
    include_dirs: tuple[str, ...] = ()
    prefix: str | None = None
    targets: tuple[str, ...] = ()
    only: str | None = None

    def options(self, schema: Schema) -> str:
        """The byte-changing flags as they stand in banners: they go with the files named, not with what those import."""
        if schema.file not in self.files and schema.file != resolve.STDIN:
            return ""
        prefix = f" --prefix {self.prefix}" if self.prefix else ""
        return prefix + "".join(f" --target {target}" for target in self.targets)


def front(request: Request, diagnostics: Diagnostics) -> list[Schema]:
    """Every package that the request's files and their imports make, dependencies first, checked and laid out."""
    packages: dict[str, Schema] = {}
    named: dict[str, Schema] = {}
    for name in request.files:
        schema = resolve.load(
            name, None, request.include_dirs, diagnostics, prefix=request.prefix, targets=request.targets or None
        )
        if schema is None:
            continue
        other = named.setdefault(schema.package, schema)
        if other is not schema and _path(other) == _path(schema):
            diagnostics.error(None, f"'{schema.file}' is given twice")
        members = [*all_imports(schema), schema]
        for package in members:
            first = packages.setdefault(package.package, package)
            within = any(first is member for member in members)  # of what one file imports, check and resolve report it
            if package.package and not within and _path(first) != _path(package):
                _refuse_twin(package, first, diagnostics)
    for schema in packages.values():
        check.check(schema, diagnostics)
        layout.check(schema, diagnostics)
    return list(packages.values())


def _path(schema: Schema) -> Path:
    """The file of a schema, however it was named."""
    place = findings.place(schema, ("package",))
    return Path(place.file if place else schema.file).resolve()


def _refuse_twin(schema: Schema, other: Schema, diagnostics: Diagnostics) -> None:
    """Report the second of two files, on the command line or imported, that make one package."""
    message = f"package '{schema.package}' is also what '{other.file}' makes; one of them needs another name"
    notes = [(findings.place(other, ("package",)), "the other is here")]
    diagnostics.error(findings.place(schema, ("package",)), message, notes)


def back(schemas: list[Schema], request: Request, diagnostics: Diagnostics) -> list[Output]:
    """Everything that `gen` writes for checked packages; nothing when one of them is not built yet."""
    wanted = _wanted(schemas, request, diagnostics)
    for schema in schemas:
        refuse_unbuilt(schema, request.only, diagnostics)
    if diagnostics.failed:
        return []
    renderer = Renderer()
    outputs = renderer.runtime()
    for schema in schemas:
        options = request.options(schema)
        plan = Planner(schema, options).package(request.only if schema in wanted else None)
        files = renderer.package(plan)
        if request.only:
            files = [file for file in files if file.path in _only_paths(schema, request.only, schema in wanted)]
        else:
            inputs = [(source.file.replace("\\", "/").rsplit("/", 1)[-1], source.text_hash) for source in [schema, *all_imports(schema)]]
            files.append(write.manifest(schema.package, __version__, options, inputs, files))
        outputs += files
    return outputs


def _wanted(schemas: list[Schema], request: Request, diagnostics: Diagnostics) -> list[Schema]:
    """The packages that hold the channel of --only; all of them without it."""
    if request.only is None:
        return schemas
    holders = [schema for schema in schemas if any(channel.name == request.only for channel in schema.channels)]
    if not holders and not diagnostics.failed:
        known = [channel.name for schema in schemas for channel in schema.channels]
        diagnostics.error(None, f"--only: no channel is called '{request.only}'{nearest(request.only, known)}")
    return holders


def _only_paths(schema: Schema, only: str, holds_it: bool) -> set[str]:
    paths = {f"{schema.package}/types.h"}
    return paths | {f"{schema.package}/{only}.h"} if holds_it else paths


def refuse_unbuilt(schema: Schema, only: str | None, diagnostics: Diagnostics) -> None:
    """Located sentences for what the language has and this version does not generate."""
    for channel in schema.channels:
        if only in (None, channel.name):
            _refuse_channel(schema, channel, diagnostics)
    if only:
        return
    for kind, things in (("bus", schema.buses), ("pipeline", schema.pipelines)):
        for thing in things:
            where = schema.places[("buses" if kind == "bus" else "pipelines", thing.name)]
            diagnostics.error(where, f"{kind} '{thing.name}': this version of ringc checks a {kind} but does not generate it yet")


def _refuse_channel(schema: Schema, channel: Channel, diagnostics: Diagnostics) -> None:
    algorithm = legality.algorithm_of(channel)
    path = ("channels", channel.name)
    if not algorithm.built:
        diagnostics.error(
            schema.places[path],
            f"channel '{channel.name}' needs {algorithm.name} ({algorithm.title}), which this version of ringc checks and explains "
            "but does not generate yet",
        )
    elif channel.metrics != "none":
        where = schema.places.get(path + ("metrics",), schema.places[path])
        diagnostics.error(where, f"channel '{channel.name}': metrics are not generated yet; write 'metrics: none' or leave it out")


def input_files(schemas: list[Schema]) -> list[Path]:
    """What the output depends on: schemas, imports, templates and the compiler's own files, as paths that can be opened."""
    sources = [Path(schema.places[("package",)].file) for schema in schemas if schema.file != resolve.STDIN]
    profiles = [Path(target.profile.file) for schema in schemas for target in schema.targets if target.profile]
    return sources + profiles + [Path(name) for name in unchanged.compiler_files()]


def looked_at(schemas: list[Schema]) -> dict[str, str | None] | None:
    """sha256 of each schema file that was compiled, by path. None where a file has changed meanwhile, and where that is not all
    that was looked at: imports and profiles are searched for, and what is found depends on what is not."""
    if any(schema.imports or any(target.profile for target in schema.targets) for schema in schemas):
        return None
    files = {schema.places[("package",)].file: schema.text_hash for schema in schemas}
    try:
        texts = {name: Path(name).read_bytes() for name in files}
        if any(_text_hash(texts[name]) != files[name] for name in files):
            return None
    except (OSError, UnicodeError):
        return None
    return {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}


def _text_hash(data: bytes) -> str:
    return source.SourceFile("", data.decode("utf-8").removeprefix("\ufeff"), ()).text_hash
