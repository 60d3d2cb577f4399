"""The golden diagnostics: every directory of tests/golden is a command line, what it is run on, and exactly what it prints.

A case has `schema.yaml` and other inputs, or a `make.py` that makes them in the current directory (big files, bytes that are no text);
`args`, the command line after `ringc` (without it: check schema.yaml), or `shell`, bash commands in which `ringc` is the compiler ($RINGC);
`stdin` where it reads that; `stderr`, `stdout` (absent: nothing) and `status`, what is expected. RINGC_GOLDEN=update writes these three anew.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from generator import cli, legality, syntax
from generator.diagnostics import Diagnostics

TOP = Path(__file__).resolve().parents[2]
GOLDEN = TOP / "tests" / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
EXPECTED = ("stderr", "stdout", "status")
UPDATE = os.environ.get("RINGC_GOLDEN") == "update"
ENVIRONMENT = {**os.environ, "RINGC": str(TOP / "ringc"), "COLUMNS": "80", "LC_ALL": "C.UTF-8", "RINGC_PYTHON": sys.executable}


# -- running a case ----------------------------------------------------------------------------------------------------


def prepare(case: str, directory: Path) -> Path:
    """A copy of the case's inputs to run in."""
    shutil.copytree(GOLDEN / case, directory / "run", ignore=shutil.ignore_patterns(*EXPECTED, "args", "shell", "make.py", "stdin"))
    if (GOLDEN / case / "stdin").exists():
        shutil.copy(GOLDEN / case / "stdin", directory)
    if (GOLDEN / case / "make.py").exists():
        with contextlib.chdir(directory / "run"):
            runpy.run_path(str(GOLDEN / case / "make.py"))
    return directory / "run"


def words(case: str) -> list[str]:
    args = GOLDEN / case / "args"
    return shlex.split(args.read_text()) if args.exists() else ["check", "schema.yaml"]


def run(case: str, where: Path) -> tuple[int, str, str]:
    """(status, stdout, stderr) of the compiler in this process, or of the case's shell."""
    if (GOLDEN / case / "shell").exists():
        return run_shell("ringc() { \"$RINGC\" \"$@\"; }\n" + (GOLDEN / case / "shell").read_text(), where)
    stdin = where.parent / "stdin"
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.read_bytes() if stdin.exists() else b""))
    try:
        with contextlib.chdir(where), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(words(case))
    finally:
        sys.stdin = before
    return status, out.getvalue(), err.getvalue()


def run_shell(commands: str, where: Path) -> tuple[int, str, str]:
    done = subprocess.run(["bash", "-c", commands], cwd=where, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def expected(case: str) -> tuple[int, str, str]:
    folder = GOLDEN / case
    stdout = folder / "stdout"
    return int((folder / "status").read_text()), stdout.read_text() if stdout.exists() else "", (folder / "stderr").read_text()


def update(case: str, status: int, out: str, err: str) -> None:
    folder = GOLDEN / case
    (folder / "status").write_text(f"{status}\n")
    (folder / "stderr").write_text(err)
    if out:
        (folder / "stdout").write_text(out)
    else:
        (folder / "stdout").unlink(missing_ok=True)


def tree(directory: Path) -> dict[str, bytes | None]:
    """Every path below a directory with its content, None for a directory."""
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None for path in directory.rglob("*")}


# -- the cases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_says_exactly_this(case: str, tmp_path: Path):
    where = prepare(case, tmp_path)
    before = tree(where)
    status, out, err = run(case, where)
    if UPDATE:
        update(case, status, out, err)
    assert (status, out, err) == expected(case)
    assert tree(where) == before, "a file was written or changed"


@pytest.mark.parametrize("case", [case for case in CASES if not (GOLDEN / case / "shell").exists()][::20])
def test_the_command_says_what_the_function_says(case: str, tmp_path: Path):
    where = prepare(case, tmp_path)
    stdin = "../stdin" if (tmp_path / "stdin").exists() else "/dev/null"
    assert run_shell(f"{shlex.join([str(TOP / 'ringc'), *words(case)])} <{stdin}", where) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_whole(case: str):
    names = {path.name for path in (GOLDEN / case).iterdir()}
    assert {"stderr", "status"} <= names
    assert not {"args", "shell"} <= names
    assert names - {*EXPECTED, "args", "shell", "stdin"} or "args" in names, "it has no input"
    status, out, err = expected(case)
    assert status in (0, 1, 2)
    assert (status == 2) == bool(err) or "json" in case, "a refusal says why, and what is accepted says nothing"
    assert "Traceback" not in err


# -- are all refusals covered? -----------------------------------------------------------------------------------------

GENERATOR = TOP / "generator"
#: Modules that speak to the user.
SPEAKERS = ("source", "syntax", "read", "resolve", "scope", "parts", "build_types", "build_channels", "check", "check_types", "check_channels",
            "legality", "names", "collisions", "findings", "layout", "profile", "driver", "cli", "write")
_REPORTS = {"error", "_error", "_expected", "warning"}


class _Site(ast.NodeVisitor):
    """The calls that report something, except where one reporting function hands on to another."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        self._inside: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _REPORTS and not _REPORTS & set(self._inside):
            self.found.append((node.lineno, node.end_lineno or node.lineno, ".".join(self._inside)))
        self.generic_visit(node)


@cache
def sites() -> list[tuple[str, int, int, str]]:
    """(module, first line, last line, function) of every call that reports."""
    found = []
    for module in SPEAKERS:
        visitor = _Site()
        visitor.visit(ast.parse((GENERATOR / f"{module}.py").read_text()))
        found += [(module, *site) for site in visitor.found]
    return found


#: Functions whose report no golden case reaches, and why.
UNREACHED: dict[str, str] = {
}


def test_every_place_that_reports_is_reached(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    reached: set[tuple[str, int]] = set()

    def spy(method):
        def wrapper(*arguments, **keywords):
            frame = sys._getframe(1)
            while frame is not None:
                path = Path(frame.f_code.co_filename)
                if path.parent == GENERATOR:
                    reached.add((path.stem, frame.f_lineno))
                frame = frame.f_back
            return method(*arguments, **keywords)
        return wrapper

    monkeypatch.setattr(Diagnostics, "error", spy(Diagnostics.error))
    for case in CASES:
        if not (GOLDEN / case / "shell").exists():
            run(case, prepare(case, tmp_path_factory.mktemp("case")))
    missing = {f"{module}.{function} (line {first})" for module, first, last, function in sites()
               if not any((module, line) in reached for line in range(first, last + 1))}
    assert {text for text in missing if text.split(" ")[0] not in UNREACHED} == set()


#: Sentences that no golden case shows, and why.
UNSAID = {
    "a signal has one consumer": "the grammar gives a signal no 'consumers'; the row makes the table whole",
    "the text block that starts here is not indented as it should be": "libyaml says so only of a tab, which is reported as one",
}


def _silent(node: ast.AST) -> list[ast.AST | None]:
    """What may hold strings that nobody is told: documentation and annotations."""
    if isinstance(node, ast.Expr):
        return [node.value]
    return [getattr(node, "annotation", None), getattr(node, "returns", None)]


def pieces(module: str) -> set[str]:
    """The longest literal piece of each sentence in a module: of each string of several words that is no documentation."""
    source = ast.parse((GENERATOR / f"{module}.py").read_text())
    silent = {id(part) for node in ast.walk(source) for part in _silent(node)}
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            longest = max(re.split(r"\{[^{}]*\}|\n", node.value), key=len).strip()
            if len(longest.split()) > 3 and not longest.startswith(("(?", "[")):
                found.add(longest)
    return found


#: Modules whose strings are help texts, tables of words or patterns, or are looked at by a test of their own below.
SPOKEN_ELSEWHERE = ("cli", "names", "collisions", "legality", "syntax", "write")


@cache
def everything_said() -> str:
    return "\n".join(expected(case)[1] + expected(case)[2] for case in CASES)


@pytest.mark.parametrize("module", [module for module in SPEAKERS if module not in SPOKEN_ELSEWHERE])
def test_every_sentence_is_shown(module: str):
    assert {piece for piece in pieces(module) if piece not in everything_said()} - set(UNSAID) == set()


def test_every_refusal_of_the_legality_table_is_shown():
    refusals = {row[3].sentence for row in legality.ROWS if isinstance(row[3], legality.Refusal)}
    assert {sentence for sentence in refusals if sentence not in everything_said()} - set(UNSAID) == set()


def test_every_sentence_about_broken_yaml_is_shown():
    sentences = {sentence.split("{found}")[0].replace("{{", "{").replace("}}", "}") for _, sentence, _ in syntax.SENTENCES}
    assert {sentence for sentence in sentences if sentence not in everything_said()} - set(UNSAID) == set()
