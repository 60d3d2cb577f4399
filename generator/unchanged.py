"""The run that has nothing to do, known without parsing or rendering anything.

A run that ends with true output leaves a record in the cache directory: hashes of all that it looked at (the compiler, every
file that it read, the places where it looked for one in vain) and of all that it made. While every one of them is as recorded,
the next run would make the same bytes, which are there already. Whatever differs, is missing or cannot be read sends a run the
long way, as does a missing record.

Most of what a short run costs is imports, so this module does with little of the library.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping

from . import cache

_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def compiler_files() -> list[str]:
    """Paths of the templates and of the compiler's own files, sorted folder by folder."""
    kinds = (("templates", ".j2"), ("generator", ".py"), ("generator/profiles", ".yaml"))
    return [path for folder, suffix in kinds for path in sorted(_below(os.path.join(_HOME, folder), suffix))]


def _below(folder: str, suffix: str) -> list[str]:
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names if name.endswith(suffix)]


class Run:
    """A run of `gen` that writes or checks. options: the words of its command line that decide what is made, and where."""

    def __init__(self, *options: object) -> None:
        self._identity = json.dumps([os.getcwd(), *options])
        self._compiler = _compiler()  # before the compiler reads its templates: of two states, the record has the older

    def is_unchanged(self) -> bool:
        """Whether all that this run would write is there, made from all that it would read."""
        try:
            with open(self._path(), encoding="ascii") as file:
                record = json.load(file)
            return (
                (record["identity"], record["compiler"]) == (self._identity, self._compiler)
                and all(_state(path) == state for path, state in record["looked_at"].items())
                and all(_digest(path) == digest for path, digest in record["made"].items())
            )
        except (OSError, ValueError, TypeError, LookupError, AttributeError):  # no such file; or the record is none of ours
            return False

    def remember(self, looked_at: Mapping[str, str | None], made: Iterable[tuple[str, str]]) -> None:
        """Records a run that has ended well. looked_at: sha256 of what was read at a path, None where nothing was found.
        made: path and sha256 of each file of the output. Where nothing can be kept, nothing is."""
        from pathlib import Path

        from .render import Output
        from .write import WriteError, write

        try:
            states = {path: digest and [os.path.realpath(path), digest] for path, digest in looked_at.items()}
            record = {"identity": self._identity, "compiler": self._compiler, "looked_at": states, "made": dict(made)}
            directory, name = os.path.split(self._path())
            write(Path(directory), [Output(name, json.dumps(record))])
        except (OSError, WriteError):
            pass

    def _path(self) -> str:
        """Where the record lies: one of 4096 places, so that the directory stays small. Runs that meet there take turns."""
        slot = hashlib.sha256(self._identity.encode()).hexdigest()[:3]
        return os.path.join(cache.directory(), f"run-{slot}.json")


def _compiler() -> str:
    """A hash of what turns schemas into headers: our files by content, Python and its libraries by version or state."""
    made_of = [sys.version, *map(_library, ("jinja2", "yaml"))]
    made_of += [f"{path} {_digest(path)}" for path in compiler_files()]
    return hashlib.sha256("\n".join(made_of).encode("utf-8", "surrogateescape")).hexdigest()


def _library(name: str) -> str:
    """Where a module would be imported from, and the state of that file; importing it for its version would take too long."""
    found = (finder.find_spec(name, None) for finder in sys.meta_path)
    origin = next(spec.origin for spec in found if spec)
    state = os.stat(origin)
    return f"{origin} {state.st_size} {state.st_mtime_ns}"


def _state(path: str) -> list[str] | None:
    """None where nothing is. The real path has its part: whether two names are one file decides about errors."""
    return [os.path.realpath(path), _digest(path)] if os.path.exists(path) else None


def _digest(path: str) -> str:
    """sha256 of a regular file; a pipe must not be read here, because it could not be read again."""
    if not os.path.isfile(path):
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
