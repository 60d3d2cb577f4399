"""A run that has nothing to do is over at once; whatever may make its output another one sends it the long way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from generator import cache, driver, unchanged
from support_backend import HEAD, QUEUE, ROOT, SMALL, ringc, ringc_process

TWO = SMALL + f"  more: {{{QUEUE}, full: block, wait: park}}\n"
COMMON = "ringc: 1\npackage: common\ntargets: [x86_64, generic]\nmessages: {leg: {fields: [{name: px, type: i64}]}}\n"
IMPORTING = HEAD.replace("targets", "imports: [common.yaml]\ntargets") + (
    "messages: {order: {fields: [{name: leg, type: leg, count: 2}]}}\n"
    "channels:\n  orders: {message: order, capacity: 4, producers: single, consumers: single}\n"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with schemas in it, and a cache directory of its own."""
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    for name, text in {"s": SMALL, "two": TWO, "sub/common": COMMON, "importing": IMPORTING}.items():
        (work / f"{name}.yaml").write_text(text)
    return work


def parses(here: Path, *arguments: object) -> bool:
    """Runs `ringc gen`, which must end well, and says whether it read the schema."""
    with mock.patch.object(driver, "front", wraps=driver.front) as front:
        done = ringc("gen", *arguments, cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return front.called


def tree(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in sorted(directory.rglob("*")) if path.is_file()}


def made_without_a_cache(here: Path, *arguments: object) -> dict[str, str]:
    """What the same command line makes where nothing is remembered."""
    with mock.patch.dict(os.environ, XDG_CACHE_HOME="/dev/null"):
        assert ringc("gen", *arguments, "-o", "fresh", cwd=here).returncode == 0
    return tree(here / "fresh")


# -- nothing to do -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [
    (), ("--prefix", "abc"), ("--only", "more"), ("-MD", "-MF", "deps/d"), ("--target", "generic"),
])
def test_a_run_that_has_nothing_to_do_reads_no_schema_and_touches_nothing(here, options):
    assert parses(here, "two.yaml", "-o", "out", *options)
    before = {path: path.stat().st_mtime_ns for path in (here / "out").rglob("*")}
    assert not parses(here, "two.yaml", "-o", "out", *options)
    assert {path: path.stat().st_mtime_ns for path in (here / "out").rglob("*")} == before


def test_what_gen_has_written_check_finds_true_at_once_and_the_other_way_round(here):
    assert parses(here, "s.yaml", "-o", "out")
    assert not parses(here, "--check", "s.yaml", "-o", "out")
    for record in (here.parent / "cache/ringc").glob("run-*"):
        record.unlink()
    assert parses(here, "--check", "s.yaml", "-o", "out")
    assert not parses(here, "s.yaml", "-o", "out")


def test_a_run_that_has_nothing_to_do_imports_neither_yaml_nor_jinja2(here):
    program = """if True:
        import sys
        from generator import cli
        cli.main()
        print([name for name in ("yaml", "jinja2", "dataclasses") if name in sys.modules])"""
    command = [sys.executable, "-c", program, "gen", "s.yaml", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = [subprocess.run(command, cwd=here, env=environment, capture_output=True, timeout=60).stdout for _ in range(2)]
    assert said == [b"['yaml', 'jinja2', 'dataclasses']\n", b"[]\n"]


@pytest.mark.parametrize("mode", ["--stdout", "--list-outputs", "--list-inputs"])
def test_what_prints_goes_on_printing(here, mode):
    first, second = (ringc("gen", "s.yaml", mode, "-o", "out", cwd=here).stdout for _ in range(2))
    assert first == second != ""


# -- something to do ---------------------------------------------------------------------------------------------------


def change_schema(here: Path) -> None:
    (here / "two.yaml").write_text(TWO.replace("capacity: 8", "capacity: 16"))


def lose_a_channel(here: Path) -> None:
    (here / "two.yaml").write_text(SMALL)


def edit_a_comment_of_the_schema(here: Path) -> None:
    (here / "two.yaml").write_text(TWO + "# a comment\n")


def edit_output(here: Path) -> None:
    (here / "out/md/ticks.h").write_text("by hand\n")


def edit_runtime(here: Path) -> None:
    (here / "out/ringc.h").write_text("by hand\n")


def edit_manifest(here: Path) -> None:
    with open(here / "out/md/MANIFEST", "a") as manifest:
        manifest.write(f"output {'0' * 64} old.h\n")
    (here / "out/md/old.h").write_text("recorded, and no longer made\n")


def delete_output(here: Path) -> None:
    (here / "out/md/more.h").unlink()


def delete_everything(here: Path) -> None:
    shutil.rmtree(here / "out")


SPOILERS = (
    change_schema, lose_a_channel, edit_a_comment_of_the_schema, edit_output, edit_runtime, delete_output, delete_everything,
)  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS)
def test_after_a_change_gen_makes_what_it_makes_without_a_cache(here, spoil):
    parses(here, "two.yaml", "-o", "out")
    spoil(here)
    assert parses(here, "two.yaml", "-o", "out")
    assert tree(here / "out") == made_without_a_cache(here, "two.yaml")
    assert not parses(here, "two.yaml", "-o", "out")


@pytest.mark.parametrize("spoil", [*SPOILERS, edit_manifest])
def test_after_a_change_check_finds_it_however_often_it_is_asked(here, spoil):
    parses(here, "two.yaml", "-o", "out")
    spoil(here)
    for _ in range(2):
        assert ringc("gen", "--check", "two.yaml", "-o", "out", cwd=here).returncode == 1


def test_a_dependency_file_that_was_deleted_is_written_again(here):
    parses(here, "s.yaml", "-o", "out", "-MD")
    (here / "out/md.d").unlink()
    assert parses(here, "s.yaml", "-o", "out", "-MD") and (here / "out/md.d").exists()


@pytest.mark.parametrize("options", [
    ("--prefix", "abc"), ("--target", "generic"), ("--only", "more"), ("-I", "sub"), ("-MD",), ("-MF", "d"),
])
def test_other_options_are_another_run(here, options):
    parses(here, "two.yaml", "-o", "out")
    assert parses(here, "two.yaml", "-o", "out", *options)


def test_more_or_other_schemas_are_another_run(here):
    (here / "third.yaml").write_text(SMALL.replace("package: md", "package: third"))
    parses(here, "s.yaml", "-o", "out")
    assert parses(here, "s.yaml", "third.yaml", "-o", "out") and parses(here, "third.yaml", "-o", "out")


def test_a_run_elsewhere_is_another_run(here):
    parses(here, "s.yaml", "-o", "out")
    assert parses(here, "s.yaml", "-o", "other")
    shutil.copytree(here, here.parent / "copy")
    (here.parent / "copy/s.yaml").write_text(TWO)
    assert parses(here.parent / "copy", "s.yaml", "-o", "out") and (here.parent / "copy/out/md/more.h").exists()
    assert not parses(here, "s.yaml", "-o", "out") and not parses(here.parent / "copy", "s.yaml", "-o", "out")


def test_runs_whose_records_lie_in_one_place_take_turns(here, monkeypatch):
    monkeypatch.setattr(unchanged.Run, "_path", lambda self: str(here.parent / "cache/one"))
    for _ in range(2):
        assert parses(here, "s.yaml", "-o", "out") and parses(here, "two.yaml", "-o", "other")


# -- another compiler --------------------------------------------------------------------------------------------------


def compiler_of_its_own(here: Path) -> dict[str, str]:
    """A copy of the compiler, and the environment in which it is the one that runs."""
    for folder in ("generator", "templates"):
        shutil.copytree(ROOT / folder, here / "ringc" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return {"PYTHONPATH": str(here / "ringc")}


@pytest.mark.parametrize("file, old, new", [
    ("templates/types.h.j2", "/* Targets:", "/* All targets:"),
    ("templates/partials/banner.j2", "/*", "/* This is it."),
    ("generator/__init__.py", "0.1.0", "0.1.1"),
    ("generator/text.py", "COMMENT_WIDTH = 96", "COMMENT_WIDTH = 40"),
])
def test_another_template_version_or_compiler_makes_its_own_output(here, file, old, new):
    environment = compiler_of_its_own(here)
    schema = (here / "s.yaml").read_text().replace("package: md", f"package: md\ndoc: {'word ' * 20}")
    (here / "s.yaml").write_text(schema)
    assert ringc_process("gen", "s.yaml", "-o", "out", cwd=here, **environment).returncode == 0
    text = (here / "ringc" / file).read_text()
    assert old in text
    (here / "ringc" / file).write_text(text.replace(old, new, 1))
    assert ringc_process("gen", "s.yaml", "-o", "out", cwd=here, **environment).returncode == 0
    without = {**environment, "XDG_CACHE_HOME": "/dev/null"}
    assert ringc_process("gen", "s.yaml", "-o", "fresh", cwd=here, **without).returncode == 0
    assert tree(here / "out") == tree(here / "fresh")


@pytest.mark.parametrize("what", ["compiler", "python", "library"])
def test_each_part_of_the_compiler_has_a_part_in_the_record(here, monkeypatch, what):
    parses(here, "s.yaml", "-o", "out")
    if what == "compiler":
        (here / "more.j2").write_text("a new template")
        monkeypatch.setattr(unchanged, "compiler_files", lambda real=unchanged.compiler_files: [*real(), str(here / "more.j2")])
    elif what == "python":
        monkeypatch.setattr(sys, "version", "3.99")
    else:
        (here / "yaml").mkdir()
        (here / "yaml/__init__.py").write_text("")
        monkeypatch.syspath_prepend(str(here))
    assert parses(here, "s.yaml", "-o", "out")


def test_the_compiler_files_are_all_that_the_output_is_made_with():
    there = [*ROOT.glob("templates/**/*.j2"), *ROOT.glob("generator/*.py"), *ROOT.glob("generator/profiles/*.yaml")]
    assert sorted(unchanged.compiler_files()) == sorted(map(str, there))


# -- imports and profiles ----------------------------------------------------------------------------------------------


def change_import(here: Path) -> None:
    (here / "sub/common.yaml").write_text(COMMON.replace("i64", "i32"))


def shadow_import_beside_the_importer(here: Path) -> None:
    (here / "common.yaml").write_text(COMMON.replace("i64", "i32"))


def shadow_import_in_an_earlier_directory(here: Path) -> None:
    (here / "first").mkdir()
    (here / "first/common.yaml").write_text(COMMON.replace("i64", "i32"))


@pytest.mark.parametrize("spoil", [change_import, shadow_import_beside_the_importer, shadow_import_in_an_earlier_directory])
def test_another_import_makes_other_output(here, spoil):
    arguments = ("importing.yaml", "-I", "first", "-I", "sub")
    parses(here, *arguments, "-o", "out")
    parses(here, *arguments, "-o", "out")
    spoil(here)
    assert parses(here, *arguments, "-o", "out")
    assert "int32_t px" in (here / "out/common/types.h").read_text()
    assert tree(here / "out") == made_without_a_cache(here, *arguments)


def test_an_import_that_has_gone_is_missed(here):
    parses(here, "importing.yaml", "-I", "sub", "-o", "out")
    (here / "sub/common.yaml").unlink()
    assert ringc("gen", "importing.yaml", "-I", "sub", "-o", "out", cwd=here).returncode == 2


def test_one_file_under_two_names_that_becomes_two_files_is_refused_as_without_a_cache(here):
    (here / "other").mkdir()
    (here / "other/common.yaml").symlink_to(here / "sub/common.yaml")
    (here / "importing.yaml").write_text(IMPORTING.replace("[common.yaml]", "[sub/common.yaml, other/common.yaml]"))
    parses(here, "importing.yaml", "-o", "out")
    (here / "other/common.yaml").unlink()
    shutil.copy(here / "sub/common.yaml", here / "other/common.yaml")
    done = ringc("gen", "importing.yaml", "-o", "out", cwd=here)
    assert done.returncode == 2 and "package 'common'" in done.stderr


def test_another_profile_makes_other_output(here):
    profile = (ROOT / "generator/profiles/default.yaml").read_text()
    (here / "mine.yaml").write_text(profile)
    (here / "s.yaml").write_text(SMALL.replace("[x86_64, generic]", "[{arch: x86_64, profile: mine.yaml}, generic]"))
    parses(here, "s.yaml", "-o", "out")
    (here / "mine.yaml").write_text(profile + "# another\n")
    assert parses(here, "s.yaml", "-o", "out")


# -- what must not be remembered ---------------------------------------------------------------------------------------


def test_a_schema_that_changes_while_it_is_compiled_is_compiled_again(here):
    def front_of_a_moment_ago(*arguments: object, real=driver.front) -> list:
        schemas = real(*arguments)
        change_schema(here)
        return schemas

    with mock.patch.object(driver, "front", front_of_a_moment_ago):
        assert ringc("gen", "two.yaml", "-o", "out", cwd=here).returncode == 0
    assert parses(here, "two.yaml", "-o", "out")
    assert "MD_TICKS_CAPACITY ((ringc_seq)16u)" in (here / "out/md/ticks.h").read_text()


def test_errors_are_reported_each_time(here):
    (here / "s.yaml").write_text(SMALL.replace("capacity: 8", "capacity: 9"))
    first, second = (ringc("gen", "s.yaml", "-o", "out", cwd=here) for _ in range(2))
    assert (first.returncode, first.stderr) == (second.returncode, second.stderr) and "power of two" in first.stderr


def test_a_schema_from_a_pipe_is_read_each_time(here):
    command = ["bash", "-c", f"{sys.executable} -m generator gen <(cat s.yaml) -o out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for text in (SMALL, SMALL.replace("capacity: 8", "capacity: 16")):
        (here / "s.yaml").write_text(text)
        done = subprocess.run(command, cwd=here, env=environment, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")
    assert "MD_TICKS_CAPACITY ((ringc_seq)16u)" in (here / "out/md/ticks.h").read_text()


# -- the cache directory -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [
    "", "{", "[]", "3", "null", "{}", '{"identity": 1, "compiler": 2}', "\xff", "no output", "a list",
])
def test_a_damaged_record_sends_the_run_the_long_way(here, damage):
    parses(here, "s.yaml", "-o", "out")
    (record,) = (here.parent / "cache/ringc").glob("run-*")
    good = json.loads(record.read_text())
    texts = {"no output": {**good, "made": None}, "a list": {**good, "looked_at": list(good["looked_at"])}}
    record.write_text(json.dumps(texts[damage]) if damage in texts else damage, encoding="latin-1")
    assert parses(here, "s.yaml", "-o", "out")
    assert not parses(here, "s.yaml", "-o", "out")


def is_for_all(path: Path) -> None:
    path.chmod(0o777)


def is_a_file(path: Path) -> None:
    path.rmdir()
    path.write_text("mine")


@pytest.mark.parametrize("spoil", [is_for_all, is_a_file])
def test_a_cache_directory_that_cannot_be_trusted_or_made_is_not_used(here, spoil):
    (here.parent / "cache/ringc").mkdir()
    spoil(here.parent / "cache/ringc")
    before = tree(here.parent / "cache")
    for _ in range(2):
        assert parses(here, "s.yaml", "-o", "out")
    assert tree(here.parent / "cache") == before


@pytest.mark.parametrize("environment, expected", [
    ({"XDG_CACHE_HOME": "{tmp}/x"}, "{tmp}/x/ringc"), ({"HOME": "{tmp}"}, "{tmp}/.cache/ringc"),
    ({"XDG_CACHE_HOME": "relative"}, None), ({"XDG_CACHE_HOME": "/dev/null"}, None), ({"HOME": "{tmp}/none"}, None),
])
def test_the_cache_directory_is_where_other_programs_have_theirs_or_nowhere(tmp_path, monkeypatch, environment, expected):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    if expected is None:
        with pytest.raises(OSError):
            cache.directory()
        assert list(tmp_path.iterdir()) == []
    else:
        assert cache.directory() == expected.format(tmp=tmp_path) and os.stat(cache.directory()).st_mode & 0o777 == 0o700


def test_a_record_that_cannot_be_written_is_done_without(here):
    parses(here, "s.yaml", "-o", "out")
    (record,) = (here.parent / "cache/ringc").glob("run-*")
    record.unlink()
    record.mkdir()
    for _ in range(2):
        assert parses(here, "s.yaml", "-o", "out")
