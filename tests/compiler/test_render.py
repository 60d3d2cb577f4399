"""The text that comes out: the same bytes everywhere, in the shape a reviewer wants, and no field that the plan lacks."""

from __future__ import annotations

import os
import re
import socket

import jinja2
import pytest

from generator import __version__
from generator.render import TEMPLATES, Renderer
from support_backend import HEAD, ROOT, compiles, generate, plan_of, ringc, texts_of

COMMON = """\
ringc: 1
package: common
doc: Shared types.
targets: [x86_64, aarch64, generic]
constants: {LEGS: 4}
enums: {unit: {type: u8, values: {lot: 0, share: 1}}}
messages: {leg: {doc: One leg., fields: [{name: px, type: i64, unit: 1e-9 USD}, {name: qty, type: u32}, {name: unit, type: unit}]}}
"""
EVERYTHING = """\
ringc: 1
package: md
version: 3
doc: Market data – of one venue.
imports: [common.yaml]
targets: [x86_64, aarch64, riscv64, generic]
constants: {MAX_LEGS: 8, OFFSET: -5}
enums:
  side: {type: u8, doc: Aggressor side., values: {buy: 0, sell: 1}}
  flag: {type: u32, kind: bits, values: {opening: 1, halted: 2147483648}}
  level: {type: i64, values: {far: -9223372036854775808}}
messages:
  tick:
    doc: One top-of-book update.
    fields:
      - {name: seq, type: u64, doc: Exchange sequence.}
      - {name: px, type: i64, unit: 1e-9 USD}
      - {name: qty, type: u32, default: 1}
      - {name: side, type: side}
      - {name: sym, type: char, count: 8}
  order_of_client:
    layout: by_size
    drop: order_release
    fields:
      - {name: id, type: u64}
      - {name: legs_of_the_order, type: leg, count: MAX_LEGS, length: n_legs_of_order}
      - {name: n_legs_of_order, type: u8}
      - {name: flags, type: flag, count: 2}
      - {name: price, type: f64, default: 1.5}
  one: {fields: [{name: a, type: u8}]}
channels:
  ticks: {doc: The ticks., message: tick, capacity: 64, producers: single, consumers: single, full: reject, wait: spin}
  block_park: {message: tick, capacity: 64, producers: single, consumers: single, full: block, wait: park}
  block_adaptive: {message: one, capacity: 1, producers: single, consumers: single, full: block}
  log_of_orders: {message: order_of_client, capacity: 64, producers: single, consumers: single, full: drop_oldest, wait: park}
  orders_to_send: {message: order_of_client, capacity: 64, producers: single, consumers: single, full: block, wait: park}
  oldest: {message: leg, capacity: 64, producers: single, consumers: single, full: drop_oldest, wait: {strategy: monitor, otherwise: backoff}}
"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> dict[str, str]:
    return texts_of(tmp_path_factory.mktemp("texts"), EVERYTHING, common=COMMON)


# -- templates ---------------------------------------------------------------------------------------------------------


def test_a_template_that_asks_for_a_field_that_the_plan_lacks_fails(tmp_path):
    renderer = Renderer()
    renderer._environment.loader = jinja2.DictLoader({"types.h.j2": "{{ p.no_such_field }}"})
    with pytest.raises(jinja2.UndefinedError, match="no_such_field"):
        renderer.package(plan_of(tmp_path, HEAD))


def test_a_template_that_tests_a_field_that_the_plan_lacks_fails_too(tmp_path):
    renderer = Renderer()
    renderer._environment.loader = jinja2.DictLoader({"types.h.j2": "{% if p.no_such_flag %}x{% endif %}"})
    with pytest.raises(jinja2.UndefinedError, match="no_such_flag"):
        renderer.package(plan_of(tmp_path, HEAD))


def test_templates_hold_no_literal_version_or_hash():
    for template in TEMPLATES.rglob("*.j2"):
        assert __version__ not in template.read_text(), template.name


def test_the_files_of_a_package_are_those_of_the_design(texts):
    channels = ["ticks", "block_park", "block_adaptive", "log_of_orders", "orders_to_send", "oldest"]
    expected = ["ringc.h", "ringc.c"]
    expected += [f"common/{name}" for name in ("types.h", "reflect.h", "reflect.c", "common.h", "MANIFEST")]
    expected += [f"md/{name}" for name in ("types.h", "reflect.h", "reflect.c", "md.h", *(f"{name}.h" for name in channels), "MANIFEST")]
    assert list(texts) == expected


# -- the same bytes everywhere -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    directory = tmp_path_factory.mktemp("some where") / "deep"
    directory.mkdir()
    (directory / "md.yaml").write_text(EVERYTHING, encoding="utf-8")
    (directory / "common.yaml").write_text(COMMON, encoding="utf-8")
    return directory


def printed(*arguments: object, **more: object) -> str:
    done = ringc("gen", "--stdout", *arguments, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_output_does_not_depend_on_hash_seed_locale_time_zone_or_directory(sources, tmp_path):
    once = printed("md.yaml", cwd=sources, PYTHONHASHSEED="1")
    assert once == printed(sources / "md.yaml", cwd=tmp_path, PYTHONHASHSEED="7", LC_ALL="C", TZ="Asia/Tokyo", HOME="/nonexistent")
    relative = os.path.relpath(sources / "md.yaml", tmp_path)
    assert once == printed(relative, cwd=tmp_path, PYTHONHASHSEED="99", LC_ALL="tr_TR.UTF-8", PYTHONIOENCODING="ascii", PYTHONOPTIMIZE="2")


def test_what_is_written_is_what_is_printed(sources, tmp_path):
    assert ringc("gen", sources / "md.yaml", "-o", tmp_path / "out").returncode == 0
    files = ringc("gen", sources / "md.yaml", "-o", tmp_path / "out", "--list-outputs").stdout.splitlines()
    together = "".join(f"/* ==== {os.path.relpath(file, tmp_path / 'out')} ==== */\n" + open(file, encoding="utf-8").read() for file in files)
    assert together == printed(sources / "md.yaml")


def test_crlf_in_a_schema_changes_nothing_at_all(sources, tmp_path):
    for name in ("md.yaml", "common.yaml"):
        (tmp_path / name).write_bytes((sources / name).read_bytes().replace(b"\n", b"\r\n"))
    assert printed(tmp_path / "md.yaml") == printed(sources / "md.yaml")


def test_comments_order_of_keys_and_white_space_of_a_schema_do_not_change_the_model_hash(tmp_path):
    def digest(name: str, text: str) -> str:
        return re.search(r"\(model (\w+)\)", texts_of(tmp_path / name, text)["md/types.h"]).group(1)

    text = HEAD + "messages:\n  m: {doc: x, fields: [{name: a, type: u8}]}\n"
    other = HEAD + "# a comment\n\nmessages:\n  m:\n    fields:\n      - type: u8\n        name: a\n    doc: 'x'\n"
    assert digest("a", text) == digest("b", other)
    assert digest("a", text) != digest("c", text.replace("doc: x", "doc: y"))
    assert digest("a", text) != digest("d", text.replace("u8", "i8"))


def test_a_change_of_an_import_changes_the_model_hash_of_its_importer(tmp_path):
    def digest(name: str, common: str) -> str:
        return re.search(r"\(model (\w+)\)", texts_of(tmp_path / name, EVERYTHING, common=common)["md/types.h"]).group(1)

    assert digest("a", COMMON) == digest("b", COMMON + "\n# nothing\n") != digest("c", COMMON.replace("qty, type: u32", "qty, type: i32"))


def test_a_ladder_of_diamond_imports_takes_no_time(tmp_path):
    head = "ringc: 1\ntargets: [generic]\n"
    files = {f"d{n}{side}": f"{head}package: d{n}{side}\n" + (f"imports: [d{n - 1}a.yaml, d{n - 1}b.yaml]\n" if n else "")
             for n in range(24) for side in "ab"}
    assert len(texts_of(tmp_path, f"{head}package: md\nimports: [d23a.yaml, d23b.yaml]\n", **files)) == 2 + 49 * 5


def test_no_path_date_host_or_user_is_in_the_output(sources):
    output = printed(sources / "md.yaml")
    for secret in (str(sources), str(ROOT), os.path.expanduser("~"), socket.gethostname(), "/tmp"):
        assert len(secret) < 3 or secret not in output, secret
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", output)


# -- shape -------------------------------------------------------------------------------------------------------------


def test_lines_have_at_most_140_columns(texts):
    assert [f"{path}:{n}: {line}" for path, text in texts.items() for n, line in enumerate(text.splitlines(), 1)
            if len(line) > 140 and not path.endswith("MANIFEST")] == []


def test_no_line_ends_in_white_space(texts):
    assert [f"{path}:{n}: {line!r}" for path, text in texts.items() for n, line in enumerate(text.split("\n"), 1)
            if line != line.rstrip() and not line.startswith("options")] == []


def test_there_are_no_tabs_and_no_carriage_returns(texts):
    assert [path for path, text in texts.items() if "\t" in text or "\r" in text] == []


def test_each_file_ends_in_exactly_one_newline_and_starts_without_one(texts):
    assert [path for path, text in texts.items() if not text.endswith("\n") or text.endswith("\n\n") or text.startswith("\n")] == []


def test_there_are_never_two_blank_lines_in_a_row(texts):
    assert [f"{path}:{text[: text.index(chr(10) * 3)].count(chr(10)) + 1}" for path, text in texts.items() if "\n\n\n" in text] == []


def test_no_block_begins_or_ends_with_a_blank_line(texts):
    assert [(path, m.group()) for path, text in texts.items() for m in re.finditer(r"\{\n\n(?!#endif)|(?<!#endif)\n\n\}", text)] == []


def test_every_header_has_a_guard_of_its_own(texts):
    guards = [re.search(r"#ifndef (\w+)\n#define \1\n", text).group(1) for path, text in texts.items() if path.endswith(".h")]
    assert len(guards) == len(set(guards)) == 13


def test_every_header_but_the_runtime_names_its_schema_and_the_command_that_makes_it(texts):
    for path, text in texts.items():
        if path.startswith("md/") and not path.endswith("MANIFEST"):
            assert " from s.yaml (model " in text.splitlines()[1] and text.splitlines()[2] == " *     ringc gen s.yaml"


@pytest.mark.parametrize("compiler", ["gcc", "clang-14"])
def test_every_header_compiles_alone(tmp_path, compiler):
    out = generate(tmp_path, EVERYTHING, common=COMMON)
    for header in sorted(out.rglob("*.h")):
        compiles(tmp_path, out, f'#include "{header.relative_to(out)}"\n', compiler=compiler)
