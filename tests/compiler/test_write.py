"""Files on disk: untouched when nothing changed, all or nothing when something fails, and nobody else's files removed."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from generator import write
from generator.render import Output
from support_backend import ROOT, SMALL, ringc


def package(**files: str) -> list[Output]:
    """Outputs of a package `md` with its manifest. `files`: name without .h -> text."""
    outputs = [Output("ringc.h", "runtime\n")] + [Output(f"md/{name}.h", text) for name, text in files.items()]
    return [*outputs, write.manifest("md", "1.0", "", [("md.yaml", "abc")], outputs)]


def put(directory: Path, outputs: list[Output]) -> None:
    write.write(directory, outputs, write.orphans(directory, outputs))


def tree(directory: Path) -> dict[str, str]:
    """Everything below a directory: relative path -> text, "/" for a directory."""
    return {str(path.relative_to(directory)): "/" if path.is_dir() else path.read_text() for path in sorted(directory.rglob("*"))}


def states(directory: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in directory.rglob("*")}


# -- writing -----------------------------------------------------------------------------------------------------------


def test_outputs_are_written_with_the_directories_they_need(tmp_path):
    put(tmp_path / "a" / "b", package(types="t\n"))
    assert list(tree(tmp_path / "a" / "b")) == ["md", "md/MANIFEST", "md/types.h", "ringc.h"]


def test_a_run_that_changes_nothing_touches_nothing(tmp_path):
    put(tmp_path, package(types="t\n", ticks="x\n"))
    before = states(tmp_path)
    put(tmp_path, package(types="t\n", ticks="x\n"))
    assert states(tmp_path) == before


def test_only_what_changed_is_written_and_as_a_new_file(tmp_path):
    put(tmp_path, package(types="t\n", ticks="x\n"))
    before = states(tmp_path)
    reader = open(tmp_path / "md/ticks.h")
    put(tmp_path, package(types="t\n", ticks="new\n"))
    after = states(tmp_path)
    changed = {Path(path).name for path in before if before[path] != after[path]}
    assert changed == {"md", "ticks.h", "MANIFEST"}
    assert reader.read() == "x\n"  # whoever reads the old file goes on reading the old file
    reader.close()


def test_changed_names_what_is_missing_and_what_differs(tmp_path):
    put(tmp_path, package(types="t\n", ticks="x\n"))
    (tmp_path / "md/types.h").unlink()
    assert [output.path for output in write.changed(tmp_path, package(types="t\n", ticks="y\n"))] == ["md/types.h", "md/ticks.h", "md/MANIFEST"]


def test_a_file_that_is_no_utf_8_counts_as_different(tmp_path):
    (tmp_path / "f").write_bytes(b"caf\xe9\n")
    assert write.changed(tmp_path, [Output("f", "caf\ufffd\n")])
    write.write(tmp_path, [Output("f", "caf\ufffd\n")])
    assert (tmp_path / "f").read_bytes() == "caf\ufffd\n".encode()


def test_line_ends_are_written_as_they_are(tmp_path):
    (tmp_path / "f").write_bytes(b"a\r\nb\r\n")
    write.write(tmp_path, [Output("f", "a\nb\n")])
    assert (tmp_path / "f").read_bytes() == b"a\nb\n"


# -- failures ----------------------------------------------------------------------------------------------------------


def failing(directory: Path, outputs: list[Output]) -> str:
    with pytest.raises(write.WriteError) as caught:
        put(directory, outputs)
    return str(caught.value)


def test_a_path_below_a_regular_file_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert failing(tmp_path / "file" / "out", package(types="t\n")) == f"cannot write '{tmp_path}/file': Not a directory"
    assert tree(tmp_path) == {"file": "mine"}


def test_a_file_where_the_package_directory_belongs_leaves_the_runtime_unwritten_too(tmp_path):
    (tmp_path / "md").write_text("mine")
    failing(tmp_path, package(types="t\n"))
    assert tree(tmp_path) == {"md": "mine"}


def test_a_directory_in_the_place_of_the_last_file_leaves_every_file_as_it_was(tmp_path):
    put(tmp_path, package(types="old\n", ticks="old\n"))
    (tmp_path / "md/zebra.h").mkdir()
    before = tree(tmp_path)
    assert "Is a directory" in failing(tmp_path, package(types="new\n", ticks="new\n", zebra="new\n"))
    assert tree(tmp_path) == before


def test_directories_made_for_nothing_are_removed_again(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "_stage", lambda target, text: (_ for _ in ()).throw(OSError(28, "No space left on device", str(target))))
    assert failing(tmp_path / "a/b/c", package(types="t\n")) == f"cannot write '{tmp_path}/a/b/c/ringc.h': No space left on device"
    assert tree(tmp_path) == {}


def test_a_directory_that_somebody_has_used_meanwhile_stays(tmp_path, monkeypatch):
    def stage(target: Path, text: str) -> Path:
        (target.parent / "theirs").write_text("x")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(write, "_stage", stage)
    failing(tmp_path / "a", package(types="t\n"))
    assert tree(tmp_path) == {"a": "/", "a/theirs": "x"}


def test_an_interrupt_leaves_no_temporary_file(tmp_path, monkeypatch):
    calls = []

    def stage(target: Path, text: str, real=write._stage) -> Path:
        calls.append(target)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(target, text)

    monkeypatch.setattr(write, "_stage", stage)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path / "out", package(types="t\n", ticks="x\n"))
    assert tree(tmp_path) == {}


def test_a_rename_that_fails_leaves_no_temporary_file(tmp_path, monkeypatch):
    def replace(source: Path, target: Path, real=os.replace) -> None:
        if target.name == "MANIFEST":
            raise OSError(16, "Device or resource busy", str(source), None, str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    assert failing(tmp_path, package(types="t\n")) == f"cannot write '{tmp_path}/md/MANIFEST': Device or resource busy"
    assert list(tree(tmp_path)) == ["md", "md/types.h", "ringc.h"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from generator import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.exit(cli.main(sys.argv[2:]))
"""


def with_file_size_limit(limit: int, *arguments: object) -> subprocess.CompletedProcess:
    """`ringc` in a process that can write no file of more than `limit` bytes: every write beyond fails, as on a full disk."""
    return subprocess.run([sys.executable, "-c", FULL_DISK, str(limit), *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)


def test_a_disk_that_fills_up_halfway_changes_no_file(tmp_path):
    (tmp_path / "s.yaml").write_text(SMALL)
    assert ringc("gen", tmp_path / "s.yaml", "-o", tmp_path / "out").returncode == 0
    before, states_before = tree(tmp_path), states(tmp_path / "out/md")
    (tmp_path / "s.yaml").write_text(SMALL.replace("capacity: 8", "capacity: 16").replace("package: md", "package: md\ndoc: New."))
    before["s.yaml"] = (tmp_path / "s.yaml").read_text()
    done = with_file_size_limit(10_000, "gen", tmp_path / "s.yaml", "-o", tmp_path / "out")
    assert done.returncode == 2 and done.stderr == f"ringc: error: cannot write '{tmp_path}/out/md/ticks.h': File too large\n"
    assert tree(tmp_path) == before
    assert {p: s for p, s in states(tmp_path / "out/md").items()} == states_before


def test_a_full_disk_leaves_no_directory_behind_on_a_first_run(tmp_path):
    (tmp_path / "s.yaml").write_text(SMALL)
    done = with_file_size_limit(0, "gen", tmp_path / "s.yaml", "-o", tmp_path / "new/out")
    assert done.returncode == 2 and "cannot write" in done.stderr
    assert list(tree(tmp_path)) == ["s.yaml"]


def test_the_stand_in_for_a_full_disk_lets_small_files_through(tmp_path):
    (tmp_path / "s.yaml").write_text(SMALL)
    assert with_file_size_limit(1 << 20, "gen", tmp_path / "s.yaml", "-o", tmp_path / "out").returncode == 0
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# -- orphans -----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_longer_made_is_removed(tmp_path):
    put(tmp_path, package(types="t\n", gone="g\n"))
    put(tmp_path, package(types="t\n"))
    assert not (tmp_path / "md/gone.h").exists() and (tmp_path / "md/types.h").exists()


def test_an_orphan_that_was_edited_stays(tmp_path):
    put(tmp_path, package(types="t\n", gone="g\n"))
    (tmp_path / "md/gone.h").write_text("edited\n")
    put(tmp_path, package(types="t\n"))
    assert (tmp_path / "md/gone.h").read_text() == "edited\n"


def test_a_file_that_no_run_recorded_stays(tmp_path):
    put(tmp_path, package(types="t\n"))
    (tmp_path / "md/mine.h").write_text("mine\n")
    put(tmp_path, package(types="new\n"))
    assert (tmp_path / "md/mine.h").read_text() == "mine\n"


def test_files_of_another_package_stay(tmp_path):
    put(tmp_path, package(types="t\n"))
    other = [Output("other/types.h", "o\n")]
    put(tmp_path, [*other, write.manifest("other", "1.0", "", [], other)])
    assert (tmp_path / "md/types.h").exists()


@pytest.mark.parametrize("name", ["../victim.h", "../../victim.h", "sub/victim.h", "..", ".", "", "/victim.h", "{absolute}", "./victim.h"])
def test_a_malicious_manifest_removes_nothing_outside_its_directory(tmp_path, name):
    out = tmp_path / "out"
    put(out, package(types="t\n"))
    digest = hashlib.sha256(b"victim\n").hexdigest()
    (out / "md/sub").mkdir()
    victims = [tmp_path / "victim.h", out / "victim.h", out / "md/sub/victim.h", out / "md/victim.h"]
    for victim in victims:
        victim.write_text("victim\n")
    entry = name.format(absolute=victims[0])
    with open(out / "md/MANIFEST", "a") as manifest:
        manifest.write(f"output {digest} {entry}\n")
    put(out, package(types="new\n"))
    assert all(victim.exists() for victim in victims)


def test_a_manifest_of_nonsense_is_as_good_as_none(tmp_path):
    put(tmp_path, package(types="t\n"))
    (tmp_path / "md/MANIFEST").write_bytes(b"output\noutput x\n\xff\xfe\x00output a b c d\n")
    put(tmp_path, package(types="t\n"))
    assert write.check(tmp_path, package(types="t\n")) == []


# -- check -------------------------------------------------------------------------------------------------------------


def found(directory: Path, outputs: list[Output]) -> list[tuple[str, str]]:
    return [(finding.path.name, finding.why) for finding in write.check(directory, outputs)]


def test_check_finds_nothing_where_all_is_as_it_would_be_written(tmp_path):
    put(tmp_path, package(types="t\n", ticks="x\n"))
    assert found(tmp_path, package(types="t\n", ticks="x\n")) == []


def test_check_tells_missing_stale_edited_and_orphaned_apart(tmp_path):
    put(tmp_path, package(missing="m\n", stale="s\n", edited="e\n", orphaned="o\n"))
    (tmp_path / "md/missing.h").unlink()
    (tmp_path / "md/edited.h").write_text("by hand\n")
    assert found(tmp_path, package(missing="m\n", stale="new\n", edited="e\n")) == [
        ("missing.h", "missing"), ("stale.h", "stale"), ("edited.h", "edited"), ("MANIFEST", "stale"), ("orphaned.h", "orphaned")]


def test_check_of_a_directory_that_is_not_there_finds_everything_missing(tmp_path):
    assert {why for _, why in found(tmp_path / "none", package(types="t\n"))} == {"missing"}
    assert not (tmp_path / "none").exists()


def test_check_shows_what_differs_and_not_more_than_fits_a_screen(tmp_path):
    put(tmp_path, package(types="".join(f"{n}\n" for n in range(500))))
    (finding, _) = write.check(tmp_path, package(types="".join(f"{n + 1000}\n" for n in range(500))))
    assert "-0" in finding.diff and len(finding.diff) == 41 and finding.diff[-1].endswith("more lines")


def test_check_writes_nothing(tmp_path):
    put(tmp_path, package(types="t\n"))
    before = states(tmp_path)
    write.check(tmp_path, package(types="new\n", more="m\n"))
    assert states(tmp_path) == before


# -- several at once ---------------------------------------------------------------------------------------------------


def test_two_runs_into_one_directory_at_once_end_well(tmp_path):
    (tmp_path / "s.yaml").write_text(SMALL)
    command = [sys.executable, "-m", "generator", "gen", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(run.wait(60), run.stderr.read()) for run in runs] == [(0, b"")] * 4
    assert ringc("gen", "--check", tmp_path / "s.yaml", "-o", tmp_path / "out").returncode == 0
    assert not [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".")]
