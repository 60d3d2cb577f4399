"""The README's tutorial and excerpt, run as they stand: each claim in it is true on this commit."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```(\w+)( excerpt)?\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)


def block(language: str, containing: str) -> str:
    return next(body for name, _, body in BLOCKS if name == language and containing in body)


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the tutorial's steps were followed."""
    where = tmp_path_factory.mktemp("tutorial")
    (where / "hello.yaml").write_text(block("yaml", "package: hello"))
    (where / "hello.c").write_text(block("c", "int main"))
    (where / "ringc").symlink_to(ROOT / "ringc")
    for step in (block("sh", "ringc gen hello.yaml"), block("sh", "gcc -std=c11").replace("./hello\n", "./hello > out.txt\n")):
        subprocess.run(["sh", "-ec", step], cwd=where, check=True)
    return where


def test_the_tutorial_prints_what_the_readme_shows(tutorial: Path) -> None:
    assert (tutorial / "out.txt").read_text() == block("text", "1000 readings")


def test_the_excerpt_is_what_is_generated(tutorial: Path) -> None:
    excerpts = [body for _, marked, body in BLOCKS if marked]
    assert excerpts
    header = (tutorial / "gen/hello/readings.h").read_text()
    for excerpt in excerpts:
        assert excerpt in header


def test_the_tutorial_compiles_without_a_warning(tutorial: Path) -> None:
    for compiler in ("gcc", "clang-14"):
        warnings = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
        subprocess.run([compiler, "-std=c11", *warnings, "-Igen", "-fsyntax-only", "hello.c"], cwd=tutorial, check=True)


def test_the_diagnostic_shown_is_the_one_printed(tmp_path: Path) -> None:
    shown = block("text", "singel")
    lines = ["ringc: 1", "package: md", "targets: [generic]", "messages: {m: {fields: [{name: a, type: u8}]}}", "channels:", "  c:"]
    lines += ["    message: m", "    capacity: 8", "    consumers: single"]
    schema = "\n".join(lines) + "\n" * (57 - len(lines)) + "    producers: singel\n"
    (tmp_path / "md.yaml").write_text(schema)
    run = subprocess.run([str(ROOT / "ringc"), "check", "md.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == shown


def test_every_local_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
