"""Compiled templates are kept between runs, and used only with the source, the options and the versions they were made from."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from generator import bytecode, render
from generator.render import Renderer


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """The cache directory of this test, filled by a first renderer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Renderer().runtime()
    return tmp_path / "ringc"


@pytest.fixture
def compiled(kept, monkeypatch) -> list[str]:
    """Names of the templates that are compiled from now on."""
    names: list[str] = []

    def compile_(self, source: str, name: str, filename: str, real=jinja2.Environment.compile) -> object:
        names.append(name)
        return real(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    return names


def test_a_second_renderer_compiles_nothing_and_prints_the_same(kept, compiled, monkeypatch):
    again = Renderer().runtime()
    assert compiled == []
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert again == Renderer().runtime() and sorted(compiled) == ["ringc.c.j2", "ringc.h.j2"]


def test_a_template_with_another_text_is_compiled(kept, compiled):
    renderer = Renderer()
    renderer._environment.loader = jinja2.DictLoader({"ringc.h.j2": "new", "ringc.c.j2": "new"})
    assert [output.text for output in renderer.runtime()] == ["new", "new"]


@pytest.mark.parametrize("where, name, value", [
    (jinja2, "__version__", "99"), (render, "_OPTIONS", {**render._OPTIONS, "trim_blocks": False}),
])
def test_what_another_jinja2_or_other_options_have_made_is_not_used(kept, compiled, monkeypatch, where, name, value):
    monkeypatch.setattr(where, name, value)
    Renderer().runtime()
    assert sorted(compiled) == ["ringc.c.j2", "ringc.h.j2"]


def test_the_directory_holds_one_file_a_template_however_often_it_changes(kept):
    before = sorted(path.name for path in kept.iterdir())
    renderer = Renderer()
    renderer._environment.loader = jinja2.DictLoader({"ringc.h.j2": "new", "ringc.c.j2": "new"})
    renderer.runtime()
    assert sorted(path.name for path in kept.iterdir()) == before == ["ringc.c.j2.bytecode", "ringc.h.j2.bytecode"]


@pytest.mark.parametrize("keep", [0, 1, 20, 60, -1])
def test_a_damaged_file_is_compiled_anew_and_mended(kept, compiled, keep):
    file = kept / "ringc.h.j2.bytecode"
    good = file.read_bytes()
    file.write_bytes(good[:keep])
    Renderer().runtime()
    assert compiled == ["ringc.h.j2"] and file.read_bytes() == good


def test_a_cache_that_cannot_be_written_does_not_stop_the_renderer(kept, compiled, monkeypatch):
    def full(self: object, bucket: object) -> None:
        raise OSError(28, "No space left on device")

    for file in kept.iterdir():
        file.unlink()
    monkeypatch.setattr(jinja2.FileSystemBytecodeCache, "dump_bytecode", full)
    assert len(Renderer().runtime()) == 2 and list(kept.iterdir()) == []


def test_without_a_cache_directory_there_is_no_cache(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert bytecode.bytecode_cache({}) is None
