"""How complaints look: order, caret, notes, JSON, and that nothing of a schema reaches the terminal as a control sequence."""

import json

import pytest

from generator.diagnostics import Diagnostics, listed, nearest, quote
from generator.source import SourceFile, Span


def collector(*lines, name="md.yaml"):
    diagnostics = Diagnostics()
    diagnostics.add_source(SourceFile(name, "\n".join(lines), tuple(lines)))
    return diagnostics


def at(line, column, end, name="md.yaml"):
    return Span(name, line, column, line, end)


def test_looks_like_a_compilers_message():
    diagnostics = collector(*[""] * 56, "    producers: singel")
    diagnostics.error(at(57, 16, 22), "unknown producer model 'singel'; did you mean 'single'?")
    assert diagnostics.render() == (
        "md.yaml:57:16: error: unknown producer model 'singel'; did you mean 'single'?\n"
        "   57 |     producers: singel\n"
        "      |                ^~~~~~\n")


def test_a_note_has_the_same_form():
    diagnostics = collector("a: 1", "a: 2")
    diagnostics.error(at(2, 1, 2), "twice", [(at(1, 1, 2), "the first is here")])
    assert diagnostics.render().splitlines()[3:] == ["md.yaml:1:1: note: the first is here", "    1 | a: 1", "      | ^"]


def test_complaints_come_in_the_order_of_files_lines_and_columns():
    diagnostics = collector("x")
    diagnostics.add_source(SourceFile("a.yaml", "x", ("x",)))
    for span in (at(1, 1, 2, "a.yaml"), at(2, 1, 2), at(1, 9, 10), at(1, 2, 3)):
        diagnostics.error(span, "m")
    places = [(item.span.file, item.span.line, item.span.column) for item in diagnostics.all()]
    assert places == [("md.yaml", 1, 2), ("md.yaml", 1, 9), ("md.yaml", 2, 1), ("a.yaml", 1, 1)]


def test_the_same_complaint_is_made_once():
    diagnostics = collector("x")
    diagnostics.error(at(1, 1, 2), "m")
    diagnostics.error(at(1, 1, 2), "m")
    assert len(diagnostics.all()) == 1


def test_a_warning_is_no_failure():
    diagnostics = collector("x")
    diagnostics.warning(at(1, 1, 2), "m")
    assert not diagnostics.failed
    assert "warning: m" in diagnostics.render()


def test_a_complaint_without_a_file_names_the_tool():
    diagnostics = Diagnostics()
    diagnostics.error(None, "cannot read 'x'")
    assert diagnostics.render() == "ringc: error: cannot read 'x'\n"


def test_after_a_hundred_the_rest_is_counted():
    diagnostics = collector("x")
    for column in range(123):
        diagnostics.error(at(1, column + 1, column + 2), "m")
    assert diagnostics.render().splitlines()[-1] == "ringc: and 23 more errors"
    assert diagnostics.render().count(": error: ") == 100


def excerpt(line, column, end):
    diagnostics = collector(line)
    diagnostics.error(at(1, column, end), "m")
    return diagnostics.render().splitlines()[1:]


@pytest.mark.parametrize("line, column, end, shown", [
    ("a\tb", 3, 4, ["    1 | a       b", "      |         ^"]),
    ("日本: x", 5, 6, ["    1 | 日本: x", "      |       ^"]),
    ("日本: x", 1, 3, ["    1 | 日本: x", "      | ^~~~"]),
    ("e\u0301: x", 5, 6, ["    1 | e\u0301: x", "      |    ^"]),
    ("a\x1b[31mb", 7, 8, ["    1 | a^[[31mb", "      |        ^"]),
    ("a\u202eb", 3, 4, ["    1 | a\ufffdb", "      |   ^"]),
    ("a", 2, 2, ["    1 | a", "      |  ^"]),
    ("a: 1", 99, 120, ["    1 | a: 1", "      |     ^"]),
])
def test_the_caret_stands_under_the_character(line, column, end, shown):
    assert excerpt(line, column, end) == shown


def test_a_long_line_is_cut_to_a_window_around_the_caret():
    shown, caret = excerpt("x" * 500 + "BAD" + "y" * 500, 501, 504)
    text, marks = shown[8:], caret[8:]
    assert text.startswith("...") and text.endswith("...") and len(text) <= 106
    assert text[marks.index("^"):marks.index("^") + 3] == "BAD" and marks.endswith("^~~")


def test_a_place_of_several_lines_is_marked_to_the_end_of_the_first():
    diagnostics = collector("a: [1,", "  2]")
    diagnostics.error(Span("md.yaml", 1, 4, 2, 5), "m")
    assert diagnostics.render().splitlines()[2] == "      |    ^~~"


def test_a_message_and_a_file_name_bring_no_control_characters():
    diagnostics = Diagnostics()
    diagnostics.error(at(1, 1, 2, "a\nb.yaml"), "unknown key '\x1b[31m\u202e'")
    assert diagnostics.render() == "a^Jb.yaml:1:1: error: unknown key '^[[31m\ufffd'\n"


def test_json_is_one_array_with_every_part():
    diagnostics = collector("a: 1")
    diagnostics.error(at(1, 1, 2), "m", [(at(1, 4, 5), "n")])
    diagnostics.error(None, "o")
    free, placed = json.loads(diagnostics.render_json())
    assert placed == {"file": "md.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "severity": "error", "message": "m",
                      "notes": [{"file": "md.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 5, "message": "n"}]}
    assert free["file"] is None and free["message"] == "o"


def test_nothing_to_say_renders_as_nothing():
    assert Diagnostics().render() == "" and json.loads(Diagnostics().render_json()) == []


@pytest.mark.parametrize("word, expected", [
    ("singel", "; did you mean 'single'?"), ("SINGLE", "; did you mean 'single'?"), ("mutli", "; did you mean 'multi'?"),
    ("other", ""), ("x", ""), ("", ""), ("single" * 50, ""),
])
def test_only_a_close_word_is_suggested(word, expected):
    assert nearest(word, ("single", "multi", "sharded")) == expected


def test_long_texts_are_cut_and_lists_read_as_sentences():
    assert quote("x" * 100) == "'" + "x" * 60 + "...'"
    assert listed(["a"]) == "'a'" and listed(["a", "b", "c"]) == "'a', 'b' or 'c'" and listed(["a", "b"], "and") == "'a' and 'b'"
