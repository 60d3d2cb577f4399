"""The command line: what each command and option does, what it prints where, and with which status it ends."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from generator import __version__
from support_backend import C11, HEAD, QUEUE, ROOT, SMALL, TICK, cc, ringc, ringc_process

TWO = SMALL + f"  more: {{{QUEUE}, full: block, wait: park}}\n"
BAD = SMALL.replace("capacity: 8", "capacity: 9")
UNBUILT = SMALL + "  jobs: {message: tick, capacity: 8, producers: multi, consumers: single}\n"
COMMON = "ringc: 1\npackage: common\ntargets: [x86_64, generic]\nmessages: {leg: {fields: [{name: px, type: i64}]}}\n"
IMPORTING = HEAD.replace("targets", "imports: [common.yaml]\ntargets") + (
    "messages: {order: {fields: [{name: leg, type: leg, count: 2}]}}\n"
    "channels:\n  orders: {message: order, capacity: 4, producers: single, consumers: single}\n"
    "  legs: {message: leg, capacity: 4, producers: single, consumers: single, full: reject}\n"
)


@pytest.fixture
def here(tmp_path):
    """A directory with schemas in it, in which a test runs the compiler."""
    for name, text in {"s": SMALL, "two": TWO, "bad": BAD, "unbuilt": UNBUILT, "common": COMMON, "importing": IMPORTING}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def good(*arguments: object, **more: object) -> str:
    """Runs a command that must succeed in silence on stderr; returns its stdout."""
    done = ringc(*arguments, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


PACKAGE = ["md/MANIFEST", "md/md.h", "md/reflect.c", "md/reflect.h", "md/ticks.h", "md/types.h", "ringc.c", "ringc.h"]


# -- gen: where to, and what -------------------------------------------------------------------------------------------


def test_gen_writes_the_files_of_the_design_and_says_nothing(here):
    assert good("gen", "s.yaml", "-o", "some/where", cwd=here) == ""
    assert files(here / "some/where") == PACKAGE


def test_the_compiler_runs_as_a_process_of_its_own_too(here):
    for options, status in (("s.yaml", 0), ("none.yaml", 2)):
        assert ringc_process("gen", options, cwd=here).returncode == status
    assert files(here / "generated") == PACKAGE


def test_gen_writes_to_generated_unless_told_otherwise(here):
    good("gen", "s.yaml", cwd=here)
    assert files(here / "generated") == PACKAGE


def test_imports_are_generated_too_and_all_of_it_compiles(here):
    good("gen", "importing.yaml", "-o", "out", cwd=here)
    assert "common/types.h" in files(here / "out") and "md/orders.h" in files(here / "out")
    (here / "u.c").write_text('#include "md/md.h"\n#include "common/common.h"\n')
    for source in (here / "u.c", here / "out/md/reflect.c", here / "out/common/reflect.c", here / "out/ringc.c"):
        cc(*C11, f"-I{here}/out", "-fsyntax-only", source)


def test_imports_are_looked_for_in_the_directories_of_capital_i(here):
    (here / "sub").mkdir()
    (here / "common.yaml").rename(here / "sub/common.yaml")
    assert ringc("gen", "importing.yaml", "-o", "out", cwd=here).returncode == 2
    good("gen", "importing.yaml", "-o", "out", "-I", "nowhere", "-I", "sub", cwd=here)


def test_several_schemas_are_generated_at_once(here):
    (here / "other.yaml").write_text(SMALL.replace("package: md", "package: other"))
    good("gen", "s.yaml", "other.yaml", "-o", "out", cwd=here)
    assert {"md/ticks.h", "other/ticks.h", "other/MANIFEST"} <= set(files(here / "out"))


def test_an_import_may_be_named_on_the_command_line_as_well(here):
    good("gen", "importing.yaml", "common.yaml", "-o", "out", cwd=here)
    good("gen", "--check", "common.yaml", "importing.yaml", "-o", "out", cwd=here)


def test_two_schemas_with_one_package_are_refused_and_nothing_is_written(here):
    done = ringc("gen", "s.yaml", "two.yaml", "-o", "out", cwd=here)
    assert done.returncode == 2 and not (here / "out").exists()
    assert done.stderr.startswith("two.yaml:2:10: error: package 'md' is also what 's.yaml' makes; one of them needs another name\n")


def test_a_schema_with_the_package_of_anothers_import_is_refused(here):
    (here / "sub").mkdir()
    (here / "sub/common.yaml").write_text(COMMON.replace("i64", "i32"))
    for order in (("importing.yaml", "sub/common.yaml"), ("sub/common.yaml", "importing.yaml")):
        done = ringc("gen", *order, "-o", "out", cwd=here)
        assert done.returncode == 2 and "package 'common'" in done.stderr and not (here / "out").exists()


def test_target_narrows_the_output_to_one_target(here):
    good("gen", "s.yaml", "-o", "out", "--target", "generic", cwd=here)
    types = (here / "out/md/types.h").read_text()
    assert "/* Targets: generic. */" in types and "RINGC_TARGET_X86_64" not in types
    assert " *     ringc gen s.yaml --target generic\n" in types


def test_an_unknown_target_is_refused_with_a_suggestion(here):
    done = ringc("gen", "s.yaml", "--target", "x86_46", cwd=here)
    assert done.returncode == 2 and "unknown architecture 'x86_46'; did you mean 'x86_64'?" in done.stderr


def test_prefix_renames_every_c_name_but_not_the_directory(here):
    good("gen", "s.yaml", "-o", "out", "--prefix", "abc", cwd=here)
    assert files(here / "out") == PACKAGE
    header = (here / "out/md/ticks.h").read_text()
    assert "abc_ticks_try_push(" in header and "ABC_TICKS_CAPACITY" in header and "md_tick" not in header and "MD_" not in header
    cc(*C11, f"-I{here}/out", "-fsyntax-only", here / "out/md/reflect.c")


def test_prefix_goes_with_one_schema_only(here):
    done = ringc("gen", "s.yaml", "common.yaml", "--prefix", "x", "-o", "out", cwd=here)
    assert done.returncode == 2 and "--prefix goes with one schema only" in done.stderr and not (here / "out").exists()


@pytest.mark.parametrize("options", [("--prefix", "abc"), ("--target", "generic")])
def test_options_that_change_a_schema_leave_its_imports_as_they_are(here, options):
    good("gen", "importing.yaml", *options, "-o", "out", cwd=here)
    good("gen", "--check", "common.yaml", "-o", "out", cwd=here)
    good("gen", "--check", "importing.yaml", *options, "-o", "out", cwd=here)


def test_only_writes_one_channel_and_what_it_includes(here):
    good("gen", "two.yaml", "-o", "out", "--only", "more", cwd=here)
    assert files(here / "out") == ["md/more.h", "md/types.h", "ringc.c", "ringc.h"]
    (here / "u.c").write_text('#include "md/more.h"\n')
    cc(*C11, f"-I{here}/out", "-fsyntax-only", here / "u.c")


def test_only_of_a_channel_that_is_not_there_is_refused(here):
    done = ringc("gen", "two.yaml", "-o", "out", "--only", "xyzzy", cwd=here)
    assert (done.returncode, done.stderr) == (2, "ringc: error: --only: no channel is called 'xyzzy'\n") and not (here / "out").exists()


def test_only_removes_nothing_that_a_whole_run_wrote(here):
    good("gen", "two.yaml", "-o", "out", cwd=here)
    before = files(here / "out")
    good("gen", "two.yaml", "-o", "out", "--only", "more", cwd=here)
    assert files(here / "out") == before
    good("gen", "--check", "two.yaml", "-o", "out", cwd=here)


def test_a_channel_that_left_the_schema_loses_its_header(here):
    good("gen", "two.yaml", "-o", "out", cwd=here)
    (here / "two.yaml").write_text(SMALL)
    good("gen", "two.yaml", "-o", "out", cwd=here)
    assert files(here / "out") == PACKAGE


def test_standard_input_is_a_schema_named_dash(here):
    good("gen", "-", "-o", "out", cwd=here, input=SMALL.encode())
    assert files(here / "out") == PACKAGE
    assert "from <stdin> (model" in (here / "out/md/types.h").read_text() and "ringc gen -\n" in (here / "out/md/types.h").read_text()
    done = ringc("check", "-", input=BAD.encode())
    assert done.returncode == 2 and done.stderr.startswith("<stdin>:6:")


# -- gen: what is printed instead --------------------------------------------------------------------------------------


def test_stdout_prints_and_writes_nothing(here):
    printed = good("gen", "s.yaml", "--stdout", "-o", "out", cwd=here)
    assert re.findall(r"^/\* ==== (.*) ==== \*/$", printed, re.M) == sorted(PACKAGE, key=printed.index) and not (here / "out").exists()


def test_stdout_of_only_one_channel_is_that_header_alone(here):
    printed = good("gen", "two.yaml", "--stdout", "--only", "more", cwd=here)
    good("gen", "two.yaml", "-o", "out", cwd=here)
    assert printed == (here / "out/md/more.h").read_text()


def test_list_outputs_prints_what_would_be_written(here):
    listed = good("gen", "importing.yaml", "--list-outputs", "-o", "out", cwd=here).splitlines()
    assert not (here / "out").exists()
    good("gen", "importing.yaml", "-o", "out", cwd=here)
    assert sorted(listed) == [f"out/{name}" for name in files(here / "out")]


def test_list_inputs_prints_schemas_imports_templates_and_the_compiler_itself(here):
    listed = good("gen", "importing.yaml", "--list-inputs", cwd=here).splitlines()
    assert {"importing.yaml", "common.yaml", str(ROOT / "templates/types.h.j2"), str(ROOT / "templates/partials/banner.j2"),
            str(ROOT / "generator/plan.py")} <= set(listed)
    assert all((here / name).is_file() for name in listed) and len(set(listed)) == len(listed)


def test_dry_run_says_what_would_be_written_and_removed(here):
    assert good("gen", "two.yaml", "--dry-run", "-o", "out", cwd=here).splitlines()[-1] == "would write out/md/MANIFEST"
    assert not (here / "out").exists()
    good("gen", "two.yaml", "-o", "out", cwd=here)
    assert good("gen", "two.yaml", "--dry-run", "-o", "out", cwd=here) == ""
    (here / "two.yaml").write_text(SMALL.replace("reject", "block"))
    said = good("gen", "two.yaml", "--dry-run", "-o", "out", cwd=here).splitlines()
    assert "would write out/md/ticks.h" in said and "would remove out/md/more.h" in said and (here / "out/md/more.h").exists()


def test_two_modes_at_once_are_refused(here):
    assert ringc("gen", "s.yaml", "--check", "--stdout", cwd=here).returncode == 2


# -- gen --check -------------------------------------------------------------------------------------------------------


def test_check_of_true_output_is_silent(here):
    good("gen", "s.yaml", "-o", "out", cwd=here)
    assert good("gen", "--check", "s.yaml", "-o", "out", cwd=here) == ""


def spoil_schema(here: Path) -> None:
    (here / "two.yaml").write_text(TWO.replace("capacity: 8", "capacity: 16"))


def spoil_edit(here: Path) -> None:
    (here / "out/md/ticks.h").write_text("by hand\n")


def spoil_missing(here: Path) -> None:
    (here / "out/md/types.h").unlink()


def spoil_orphan(here: Path) -> None:
    (here / "two.yaml").write_text(SMALL)


def spoil_edited_orphan(here: Path) -> None:
    (here / "two.yaml").write_text(SMALL)
    (here / "out/md/more.h").write_text("by hand\n")


@pytest.mark.parametrize("spoil, file, why", [
    (spoil_schema, "ticks.h", "stale"), (spoil_edit, "ticks.h", "edited by hand"), (spoil_missing, "types.h", "missing"),
    (spoil_orphan, "more.h", "orphaned"), (spoil_edited_orphan, "more.h", "orphaned"),
])
@pytest.mark.parametrize("options", [(), ("--prefix", "abc", "--target", "generic", "-I", "a dir")])
def test_check_finds_what_is_wrong_and_its_command_mends_it(here, spoil, file, why, options):
    good("gen", "two.yaml", "-o", "out", *options, cwd=here)
    spoil(here)
    done = ringc("gen", "--check", "two.yaml", "-o", "out", *options, cwd=here)
    assert done.returncode == 1 and re.search(rf"^out/md/{file}: {why}", done.stdout, re.M) and done.stderr == ""
    mend(here, done.stdout)
    assert good("gen", "--check", "two.yaml", "-o", "out", *options, cwd=here) == ""


def mend(here: Path, stdout: str) -> None:
    command = shlex.split(re.search(r"^to mend: (.*)$", stdout, re.M).group(1))
    assert command[0] == "ringc"
    good(*command[1:], cwd=here)


def test_the_mending_command_of_one_channel_works_where_another_is_not_built_yet(here):
    good("gen", "unbuilt.yaml", "-o", "out", "--only", "ticks", cwd=here)
    (here / "out/md/ticks.h").write_text("by hand\n")
    done = ringc("gen", "--check", "unbuilt.yaml", "-o", "out", "--only", "ticks", cwd=here)
    assert done.returncode == 1
    mend(here, done.stdout)
    good("gen", "--check", "unbuilt.yaml", "-o", "out", "--only", "ticks", cwd=here)


def test_check_shows_a_diff(here):
    good("gen", "s.yaml", "-o", "out", cwd=here)
    (here / "s.yaml").write_text(SMALL.replace("capacity: 8", "capacity: 16"))
    shown = ringc("gen", "--check", "s.yaml", "-o", "out", cwd=here).stdout
    assert "    -#define MD_TICKS_CAPACITY ((ringc_seq)8u) /* slots */" in shown
    assert "    +#define MD_TICKS_CAPACITY ((ringc_seq)16u) /* slots */" in shown


def test_check_of_a_bad_schema_is_bad_input_not_a_difference(here):
    assert ringc("gen", "--check", "bad.yaml", "-o", "out", cwd=here).returncode == 2


# -- dependency files --------------------------------------------------------------------------------------------------


def make(here: Path, makefile: str, *targets: str) -> subprocess.CompletedProcess:
    (here / "Makefile").write_text(makefile)
    return subprocess.run(["make", "--no-print-directory", *targets], cwd=here, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)


def test_md_writes_beside_the_output_and_mf_says_where_else(here):
    good("gen", "s.yaml", "-o", "out", "-MD", cwd=here)
    assert files(here / "out") == sorted([*PACKAGE, "md.d"])
    good("gen", "s.yaml", "-o", "out", "-MD", "-MF", "deps/of.d", cwd=here)
    assert (here / "deps/of.d").read_text() == (here / "out/md.d").read_text()


def test_the_dependency_file_names_outputs_and_inputs(here):
    good("gen", "importing.yaml", "-o", "out", "-MD", "-MF", "d", cwd=here)
    rule = (here / "d").read_text().split("\n\n")[0].replace("\\\n", "")
    targets, inputs = (part.split() for part in rule.split(":"))
    assert sorted(targets) == [f"out/{name}" for name in files(here / "out")]
    assert {"importing.yaml", "common.yaml", str(ROOT / "generator/cli.py"), str(ROOT / "templates/spsc.h.j2")} <= set(inputs)


@pytest.mark.parametrize("name", ["plain", "with space", "with#hash", "with$dollar", "a b#c$d", "back\\slash", "back\\ #", "quote'\"", "$(shell)"])
def test_make_reads_the_dependency_file_whatever_the_schema_is_called(here, name):
    schema = here / f"{name}.yaml"
    schema.write_text(SMALL)
    good("gen", schema.name, "-o", "out", "-MD", "-MF", "d", cwd=here)
    makefile = "include d\nout/md/types.h:\n\t@echo remade\n"
    quiet = make(here, makefile, "-q", "out/md/types.h")
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    future = os.stat(here / "out/md/types.h").st_mtime + 1000
    os.utime(schema, (future, future))
    assert make(here, makefile, "out/md/types.h").stdout == "remade\n"


@pytest.mark.parametrize("directory", ["out", "out put", "o#t", "o$t"])
def test_make_reads_the_dependency_file_whatever_the_output_directory_is_called(here, directory):
    good("gen", "s.yaml", "-o", directory, "-MD", "-MF", "d", cwd=here)
    target = f"{directory}/md/types.h"
    os.utime(here / "s.yaml", (2**31, 2**31))
    done = subprocess.run(["make", "-f", "d", "-n", "--debug=b", target], cwd=here, capture_output=True, text=True)
    assert f"Prerequisite 's.yaml' is newer than target '{target}'." in done.stdout, done.stdout + done.stderr


def test_make_goes_on_after_an_import_was_deleted(here):
    makefile = (f"out/md/types.h: importing.yaml\n\t@{shlex.quote(sys.executable)} -m generator gen importing.yaml -o out -MD -MF d && touch $@\n"
                "-include d\n")
    assert make(here, makefile, "out/md/types.h").returncode == 0
    (here / "common.yaml").unlink()
    (here / "importing.yaml").write_text(SMALL)
    done = make(here, makefile, "out/md/types.h")
    assert done.returncode == 0 and "No rule to make target" not in done.stderr, done.stderr
    assert "common" not in (here / "d").read_text()


# -- what this version does not generate -------------------------------------------------------------------------------


def test_a_channel_that_is_not_built_yet_is_refused_where_it_stands_and_nothing_is_written(here):
    done = ringc("gen", "unbuilt.yaml", "-o", "out", cwd=here)
    assert done.returncode == 2 and not (here / "out").exists()
    assert done.stderr.splitlines()[0] == (
        "unbuilt.yaml:7:3: error: channel 'jobs' needs shared_claim (shared-claim ring, a lap stamp per slot), which this version of "
        "ringc checks and explains but does not generate yet")


def test_a_channel_that_is_not_built_yet_does_not_stand_in_the_way_of_only_another(here):
    good("gen", "unbuilt.yaml", "-o", "out", "--only", "ticks", cwd=here)
    assert files(here / "out") == ["md/ticks.h", "md/types.h", "ringc.c", "ringc.h"]


DESIGN_KINDS = HEAD + TICK + """\
channels:
  spsc: {message: tick, capacity: 8, producers: single, consumers: single, doc: The plain one.}
  parked: {message: tick, capacity: 8, producers: single, consumers: single, wait: park, tune: {release: 4}}
  log: {message: tick, capacity: 8, producers: single, consumers: single, full: drop_oldest}
  grow: {message: tick, capacity: 8, producers: {single: upgrade}, consumers: single}
  ticks: {message: tick, capacity: 8, producers: single, consumers: {broadcast: 16}, full: overwrite, wait: {strategy: monitor, timeout_us: 50, otherwise: adaptive}}
  fills: {message: tick, capacity: 8, producers: single, consumers: {broadcast: 4}, full: {policy: block, watermark: 4}}
  orders: {message: tick, capacity: 8, producers: {sharded: 8}, consumers: single, full: reject}
  jobs: {message: tick, capacity: 8, producers: multi, consumers: {workers: 4}, full: block, wait: park}
  book_dirty: {signal: 64, producers: multi, wait: park}
  top: {message: tick, latest: true, producers: single, consumers: {broadcast: 8}}
"""
UNBUILT_KINDS = ("grow", "orders", "jobs", "book_dirty", "top")


def test_all_refusals_come_in_one_run(here):
    (here / "kinds.yaml").write_text(
        DESIGN_KINDS + "pipelines: {risk: {channel: fills, stages: {a: {}}}}\nbuses: {market: {topics: {t: {channel: ticks}}}}\n")
    good("check", "kinds.yaml", cwd=here)
    done = ringc("gen", "kinds.yaml", "-o", "out", cwd=here)
    heads = [line for line in done.stderr.splitlines() if ": error: " in line]
    assert len(heads) == len(UNBUILT_KINDS) + 2 and all(f"channel '{name}'" in done.stderr for name in UNBUILT_KINDS)
    assert "bus 'market': this version" in done.stderr and "pipeline 'risk': this version" in done.stderr and not (here / "out").exists()


def test_counters_are_refused_where_they_are_asked_for(here):
    (here / "m.yaml").write_text(SMALL.replace("full: reject", "full: reject, metrics: counters"))
    done = ringc("gen", "m.yaml", cwd=here)
    assert done.returncode == 2 and re.match(r"m\.yaml:6:\d+: error: channel 'ticks': metrics are not generated yet", done.stderr)


# -- check, explain, layout, schema ------------------------------------------------------------------------------------


def test_check_of_a_good_schema_is_silent_and_writes_nothing(here):
    before = files(here)
    assert good("check", "importing.yaml", "common.yaml", cwd=here) == ""
    assert files(here) == before


def test_check_of_a_bad_schema_prints_it_as_a_compiler_does(here):
    done = ringc("check", "bad.yaml", cwd=here)
    assert done.returncode == 2 and done.stdout == ""
    head, line, caret = done.stderr.splitlines()[:3]
    assert re.match(r"bad\.yaml:6:\d+: error: .*power of two", head) and "capacity: 9" in line and caret.strip(" |~") == "^"


def test_explain_says_of_every_kind_of_channel_what_it_becomes(here):
    (here / "kinds.yaml").write_text(DESIGN_KINDS)
    pages = good("explain", "kinds.yaml", cwd=here)
    for name, row in {
        "spsc": "single × single × block", "log": "single × single × drop_oldest", "grow": "upgrade × single × block",
        "ticks": "single × broadcast 16 × overwrite", "fills": "single × broadcast 4 × block (watermark 4)",
        "orders": "sharded 8 × single × reject", "jobs": "multi × workers 4 × block", "book_dirty": "signal × multi × single",
        "top": "latest × single × broadcast 8",
    }.items():
        page = good("explain", "kinds.yaml", name, cwd=here)
        assert page.startswith(f"channel md.{name}") and f"  row        {row}\n" in page and page.rstrip("\n") in pages
        assert ("checked, but not generated by this version" in page) == (name in UNBUILT_KINDS)


def test_explain_of_a_built_channel_shows_knobs_costs_contract_and_memory(here):
    (here / "kinds.yaml").write_text(DESIGN_KINDS)
    page = good("explain", "kinds.yaml", "parked", cwd=here)
    room = "5 of 8 slots can always be filled, 4 are freed together"
    for words in ("  costs\n", "full fence", "  contract\n", room, "  memory\n", "guard"):
        assert words in page
    assert re.search(r"^    release +4 together +the schema$", page, re.M)
    assert good("explain", "kinds.yaml", "spsc", cwd=here).startswith("channel md.spsc: The plain one.\n")


def test_explain_of_a_monitor_wait_says_what_stands_in_for_it(here):
    (here / "kinds.yaml").write_text(DESIGN_KINDS.replace("  log:", "  heard: {message: tick, capacity: 8, producers: single, "
                                                          "consumers: {broadcast: 2}, wait: monitor}\n  log:"))
    watches = "watches the line that will change, 50 us at a time (where the processor can, else "
    adaptive = "spins 1000 pauses, yields 100 times, then sleeps 50 us at a time"
    assert f"wait       consumer {watches}{adaptive})" in good("explain", "kinds.yaml", "ticks", cwd=here)
    page = good("explain", "kinds.yaml", "heard", cwd=here)
    assert f"wait       producer {adaptive}\n" in page and f"wait       consumer {watches}{adaptive})\n" in page


def test_explain_of_a_broadcast_shows_its_readings_costs_and_places(here):
    (here / "kinds.yaml").write_text(DESIGN_KINDS)
    lossy, gated = (good("explain", "kinds.yaml", name, cwd=here) for name in ("ticks", "fills"))
    for words in ("16 subscribers at a time, lossy or tracked", "received + lagged = position - start", "2048 for the places of 16 subscribers"):
        assert words in lossy
    assert "full fence" not in lossy and "gates" not in lossy
    for words in ("4 subscribers at a time, gating, lossy or tracked", "at most 4 messages beyond the slowest subscriber that gates",
                  "a full fence and a look at all 4 places, once in 4 messages"):
        assert words in gated


@pytest.mark.parametrize("command", ["explain", "layout"])
def test_an_unknown_name_is_refused_with_a_suggestion(here, command):
    done = ringc(command, "s.yaml", "tick_s", cwd=here)
    assert (done.returncode, done.stdout) == (2, "") and "'s.yaml' has no 'tick_s'; did you mean 'ticks'?" in done.stderr


def test_layout_draws_messages_and_channels_line_by_line(here):
    (here / "l.yaml").write_text(SMALL.replace("{name: a, type: u64}", "{name: a, type: u64, count: 9}, {name: b, type: u8}"))
    message = good("layout", "l.yaml", "tick", cwd=here)
    assert message.splitlines()[0] == "message tick: 80 bytes, aligned to 8, 7 of padding, 2 lines of 64"
    rows = [line.split() for line in message.splitlines()[2:]]
    assert [(row[0], row[1], row[2]) for row in rows] == [("0", "72", "0"), ("72", "1", "1"), ("73", "7", "1")]
    assert rows[0][3] == "#" * 31 + ">" and rows[1][3] == "." * 4 + "#" + "." * 27 and rows[2][4:] == ["pad0_", "(padding)"]
    ring = good("layout", "l.yaml", "ticks", cwd=here)
    assert "slots: 8 of 80 bytes" in ring and good("layout", "l.yaml", cwd=here) == message + "\n" + ring


def test_explain_and_layout_print_the_same_bytes_in_any_locale(here):
    plain = good("explain", "s.yaml", cwd=here)
    assert "×" in plain and plain == good("explain", "s.yaml", cwd=here, PYTHONIOENCODING="ascii") == good("explain", "s.yaml", cwd=here, LC_ALL="C")


def test_schema_prints_the_json_schema_and_the_reference(here):
    assert json.loads(good("schema"))["$schema"].startswith("http://json-schema.org/draft-07/schema")
    assert good("schema", "--reference").startswith("# The schema language, version 1\n")


def test_version_names_tool_and_version():
    assert good("--version") == f"ringc {__version__}\n"


# -- statuses and streams ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("gen",), ("gen", "s.yaml", "--no-such-option"), ("explain",), ("check",)])
def test_a_command_line_that_makes_no_sense_ends_with_2_and_a_usage(here, arguments):
    done = ringc(*arguments, cwd=here)
    assert done.returncode == 2 and done.stderr.startswith("usage: ringc") and done.stdout == ""


def test_a_schema_that_is_not_there_ends_with_2(here):
    done = ringc("gen", "none.yaml", cwd=here)
    assert (done.returncode, done.stderr) == (2, "ringc: error: cannot read 'none.yaml': No such file or directory\n")


def test_an_output_directory_that_cannot_be_made_ends_with_2(here):
    done = ringc("gen", "s.yaml", "-o", "s.yaml/out", cwd=here)
    assert (done.returncode, done.stderr) == (2, "ringc: error: cannot write 's.yaml': Not a directory\n")


@pytest.mark.parametrize("arguments", [
    ("check", "bad.yaml"), ("gen", "bad.yaml"), ("gen", "none.yaml"), ("gen", "s.yaml", "-o", "s.yaml/out"), ("gen", "unbuilt.yaml"),
    ("gen", "s.yaml", "common.yaml", "--prefix", "x"), ("explain", "s.yaml", "nope"), ("gen", "s.yaml", "--only", "nope"),
])
def test_diagnostics_in_json_are_one_array(here, arguments):
    done = ringc(*arguments, "--error-format=json", cwd=here)
    complaints = json.loads(done.stderr)
    assert done.returncode == 2 and done.stdout == "" and len(complaints) == 1
    assert {"file", "line", "column", "end_line", "end_column", "severity", "message", "notes"} <= set(complaints[0])


def test_a_good_run_prints_no_json(here):
    assert good("check", "s.yaml", "--error-format=json", cwd=here) == ""


@pytest.mark.parametrize("arguments", [("gen", "two.yaml", "--stdout"), ("schema",), ("explain", "two.yaml"), ("schema", "--reference")])
def test_a_reader_that_goes_away_ends_the_run_quietly(here, arguments):
    command = " ".join([shlex.quote(sys.executable), "-m generator", *arguments, "| head -1"])
    done = subprocess.run(["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], cwd=here, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.count("\n") == 1


def test_a_reader_that_never_was_ends_the_run_quietly(here):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "generator", "explain", "s.yaml"], cwd=here, stdout=writing, stderr=subprocess.PIPE,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
