"""What the tests of the front end share: small schemas, and ways to run one through the passes and look at the complaints."""

from __future__ import annotations

from generator import check, resolve
from generator.diagnostics import Diagnostics
from generator.model import Schema
from generator.source import SourceFile, parse, read_source

HEAD = "ringc: 1\npackage: md\ntargets: [x86_64]\n"
TICK = "messages: {tick: {fields: [{name: a, type: u64}]}}\n"
BASE = HEAD + TICK
QUEUE = "message: tick, capacity: 64, producers: single, consumers: single"

COMMON = """\
ringc: 1
package: common
targets: [x86_64]
constants: {SHARED: 4}
enums:
  unit: {type: u8, values: {lot: 0}}
messages:
  leg:
    fields:
      - {name: px, type: i64}
      - {name: qty, type: u32}
"""


def channel(text: str, base: str = BASE) -> str:
    """A schema with one channel `c` whose keys are `text`."""
    return f"{base}channels:\n  c: {{{text}}}\n"


def load(text: str | bytes, tmp_path=None, **files: str) -> tuple[Schema | None, Diagnostics]:
    """Load and check a schema. `files` (name without .yaml -> text) lie beside it, in `tmp_path`."""
    diagnostics = Diagnostics()
    name = "s.yaml"
    if tmp_path is not None:
        for stem, content in files.items():
            (tmp_path / f"{stem}.yaml").write_text(content)
        name = str(tmp_path / "s.yaml")
    schema = resolve.load(name, text, [], diagnostics)
    if schema is not None:
        check.check(schema, diagnostics)
    return schema, diagnostics


def complaints(text: str | bytes, tmp_path=None, **files: str) -> list[str]:
    """'line:column message' of each complaint about a schema."""
    found = load(text, tmp_path, **files)[1].all()
    return [f"{item.span.line}:{item.span.column} {item.message}" if item.span else item.message for item in found]


def accepted(text: str, tmp_path=None, **files: str) -> Schema:
    schema, diagnostics = load(text, tmp_path, **files)
    assert diagnostics.render() == ""
    assert schema is not None
    return schema


def nodes(data: bytes | str) -> tuple[object, Diagnostics, SourceFile | None]:
    diagnostics = Diagnostics()
    file = read_source("s.yaml", data, diagnostics)
    return (parse(file, diagnostics) if file is not None else None), diagnostics, file
