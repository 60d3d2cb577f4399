"""The located source: what is read, where it stands, and everything of YAML that is refused."""

import pytest
import yaml
from frontend import nodes

from generator import source
from generator.source import Mapping, Scalar, Sequence


def first(data):
    found = nodes(data)[1].all()
    assert found, "nothing was reported"
    return f"{found[0].span.line}:{found[0].span.column} {found[0].message}"


def test_scalars_keep_their_text_their_quotes_and_their_place():
    root, diagnostics, _ = nodes("a: 010\nb: 'x y'\nlist: [1, two]\n")
    assert not diagnostics.failed and isinstance(root, Mapping)
    (key, a), (_, b), (_, items) = root.entries
    assert (key.text, key.span.line, key.span.column, key.span.end_column) == ("a", 1, 1, 2)
    assert (a.text, a.plain, a.span.column, a.span.end_column) == ("010", True, 4, 7)
    assert (b.text, b.plain) == ("x y", False)
    assert isinstance(items, Sequence) and [item.text for item in items.items] == ["1", "two"]
    assert all(isinstance(item, Scalar) for item in items.items)


def test_columns_count_characters_not_bytes():
    root, _, _ = nodes("{é: 1, ü: 2}\n")
    assert [key.span.column for key, _ in root.entries] == [2, 8]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text():
    plain, with_bom = nodes("a: 1\nb: 2\n"), nodes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert not with_bom[1].failed
    assert with_bom[0] == plain[0]
    assert with_bom[2].text_hash == plain[2].text_hash


def test_the_hash_changes_with_the_text():
    assert nodes("a: 1\n")[2].text_hash != nodes("a: 2\n")[2].text_hash


REFUSED = [
    (b"a: 1\nb: \xff\n", "2:4 byte 0xff is not valid UTF-8"),
    (b"\xef\xbb\xbf\xc3\xa9: \xc3(\n", "1:4 byte 0xc3"),
    ("a: 1\x00\n", "1:5 U+0000 is a control character"),
    ("a: 1\nb: \x1b[31m\n", "2:4 U+001B is a control character"),
    ("a: x\u2028y\n", "1:5 U+2028 is a line end that only YAML knows"),
    ("a:\n\tb: 1\n", "2:1 a tab in the indentation; indent with spaces"),
    ("a:\n  b: 1\n  \tc: 2\n", "3:3 a tab in the indentation"),
    ("a: {\n\tb: 1}\n", "2:1 a tab in the indentation"),
    ("", "1:1 the file is empty"),
    ("# nothing\n\n", "1:1 the file is empty"),
    ("---\n", "1:1 the file is empty"),
    ("a: &x 1\n", "1:4 anchors (&x) are not part of the schema language"),
    ("a: *x\n", "1:4 aliases (*x) are not part of the schema language"),
    ("a: *\n", "1:4 anchors (&) and aliases (*) are not part"),
    ("a:\n  <<: 1\n", "2:3 merge keys (<<) are not part of the schema language"),
    ("a: !!int 1\n", "1:4 tags (!...) are not part of the schema language"),
    ("a: !x {b: 1}\n", "1:4 tags (!...)"),
    ("a: 1\n---\nb: 1\n", "2:1 a schema is one document"),
    ("%YAML 1.1\n---\na: 1\n", "1:1 directives are not part of the schema language"),
    ("a: 1\nb: 2\na: 3\n", "3:1 the key 'a' is given twice"),
    ("? [a]\n: 1\n", "1:3 a key must be a single word"),
    ("a: {'': 1}\n", "1:5 a key is missing before this ':'"),
    ("a: 'x\nb: 1\n", "1:4 this quote is never closed"),
    ('a: "x\n', "1:4 this quote is never closed"),
    ("a: [1, 2\nb: 3\n", "1:4 this '[' is not closed"),
    ("a: {b: 1\n", "1:4 this '{' is not closed"),
    ("a: {b: 1]\n", "1:4 this '{' is not closed"),
    ("a:\n  b: 1\n c: 2\n", "3:2 the indentation does not fit the lines above"),
    ("a: b: c\n", "1:5 a ':' cannot stand here"),
    ("a: @x\n", "1:4 a value cannot start with '@'; quote it"),
    ('a: "\\q"\n', "1:5 unknown escape"),
    ("a: - b\n", "1:4 a '-' cannot stand here"),
    ("a: 'x' y\n", "1:8 the value before this has ended"),
    ("a: ]\n", "1:4 a value is expected here, found ']'"),
    ("a: " + "[" * 70 + "]" * 70, "1:67 nested deeper than 64 levels"),
    ("".join("  " * depth + "a:\n" for depth in range(70)), "65:129 nested deeper than 64 levels"),
    ("[" * 100_000, "1:65 nested deeper than 64 levels"),
]


@pytest.mark.parametrize("data, expected", REFUSED, ids=[expected for _, expected in REFUSED])
def test_refuses(data, expected):
    assert first(data).startswith(expected)


def test_a_tab_inside_a_text_block_or_between_words_is_text():
    root, diagnostics, _ = nodes("a: |\n  x\n  \ty\nb: c\td\n")
    assert not diagnostics.failed
    assert root.entries[0][1].text == "x\n\ty\n"


def test_a_key_given_twice_names_the_first_and_drops_the_second():
    root, diagnostics, _ = nodes("a: 1\na: 2\n")
    (span, text), = diagnostics.all()[0].notes
    assert (span.line, text) == (1, "the first is here")
    assert [value.text for _, value in root.entries] == ["1"]


def test_several_refusals_are_reported_in_one_run():
    assert len(nodes("a: &x 1\nb: !t 2\nc: *x\na: 3\n")[1].all()) == 4


def test_a_file_that_is_too_large_is_refused_with_its_size():
    message = nodes(b"#" * (10 * 1024 * 1024))[1].all()[0].message
    assert message == "the file is 10.0 MiB; a schema may be at most 4 MiB"


def test_the_parser_in_python_gives_the_same_nodes(monkeypatch):
    text = "a: {b: [1, 'x'], c: y}\nd: |\n  text\n"
    fast = nodes(text)[0]
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    assert nodes(text)[0] == fast


@pytest.mark.parametrize("data, expected", [case for case in REFUSED if len(case[0]) < 10_000])
def test_the_parser_in_python_refuses_the_same(monkeypatch, data, expected):
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    assert first(data).split(" ")[0].split(":")[0] == expected.split(":")[0]
