"""The command line: reads arguments, runs the passes, prints what they found. Exit status: 0 good; 1 stale; 2 bad input or I/O."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from . import __version__

# A run that has nothing to do is mostly imports: typing is done without, and much else is imported where it is used.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from threading import Timer

    from .diagnostics import Diagnostics
    from .driver import Request
    from .unchanged import Run

EXIT_GOOD, EXIT_DIFFERENT, EXIT_BAD = 0, 1, 2
_PROGRESS_AFTER_S = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status. A closed pipe on stdout ends it quietly."""
    if sys.stdout is None:  # closed by the caller: nothing can be printed, and only printing fails
        sys.stdout = open(os.devnull)
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # the same bytes in every locale
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _forget_stdout()
        return EXIT_GOOD
    except OSError as error:  # of stdout: what concerns files has been reported
        _forget_stdout()
        print(f"ringc: error: cannot write to standard output: {error.strerror or 'it is closed'}", file=sys.stderr)
        return EXIT_BAD
    except KeyboardInterrupt:
        return 130


def _forget_stdout() -> None:
    """Lets what is still in the buffer of stdout go nowhere, so that leaving does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# -- arguments ---------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ringc", description="The channel compiler for C: a schema in, one specialized ring per channel out.")
    parser.add_argument("--version", action="version", version=f"ringc {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_gen(commands)
    check = _command(commands, "check", _check, "check schemas and write nothing")
    check.add_argument("schema", nargs="+", metavar="SCHEMA", help="schema file, or - for standard input")
    explain = _command(commands, "explain", _explain, "say what a channel becomes, and why")
    explain.add_argument("schema", metavar="SCHEMA", help="schema file, or - for standard input")
    explain.add_argument("names", nargs="*", metavar="CHANNEL", help="channels to explain (default: all)")
    shown = _command(commands, "layout", _layout, "draw the memory of messages and channels, line by line")
    shown.add_argument("schema", metavar="SCHEMA", help="schema file, or - for standard input")
    shown.add_argument("names", nargs="*", metavar="NAME", help="messages and channels to draw (default: all)")
    schema = commands.add_parser("schema", help="print the JSON Schema of the language, for editors")
    schema.add_argument("--reference", action="store_true", help="print the reference page of the language instead (Markdown)")
    schema.set_defaults(run=_schema)
    _add_tune(commands)
    return parser


def _add_tune(commands: argparse._SubParsersAction) -> None:
    text = "measure which setting of the knobs is best on this machine, and write a profile that a target can name"
    tune = commands.add_parser("tune", help=text, description=text[0].upper() + text[1:] + ". Some ten minutes; let nothing else run.")
    tune.add_argument("-o", dest="out", default="-", metavar="FILE", help="where the profile goes (default: standard output)")
    tune.add_argument("--points", metavar="BYTESxSLOTS,...", help="measure for these rings, instead of a grid from 8 to 256 bytes")
    tune.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (default: %(default)s)")
    tune.add_argument("--build", default="build/tune", metavar="DIR", help="where to build and measure (default: %(default)s)")
    tune.set_defaults(run=_tune)


def _command(commands: argparse._SubParsersAction, name: str, run: object, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("-I", dest="include_dirs", action="append", default=[], metavar="DIR", help="look for imports here too")
    parser.add_argument("--prefix", help="prefix of C names, instead of the package's name (one schema)")
    parser.add_argument("--target", dest="targets", action="append", default=[], metavar="ARCH", help="only for this target of the schema")
    parser.add_argument("--error-format", choices=("text", "json"), default="text", help="how diagnostics are printed on stderr")
    parser.set_defaults(run=run, only=None)
    return parser


def _add_gen(commands: argparse._SubParsersAction) -> None:
    gen = _command(commands, "gen", _gen, "generate C headers from schemas")
    gen.add_argument("schema", nargs="+", metavar="SCHEMA", help="schema file, or - for standard input")
    gen.add_argument("-o", dest="out", default="generated", metavar="DIR", help="output directory, made if missing (default: %(default)s)")
    gen.add_argument("--only", metavar="CHANNEL", help="only this channel's header and what it includes")
    gen.add_argument("-MD", dest="depfile", action="store_true", help="write a dependency file for make beside the output")
    gen.add_argument("-MF", dest="depfile_path", metavar="FILE", help="where -MD writes (default: DIR/PACKAGE.d)")
    mode = gen.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; exit with 1 and a diff when the output is not what would be written")
    mode.add_argument("--dry-run", action="store_true", help="write nothing; say what would be written")
    mode.add_argument("--stdout", action="store_true", help="print the files instead of writing them")
    mode.add_argument("--list-outputs", action="store_true", help="print the paths that would be written")
    mode.add_argument("--list-inputs", action="store_true", help="print the files that the output depends on")


def _request(arguments: argparse.Namespace) -> Request:
    from .driver import Request

    files = arguments.schema if isinstance(arguments.schema, list) else [arguments.schema]
    return Request(tuple(files), tuple(arguments.include_dirs), arguments.prefix, tuple(arguments.targets), arguments.only)


# -- commands ----------------------------------------------------------------------------------------------------------


def _schema(arguments: argparse.Namespace) -> int:
    if arguments.reference:
        from .reference import render
    else:
        from .json_schema import render
    sys.stdout.write(render())
    return EXIT_GOOD


def _tune(arguments: argparse.Namespace) -> int:
    import subprocess
    from pathlib import Path

    sweep = Path(__file__).resolve().parent.parent / "bench" / "tune" / "sweep.py"
    if not sweep.exists():
        print(f"ringc: error: the benchmark is not here: '{sweep}' is missing", file=sys.stderr)
        return EXIT_BAD
    command = [sys.executable, str(sweep), "--output", arguments.out, "--build", arguments.build, "--rounds", str(arguments.rounds)]
    command += ["--points", arguments.points] if arguments.points else []
    return EXIT_BAD if subprocess.run(command).returncode else EXIT_GOOD


def _check(arguments: argparse.Namespace) -> int:
    from . import driver
    from .diagnostics import Diagnostics

    diagnostics = Diagnostics()
    with _Progress("checking"):
        driver.front(_request(arguments), diagnostics)
    return _report(diagnostics, arguments)


def _explain(arguments: argparse.Namespace) -> int:
    from .explain import explain_channel

    return _show(arguments, lambda schema: {channel.name: explain_channel(schema, channel) for channel in schema.channels})


def _layout(arguments: argparse.Namespace) -> int:
    from .memory_map import maps

    return _show(arguments, maps)


def _show(arguments: argparse.Namespace, describe: object) -> int:
    """Prints what `describe` says of the names asked for, of the schema that was named (not of its imports)."""
    from . import driver
    from .diagnostics import Diagnostics, nearest

    diagnostics = Diagnostics()
    schemas = driver.front(_request(arguments), diagnostics)
    if diagnostics.failed:
        return _report(diagnostics, arguments)
    texts: dict[str, str] = describe(schemas[-1])  # type: ignore[operator]
    for name in arguments.names:
        if name not in texts:
            diagnostics.error(None, f"'{schemas[-1].file}' has no '{name}'{nearest(name, texts)}")
    if not diagnostics.failed:
        print("\n".join(texts[name] for name in (arguments.names or texts)), end="")
    return _report(diagnostics, arguments)


def _gen(arguments: argparse.Namespace) -> int:
    run = _run(arguments)
    return EXIT_GOOD if run and run.is_unchanged() else _gen_anew(arguments, run)


def _run(arguments: argparse.Namespace) -> Run | None:
    """This run, if it may be one that has nothing to do: not one that prints something anyway or reads standard input."""
    from .unchanged import Run

    prints = arguments.stdout or arguments.list_outputs or arguments.list_inputs or arguments.dry_run
    if prints or "-" in arguments.schema:
        return None
    depfile = (arguments.depfile, arguments.depfile_path) if _wants_depfile(arguments) and not arguments.check else None
    changing = (arguments.prefix, arguments.targets, arguments.only)
    try:
        return Run(arguments.schema, arguments.include_dirs, changing, arguments.out, depfile)
    except OSError:  # of a compiler or a working directory that cannot be read
        return None


def _gen_anew(arguments: argparse.Namespace, run: Run | None) -> int:
    from pathlib import Path

    from . import driver, write
    from .diagnostics import Diagnostics

    diagnostics = Diagnostics()
    request = _request(arguments)
    if len(request.files) > 1 and request.prefix:
        diagnostics.error(None, "--prefix goes with one schema only: two packages cannot share a prefix")
        return _report(diagnostics, arguments)
    with _Progress("generating"):
        schemas = driver.front(request, diagnostics)
        outputs = driver.back(schemas, request, diagnostics) if not diagnostics.failed else []
    status = EXIT_BAD
    if not diagnostics.failed:
        try:
            status = _deliver(arguments, Path(arguments.out), outputs, driver.input_files(schemas))
        except write.WriteError as error:
            diagnostics.error(None, str(error))
    if run and status == EXIT_GOOD and not len(diagnostics):
        _remember(run, arguments, schemas, outputs)
    return _report(diagnostics, arguments) or status


def _remember(run: Run, arguments: argparse.Namespace, schemas: list, outputs: list) -> None:
    """Records what an identical run would find, so that it need not look."""
    from pathlib import Path

    from . import driver, write

    directory = Path(arguments.out)
    beside = [] if arguments.check else _depfile(arguments, directory, outputs, driver.input_files(schemas))
    made = [(str(directory / output.path), output.digest) for output in outputs]
    made += [(str(path), write.sha256(text)) for path, text in beside]
    looked_at = driver.looked_at(schemas)
    if looked_at is not None:
        run.remember(looked_at, made)


def _deliver(arguments: argparse.Namespace, directory: Path, outputs: list, inputs: list[Path]) -> int:
    from . import write

    if arguments.check:
        return _print_findings(write.check(directory, outputs), arguments)
    if arguments.list_inputs:
        print("\n".join(str(path) for path in inputs))
    elif arguments.list_outputs:
        print("\n".join(str(directory / output.path) for output in outputs))
    elif arguments.stdout:
        _print_files(outputs, arguments.only)
    elif arguments.dry_run:
        for output in write.changed(directory, outputs):
            print(f"would write {directory / output.path}")
        for path in write.orphans(directory, outputs):
            print(f"would remove {path}")
    else:
        write.write(directory, outputs, write.orphans(directory, outputs), _depfile(arguments, directory, outputs, inputs))
    return EXIT_GOOD


def _wants_depfile(arguments: argparse.Namespace) -> bool:
    return bool(arguments.depfile or arguments.depfile_path)


def _depfile(arguments: argparse.Namespace, directory: Path, outputs: list, inputs: list[Path]) -> list[tuple[Path, str]]:
    """The path and the text of the dependency file, if one is wanted."""
    from pathlib import Path

    from . import depfile

    if not _wants_depfile(arguments):
        return []
    package = outputs[-1].path.split("/")[0]
    path = Path(arguments.depfile_path) if arguments.depfile_path else directory / f"{package}.d"
    return [(path, depfile.render([directory / output.path for output in outputs], inputs))]


def _print_files(outputs: list, only: str | None) -> None:
    if only:
        outputs = [output for output in outputs if output.path.endswith(f"/{only}.h")]
    for output in outputs:
        if len(outputs) > 1:
            print(f"/* ==== {output.path} ==== */")
        sys.stdout.write(output.text)


def _print_findings(findings: list, arguments: argparse.Namespace) -> int:
    for finding in findings:
        print(f"{finding.path}: {_WHY[finding.why]}")
        print("".join(f"    {line}\n" for line in finding.diff), end="")
    if not findings:
        return EXIT_GOOD
    print(f"to mend: {_mending_command(arguments)}")
    return EXIT_DIFFERENT


_WHY = {
    "missing": "missing",
    "stale": "stale: the schema or the compiler has changed since it was written",
    "edited": "edited by hand: change the schema, or the template, instead",
    "orphaned": "orphaned: the schema no longer makes it",
}


def _mending_command(arguments: argparse.Namespace) -> str:
    import shlex

    words = ["ringc", "gen", *arguments.schema, "-o", arguments.out]
    words += [word for directory in arguments.include_dirs for word in ("-I", directory)]
    words += ["--prefix", arguments.prefix] if arguments.prefix else []
    words += [word for target in arguments.targets for word in ("--target", target)]
    words += ["--only", arguments.only] if arguments.only else []
    return shlex.join(words)


# -- talking to the user -----------------------------------------------------------------------------------------------


def _report(diagnostics: Diagnostics, arguments: argparse.Namespace) -> int:
    """Prints the diagnostics on stderr and returns the exit status that they deserve."""
    if arguments.error_format == "json":
        sys.stderr.write(diagnostics.render_json() if len(diagnostics) else "")
    else:
        sys.stderr.write(diagnostics.render())
    return EXIT_BAD if diagnostics.failed else EXIT_GOOD


class _Progress:
    """Says on a terminal that a run is still going on, once it has taken more than a second; otherwise silent."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._timer: Timer | None = None

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            from threading import Timer

            self._timer = Timer(_PROGRESS_AFTER_S, self._say, (self._what,))
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()

    @staticmethod
    def _say(what: str) -> None:
        print(f"ringc: {what} ...", file=sys.stderr, flush=True)
