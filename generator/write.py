"""Files on disk: nothing is touched that has not changed, and a failure leaves nothing half-written behind.

All new texts are staged beside their places first; only when every one of them lies on the disk are they renamed into place.
The MANIFEST of a package says what was written from what; `--check` and the removal of files that a schema no longer makes
rest on it.
"""

import errno
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .render import Output
from .text import neutral

MANIFEST = "MANIFEST"
_DIFF_LINES = 40  # shown per file by --check


class WriteError(Exception):
    """A file or directory could not be read or written; the message is fit for the user."""


@dataclass(frozen=True)
class Finding:
    """One way in which a directory differs from what the compiler would write. why: missing | stale | edited | orphaned."""

    path: Path
    why: str
    diff: tuple[str, ...] = ()


def sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    """What stands on the disk: file names and old files may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


# -- the manifest ------------------------------------------------------------------------------------------------------


def manifest(package: str, version: str, options: str, inputs: Iterable[tuple[str, str]], outputs: list[Output]) -> Output:
    """The MANIFEST of one package: tool, options, (name, hash) of each input and each output below the package's folder."""
    lines = [f"# What ringc wrote for package {package}, and from what. `ringc gen --check` reads it; do not edit."]
    lines += [f"tool ringc {version}", f"options{options}"]
    lines += [f"input {digest} {neutral(name)}" for name, digest in inputs]
    own = [(out.path.removeprefix(f"{package}/"), out.digest) for out in outputs if out.path.startswith(f"{package}/")]
    lines += [f"output {digest} {name}" for name, digest in sorted(own)]
    return Output(f"{package}/{MANIFEST}", "\n".join(lines) + "\n")


def _recorded(directory: Path, package: str) -> dict[str, str]:
    """Name -> hash of what the manifest on disk says was written for `package`; empty where there is none."""
    text = _read(directory / package / MANIFEST)
    entries = [line.split(" ", 2) for line in (text or "").splitlines() if line.startswith("output ")]
    return {entry[2]: entry[1] for entry in entries if len(entry) == 3 and _is_plain_name(entry[2])}


def _is_plain_name(name: str) -> bool:
    return name == os.path.basename(name) and name not in ("", ".", "..")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise WriteError(f"cannot read '{path}': {error.strerror}") from error


# -- writing -----------------------------------------------------------------------------------------------------------


def changed(directory: Path, outputs: list[Output]) -> list[Output]:
    """Those of `outputs` whose file is missing or differs."""
    return [output for output in outputs if _read(directory / output.path) != output.text]


def orphans(directory: Path, outputs: list[Output]) -> list[Path]:
    """Files that an earlier run recorded for the packages of `outputs`, that are still as it wrote them and no longer made."""
    return [path for path, digest in _left_over(directory, outputs) if sha256(_read(path) or "") == digest]


def _left_over(directory: Path, outputs: list[Output]) -> list[tuple[Path, str]]:
    wanted = {output.path for output in outputs}
    packages = sorted({output.path.split("/")[0] for output in outputs if output.path.endswith(f"/{MANIFEST}")})
    found = []
    for package in packages:
        for name, digest in sorted(_recorded(directory, package).items()):
            path = directory / package / name
            if f"{package}/{name}" not in wanted and path.is_file():
                found.append((path, digest))
    return found


def write(directory: Path, outputs: list[Output], remove: Iterable[Path] = (), beside: Iterable[tuple[Path, str]] = ()) -> None:
    """Makes `directory` hold `outputs`, and the paths of `beside` their texts, all or nothing; then removes the paths of `remove`.

    Raises WriteError. While texts are staged nothing has been touched, and directories made on the way are gone again; should
    the system refuse one of the renames at the end, those before it stand (run it again).
    """
    made: list[Path] = []
    staged: list[tuple[Path, Path]] = []
    try:
        wanted = [(directory / output.path, output.text) for output in changed(directory, outputs)]
        for target, text in [*wanted, *((path, text) for path, text in beside if _read(path) != text)]:
            _make_directories(target.parent, made)
            staged.append((_stage(target, text), target))
        for temporary, target in staged:
            os.replace(temporary, target)
        for path in remove:
            path.unlink(missing_ok=True)
    except OSError as error:
        _undo(staged, made)
        raise WriteError(f"cannot write '{error.filename2 or error.filename or directory}': {error.strerror}") from error
    except BaseException:  # an interrupt
        _undo(staged, made)
        raise


def _make_directories(directory: Path, made: list[Path]) -> None:
    missing = []
    while not directory.is_dir():
        if directory.exists():
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(directory))
        missing.append(directory)
        directory = directory.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)


def _stage(target: Path, text: str) -> Path:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(target))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(_bytes(text))
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(target)) from error
    except BaseException:  # an interrupt
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _undo(staged: list[tuple[Path, Path]], made: list[Path]) -> None:
    for temporary, _ in staged:
        temporary.unlink(missing_ok=True)
    for path in reversed(made):
        try:
            path.rmdir()
        except OSError:
            pass  # somebody else has put something there


# -- checking ----------------------------------------------------------------------------------------------------------


def check(directory: Path, outputs: list[Output]) -> list[Finding]:
    """How `directory` differs from `outputs`; empty when it is true to them."""
    findings = [_compare(directory, output) for output in outputs]
    left = [Finding(path, "orphaned") for path, _ in _left_over(directory, outputs)]
    return [finding for finding in findings if finding] + left


def _compare(directory: Path, output: Output) -> Finding | None:
    path = directory / output.path
    text = _read(path)
    if text == output.text:
        return None
    if text is None:
        return Finding(path, "missing")
    package, _, name = output.path.partition("/")
    recorded = _recorded(directory, package).get(name)
    why = "edited" if recorded is not None and recorded != sha256(text) else "stale"
    return Finding(path, why, _diff(path, text, output.text))


def _diff(path: Path, old: str, new: str) -> tuple[str, ...]:
    import difflib

    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), f"{path} (on disk)", f"{path} (generated)", lineterm=""))
    more = len(lines) - _DIFF_LINES
    return tuple(lines[:_DIFF_LINES] + ([f"... {more} more lines"] if more > 0 else []))
