"""The pages that are made from the grammar are committed, complete, and current."""

import re
from pathlib import Path

from generator import grammar, json_schema, reference

ROOT = Path(__file__).resolve().parents[2]


def records(shape: object, seen: set[int]) -> list[grammar.Record]:
    """Every record that can be reached from `shape`, once."""
    if id(shape) in seen:
        return []
    seen.add(id(shape))
    inner = {
        grammar.Record: lambda: [key.shape for key in shape.keys],
        grammar.OneOf: lambda: shape.forms,
        grammar.ListOf: lambda: [shape.item],
        grammar.MapOf: lambda: [shape.value],
    }.get(type(shape), lambda: [])()
    own = [shape] if isinstance(shape, grammar.Record) else []
    return own + [record for part in inner for record in records(part, seen)]


def test_the_committed_reference_is_what_the_compiler_prints() -> None:
    assert (ROOT / "docs/schema.md").read_text() == reference.render(), "run: make gen"


def test_the_committed_json_schema_is_what_the_compiler_prints() -> None:
    assert (ROOT / "schemas/ringc.schema.json").read_text() == json_schema.render(), "run: make gen"


def test_the_reference_names_every_key_of_the_language() -> None:
    page = reference.render()
    for record in records(grammar.SCHEMA, set()):
        for key in record.keys:
            assert f"`{key.name}`" in page or f"{key.name}: …" in page, (record.noun, key.name)


def test_every_link_of_the_reference_leads_to_a_heading() -> None:
    page = reference.render()
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.*)$", page, re.M)}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors
