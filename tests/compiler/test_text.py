"""Nothing in a schema can become code: texts as comments and string literals, alone and through the whole compiler."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import text
from support_backend import C11, EXAMPLES, HEAD, cc, compile_and_run, generate, ringc

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

HOSTILE = [
    "*/ int x; /*", "/* nested */", "**/ x", "/**", "*//*", "*/*", "/*/", "//*", "*" * 50 + "/", "/" * 9 + "*" * 9, "* /", "/ *",
    "*\n/ x", "*\u202e/ x", "*\0/", "*\u200b/ x", "??/", "?" * 7 + "/", "*??/\n/", "??'", "a ??(b??)", "ends in \\", "\\", "\\\\\\",
    "\\ \\", "a\\\nb", "line 1\nline 2\r\nline 3", "\x00\x01\x1b[31m", BIDI, "a\u2028b\u2029c\u0085d", '"; int x; "', "'", "%s%n%d",
    "#define x", "\n#error no\n", "\\u202e \\U0000202e \\x41 \\101", "w" * 5000, "ab " * 3000, "naïve – 中文 🙂", "\ufeffbom", "{{ p }}",
    "{% raw %}", "", " ", ".", "\t", "a\tb", "0" * 200 + "*/", "end of text.", "\ud7ff\ue000\ufffd", "a\\\\\nb \\ \\", "@node $x$ ${y}",
]


# -- comments ----------------------------------------------------------------------------------------------------------


def is_inert(line: str) -> bool:
    """Whether a line can stand in a block comment of C with nothing left to happen."""
    return not ("*/" in line or "/*" in line or "??" in line or line.endswith("\\") or re.search(f"[\0-\x1f\x7f-\x9f\u2028\u2029{BIDI}]", line))


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: ascii(value)[:30])
def test_a_neutral_line_is_one_line_without_anything_that_c_reads(hostile):
    assert is_inert(text.neutral(hostile)) and "\n" not in text.neutral(hostile)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: ascii(value)[:30])
def test_every_line_of_a_comment_is_inert_and_does_not_end_in_white_space(hostile):
    for line in text.comment_lines(hostile, "and " + hostile):
        assert is_inert(line) and line == line.strip() and line


@settings(derandomize=True, deadline=None, max_examples=300 * EXAMPLES)
@given(st.text(st.sampled_from("*/\\?'\"%# \n\r\0\u202e\u2028ab."), max_size=40))
def test_no_mixture_of_delimiters_survives(hostile):
    assert is_inert(text.neutral(hostile))
    assert all(is_inert(line) for line in text.comment_lines(hostile, width=8))
    assert is_inert(text.trailing_comment(hostile, hostile) + " ")


def test_ordinary_text_is_left_alone():
    assert text.neutral("Price in 1e-9 USD/lot (see §4), 5 * 3 ≤ 20? Yes.") == "Price in 1e-9 USD/lot (see §4), 5 * 3 ≤ 20? Yes."


def test_comments_are_wrapped_at_their_width_and_long_words_are_kept_whole():
    lines = text.comment_lines("word " * 60 + "x" * 120, width=40)
    assert max(map(len, lines[:-1])) <= 40 and lines[-1] == "x" * 120


def test_each_text_begins_a_line_and_empty_ones_vanish():
    assert text.comment_lines("one", "", " \n ", "two") == ("one", "two")


def test_a_trailing_comment_joins_doc_and_unit_without_full_stops():
    assert text.trailing_comment("Price.", "1e-9 USD", "") == "Price; 1e-9 USD"
    assert text.trailing_comment("", "") == ""


# -- strings and numbers -----------------------------------------------------------------------------------------------


def test_a_string_literal_escapes_quotes_backslashes_trigraphs_and_all_that_is_not_ascii():
    assert text.c_string('a"b\\c??/\n\0é') == '"a\\"b\\\\c\\?\\?/\\012\\000\\303\\251"'


def test_a_digit_behind_an_octal_escape_stays_a_digit():
    assert text.c_string("\x017") == '"\\0017"'


def test_a_text_longer_than_c11_guarantees_is_cut_between_characters():
    literal = text.c_string("é" * 4000)
    assert literal.endswith('..."') and len(re.findall(r"\\303\\251", literal)) == (text.MAX_STRING - 3) // 2
    assert text.c_string("x" * text.MAX_STRING) == '"' + "x" * text.MAX_STRING + '"'


@pytest.mark.parametrize("value, c_type, literal", [
    (-(1 << 63), "int64_t", "INT64_MIN"), ((1 << 63) - 1, "int64_t", "INT64_C(9223372036854775807)"),
    ((1 << 64) - 1, "uint64_t", "UINT64_C(18446744073709551615)"), (-(1 << 31), "int32_t", "INT32_MIN"),
    ((1 << 32) - 1, "uint32_t", "4294967295u"), (0, "uint64_t", "UINT64_C(0)"), (-128, "int8_t", "-128"), (65535, "uint16_t", "65535"),
])
def test_integers_at_their_extremes_have_a_literal_of_their_type(value, c_type, literal):
    assert text.integer(value, c_type) == literal


@pytest.mark.parametrize("value, literal", [(0, "0u"), ((1 << 32) - 1, "4294967295u"), (1 << 32, "UINT64_C(4294967296)")])
def test_unsigned_literals_stay_unsigned(value, literal):
    assert text.unsigned(value) == literal


# -- through the whole compiler ----------------------------------------------------------------------------------------


def schema_with(texts: list[str]) -> str:
    """A schema that has each text as the doc of a message, an enum, a channel and a field, and as a unit."""
    rows = [HEAD + f"doc: {quoted(' '.join(texts))}", "enums:"]
    rows += [f"  e{n}: {{type: u8, doc: {quoted(t)}, values: {{a: 0}}}}" for n, t in enumerate(texts)]
    rows += ["messages:"]
    for n, t in enumerate(texts):
        rows.append(f"  m{n}: {{doc: {quoted(t)}, fields: [{{name: f, type: u32, doc: {quoted(t)}, unit: {quoted(t)}}}, "
                    f"{{name: g, type: u32, unit: {quoted(t)}}}]}}")
    rows += ["channels:"]
    rows += [f"  c{n}: {{doc: {quoted(t)}, message: m{n}, capacity: 1, producers: single, consumers: single, full: reject}}"
             for n, t in enumerate(texts[:3])]
    return "\n".join(rows) + "\n"


def quoted(value: str) -> str:
    """A double-quoted YAML scalar: JSON's, which YAML reads alike but for characters beyond 16 bits."""
    return re.sub(r"\\ud[89ab]\w\w\\ud[c-f]\w\w", lambda m: f"\\U{ord(json.loads(chr(34) + m.group() + chr(34))):08x}", json.dumps(value))


def tokens(out, file: str) -> str:
    """The preprocessed program text of a generated file of ours: no comments, every literal empty, the hash of the banner gone."""
    done = cc("-std=c11", "-trigraphs", "-E", "-P", f"-I{out}", out / "md" / file)
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', done)


def without_comments(out, file: str) -> str:
    """The file as the lexer sees it, directives and macro bodies included."""
    done = cc("-std=c11", "-trigraphs", "-fpreprocessed", "-dD", "-E", "-P", out / "md" / file)
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', done)


def assert_texts_change_nothing(tmp_path, texts: list[str]) -> None:
    hostile = generate(tmp_path / "hostile", schema_with(texts))
    plain = generate(tmp_path / "plain", schema_with([""] * len(texts)))
    (tmp_path / "u.c").write_text('#include "md/md.h"\n#include "md/reflect.c"\n')
    cc(*C11, "-trigraphs", f"-I{hostile}", "-fsyntax-only", tmp_path / "u.c")
    assert tokens(hostile, "reflect.c") == tokens(plain, "reflect.c")
    for file in ("types.h", "reflect.h", "c0.h", "md.h", "reflect.c"):
        assert without_comments(hostile, file) == without_comments(plain, file), file


def test_hostile_texts_in_every_place_change_no_token_of_the_output(tmp_path):
    assert_texts_change_nothing(tmp_path, HOSTILE)


def test_hostile_texts_compile_without_a_warning_with_clang_too(tmp_path):
    out = generate(tmp_path, schema_with(HOSTILE))
    (tmp_path / "u.c").write_text('#include "md/md.h"\n#include "md/reflect.c"\n')
    cc(*C11, "-trigraphs", f"-I{out}", "-fsyntax-only", tmp_path / "u.c", compiler="clang-14")


@settings(derandomize=True, deadline=None, max_examples=3 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(max_size=60) | st.text(st.sampled_from('*/\\?"%#\n\r\0\u202e '), max_size=60), min_size=20, max_size=40))
def test_any_text_changes_no_token_of_the_output(tmp_path_factory, texts):
    assert_texts_change_nothing(tmp_path_factory.mktemp("texts"), texts)


def test_a_comparison_of_tokens_would_notice_a_text_that_became_code(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "neutral", lambda value: value)
    out = generate(tmp_path / "hostile", schema_with(["*/ extern int x; /*"]))
    plain = generate(tmp_path / "plain", schema_with([""]))
    assert without_comments(out, "types.h") != without_comments(plain, "types.h")


def test_descriptor_strings_hold_the_text_as_it_was_written(tmp_path):
    texts = ["*/ ??/ \\ \"quoted\" %s", "naïve 中文", "tab\tnew\nline"]
    out = generate(tmp_path, schema_with(texts))
    source = '#include "md/reflect.h"\n#include <stdio.h>\nint main(void)\n{\n    for (int i = 0; i < 3; i++)\n' + (
        "        printf(\"%s|\", md_package_info.messages[i]->doc);\n    return 0;\n}\n")
    assert compile_and_run(tmp_path, out, source, more=(out / "md/reflect.c",)) == "|".join(texts) + "|"


# -- names of files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a b.yaml", "a'b.yaml", 'a"b.yaml', "a*/b??/c.yaml", "a\nb.yaml", "tail\\", "a\u202eb.yaml", b"x\xff.yaml", "$(x).yaml"])
def test_a_schema_may_have_any_file_name(tmp_path, name):
    source = schema_with(["x"]).replace("[x86_64, generic]", "[x86_64]")  # whose header names the file in an #error
    file = tmp_path / (name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name.replace("/", "_"))
    file.write_text(source)
    done = ringc("gen", file, "-o", tmp_path / "out", "-MD")
    assert (done.returncode, done.stderr) == (0, "")
    cc(*C11, "-trigraphs", f"-I{tmp_path}/out", "-fsyntax-only", tmp_path / "out/md/reflect.c")


def test_the_command_in_the_banner_is_quoted_for_a_shell(tmp_path):
    (tmp_path / "a b'c.yaml").write_text(schema_with(["x"]))
    ringc("gen", "a b'c.yaml", "-o", "out", cwd=tmp_path)
    command = re.search(r"^ \*     ringc (.*)$", (tmp_path / "out/md/types.h").read_text(), re.M).group(1)
    words = subprocess.run(["sh", "-c", f'for word in {command}; do echo "$word"; done'], capture_output=True, text=True).stdout.split("\n")
    assert words[:2] == ["gen", "a b'c.yaml"]


def test_a_file_name_with_a_line_break_adds_no_entry_to_the_manifest(tmp_path):
    (tmp_path / "x\noutput 0 precious.h").write_text(schema_with(["x"]))
    assert ringc("gen", "x\noutput 0 precious.h", "-o", "out", cwd=tmp_path).returncode == 0
    assert not [line for line in (tmp_path / "out/md/MANIFEST").read_text().splitlines() if line.endswith("precious.h") and line.startswith("output")]
