"""What the tests of the back end share: a schema through all passes in memory, its files on disk, and the C compilers."""

from __future__ import annotations

import functools
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from generator import cli, driver, write
from generator.diagnostics import Diagnostics
from generator.model import Schema
from generator.plan import PackagePlan, Planner
from generator.render import Output, Renderer

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("RINGC_EXAMPLES", "1"))  # multiplies how many random cases each property is tried on

HEAD = "ringc: 1\npackage: md\ntargets: [x86_64, generic]\n"
TICK = "messages: {tick: {fields: [{name: a, type: u64}]}}\n"
QUEUE = "message: tick, capacity: 8, producers: single, consumers: single"
SMALL = HEAD + TICK + f"channels:\n  ticks: {{{QUEUE}, full: reject}}\n"

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
C11 = ("-std=c11", *WARNINGS)
CPP17 = ("-x", "c++", "-std=c++17", *WARNINGS)


# -- the compiler ------------------------------------------------------------------------------------------------------


def schemas_of(tmp_path: Path, text: str, **imports: str) -> tuple[list[Schema], Diagnostics]:
    """Every package of a schema, after check and layout. `imports`: name without .yaml -> text of a file beside it."""
    tmp_path.mkdir(parents=True, exist_ok=True)
    for stem, content in imports.items():
        (tmp_path / f"{stem}.yaml").write_text(content, encoding="utf-8")
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    return driver.front(driver.Request((str(file),)), diagnostics), diagnostics


def accepted(tmp_path: Path, text: str, **imports: str) -> list[Schema]:
    schemas, diagnostics = schemas_of(tmp_path, text, **imports)
    assert diagnostics.render() == ""
    return schemas


def complaints(tmp_path: Path, text: str) -> list[str]:
    """'line:column message' of each complaint."""
    return [f"{d.span.line}:{d.span.column} {d.message}" if d.span else d.message for d in schemas_of(tmp_path, text)[1].all()]


def plan_of(tmp_path: Path, text: str, **imports: str) -> PackagePlan:
    return Planner(accepted(tmp_path, text, **imports)[-1], "").package()


def outputs_of(tmp_path: Path, text: str, **imports: str) -> list[Output]:
    schemas = accepted(tmp_path, text, **imports)
    diagnostics = Diagnostics()
    with mock.patch.object(driver, "Renderer", _shared_renderer):
        outputs = driver.back(schemas, driver.Request((str(tmp_path / "s.yaml"),)), diagnostics)
    assert diagnostics.render() == ""
    return outputs


@functools.cache
def _shared_renderer() -> Renderer:
    """One for all tests: reading the templates takes longer than printing with them."""
    return Renderer()


def texts_of(tmp_path: Path, text: str, **imports: str) -> dict[str, str]:
    """Path below the output directory -> text."""
    return {output.path: output.text for output in outputs_of(tmp_path, text, **imports)}


def generate(tmp_path: Path, text: str, **imports: str) -> Path:
    """The directory with everything that `gen` writes for a schema."""
    directory = tmp_path / "out"
    write.write(directory, outputs_of(tmp_path, text, **imports))
    return directory


def ringc(*arguments: object, cwd: Path | None = None, input: bytes | None = None, **environment: str) -> subprocess.CompletedProcess:
    """Runs the command line; stdout and stderr are text. In this process, which is ten times faster, unless it has to be another
    one: for standard input or an environment of its own."""
    if input is not None or environment:
        return ringc_process(*arguments, cwd=cwd, input=input, **environment)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True) for _ in range(2))
    back = os.getcwd()
    os.chdir(cwd or back)
    try:
        with mock.patch.object(driver, "Renderer", _shared_renderer), redirect_stdout(out), redirect_stderr(err):
            status = cli.main(list(map(str, arguments)))
    except SystemExit as stop:  # argparse
        status = stop.code
    finally:
        os.chdir(back)
    return subprocess.CompletedProcess(arguments, status, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def ringc_process(*arguments: object, cwd: Path | None = None, input: bytes | None = None, **environment: str) -> subprocess.CompletedProcess:
    """Runs the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", *map(str, arguments)], cwd=cwd, input=input, capture_output=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    done.stdout, done.stderr = (os.fsdecode(stream) for stream in (done.stdout, done.stderr))
    return done


# -- C -----------------------------------------------------------------------------------------------------------------


def cc(*arguments: object, compiler: str = "gcc") -> str:
    """Runs a C compiler that must succeed; returns what it wrote on stdout."""
    done = subprocess.run([compiler, *map(str, arguments)], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[:4000]
    return done.stdout.decode("utf-8", "replace")


def compile_and_run(tmp_path: Path, out: Path, source: str, *flags: str, compiler: str = "gcc", more: tuple = ()) -> str:
    """Builds a C program against a generated directory and returns what it printed; it must exit with 0."""
    file, binary = tmp_path / "program.c", tmp_path / "program"
    file.write_text(source, encoding="utf-8")
    cc(*C11, *flags, f"-I{out}", file, out / "ringc.c", *more, "-o", binary, compiler=compiler)
    done = subprocess.run([str(binary)], capture_output=True, timeout=60)
    printed = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, f"exit status {done.returncode}\n{printed[-4000:]}"
    return printed


def compiles(tmp_path: Path, out: Path, source: str, *flags: str, compiler: str = "gcc") -> None:
    file = tmp_path / "unit.c"
    file.write_text(source, encoding="utf-8")
    cc(*(flags or C11), f"-I{out}", "-fsyntax-only", file, compiler=compiler)
