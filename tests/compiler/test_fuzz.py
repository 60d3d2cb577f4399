"""Attacks on the front end: real schemas broken at random, and noise. Whatever comes in, the compiler ends soon, never raises, and
either accepts or says where and what is wrong. RINGC_EXAMPLES is the number of inputs of each attack (default: EXAMPLES below)."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import time
import unicodedata
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator import cli, json_schema
from generator.diagnostics import Diagnostics
from generator.read import resolve_scalar
from generator.source import Mapping, Node, Sequence, parse, read_source

jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft7Validator(json_schema.generate())

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = 150
SECONDS = 2.0  # of CPU time, for one input of less than SMALL bytes
SMALL = 64 * 1024
GENERATED = 5  # one accepted input in so many goes on to `gen`

CORPUS = sorted(path.read_bytes() for folder in ("schemas", "tests/golden") for path in (TOP / folder).glob("**/*.yaml"))
TOKEN = re.compile(rb"[A-Za-z0-9_.]+|[^\sA-Za-z0-9_.]|\s+")
VOCABULARY = sorted({token for text in CORPUS for token in TOKEN.findall(text)})
NUMBERS = [b"0", b"-1", b"1", b"3", b"255", b"256", b"65536", b"1073741824", b"16777216", b"4294967296", b"18446744073709551615",
           b"18446744073709551616", b"9" * 64, b"9" * 65, b"1e308", b"1e309", b"-0", b"0x10", b"010", b"1_0", b".5", b"1.5"]
ODDITIES = ["\u202e", "\u2028", "\ufeff", "\x00", "\x1b[2J", "é", "市", "\U0001f600", "a\u0301", "\t", "\r", "\r\n", "\x85", "\ud800", "*/", "\\\n", "??/"]

attack = settings(max_examples=int(os.environ.get("RINGC_EXAMPLES", EXAMPLES)), derandomize=True, database=None, deadline=None,
                  suppress_health_check=list(HealthCheck))


# -- what is thrown at the compiler --------------------------------------------------------------------------------------

#: A place in the input, as a fraction of its length.
place = st.floats(0, 1, exclude_max=True, width=32)
replacement = st.one_of(
    st.sampled_from(VOCABULARY), st.sampled_from(NUMBERS), st.sampled_from(ODDITIES).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=3), st.sampled_from([b"", b"[", b"{", b"]", b"}", b"- ", b": ", b"? ", b"&a ", b"*a", b"!!t ", b"'", b'"', b"|", b"#", b"<<: "]))
edit = st.tuples(st.sampled_from(["token", "insert", "cut", "swap", "repeat", "lines", "byte"]), place, place, replacement)


def mutate(text: bytes, change: tuple[str, float, float, bytes]) -> bytes:
    """`text` with one change: (kind, place, place, replacement)."""
    kind, first, second, new = change
    if kind == "byte":
        at = int(first * (len(text) + 1))
        return text[:at] + new[:1] + text[at + 1 :]
    parts = text.splitlines(keepends=True) if kind in ("lines", "repeat") else TOKEN.findall(text)
    if not parts:
        return new
    one, two = int(first * len(parts)), int(second * len(parts))
    if kind == "token":
        parts[one] = new
    elif kind == "insert":
        parts.insert(one, new)
    elif kind == "cut":
        del parts[one : one + 1 + two % 20]
    elif kind == "repeat":
        parts.insert(two, parts[one])
    else:
        parts[one], parts[two] = parts[two], parts[one]
    return b"".join(parts)


@st.composite
def broken_schemas(draw: st.DrawFn) -> bytes:
    """A real schema after a few changes."""
    text = draw(st.sampled_from(CORPUS))
    for change in draw(st.lists(edit, min_size=1, max_size=5)):
        text = mutate(text, change)
    return text


# -- what the compiler owes ----------------------------------------------------------------------------------------------


def ringc(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(arguments)
    return status, out.getvalue(), err.getvalue()


def survives(data: bytes, directory: Path) -> None:
    """Asserts what holds for every input, whatever it is."""
    with contextlib.chdir(directory):
        Path("input.yaml").write_bytes(data)
        began = time.process_time()
        status, out, err = ringc("check", "input.yaml")
        spent = time.process_time() - began
        assert spent < SECONDS or len(data) >= SMALL
        assert out == "" and status in (0, 2)
        if status == 2:
            is_located(err)
            assert all("message" in item for item in json.loads(ringc("check", "input.yaml", "--error-format=json")[2]))
        else:
            assert err == ""
            is_described(data)
            if zlib.crc32(data) % GENERATED == 0:
                is_generated()


def is_located(err: str) -> None:
    """Somewhere it says where; every character may go to a terminal."""
    assert re.search(r"^[^\n]+\.yaml:\d+:\d+: error: .+$", err, re.MULTILINE)
    assert all(character == "\n" or unicodedata.category(character)[0] != "C" for character in err)


def is_described(data: bytes) -> None:
    """What the compiler accepts, the JSON Schema accepts."""
    diagnostics = Diagnostics()
    file = read_source("input.yaml", data, diagnostics)
    assert file is not None
    node = parse(file, diagnostics)
    assert node is not None
    assert [error.message for error in VALIDATOR.iter_errors(plain(node))] == []


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return resolve_scalar(node)


def is_generated() -> None:
    """What is accepted is generated, or a place says what is not built yet."""
    status, out, err = ringc("gen", "input.yaml", "--stdout")
    if status == 2:
        is_located(err)
        assert out == ""
    else:
        assert (status, err) == (0, "") and "RINGC_OK" in out
    assert os.listdir() == ["input.yaml"]


# -- the attacks -----------------------------------------------------------------------------------------------------------


@attack
@given(data=broken_schemas())
def test_a_schema_that_was_broken_at_random_is_survived(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    survives(data, directory_of(tmp_path_factory))


@attack
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))))
@example(data=b"")
@example(data=b"\xef\xbb\xbf")
def test_noise_is_survived(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    survives(data, directory_of(tmp_path_factory))


@attack
@given(tokens=st.lists(replacement, max_size=60))
def test_a_heap_of_tokens_is_survived(tokens: list[bytes], tmp_path_factory: pytest.TempPathFactory):
    survives(b"ringc: 1\npackage: md\ntargets: [x86_64]\nmessages:\n  m: " + b"".join(tokens), directory_of(tmp_path_factory))


def directory_of(factory: pytest.TempPathFactory) -> Path:
    """One empty directory for all inputs."""
    return directory_of.__dict__.setdefault("made", factory.mktemp("fuzz"))


#: Shapes that cost much for little text: (name, schema). The time of each is bounded as above.
HEAD = "ringc: 1\npackage: md\ntargets: [x86_64]\n"
M0 = "messages:\n  m0: {fields: [{name: a, type: u8}]}\n"
COSTLY = {
    "messages that each hold the one before many times":
        HEAD + M0 + "".join(f"  m{i}: {{fields: [" + ", ".join(f"{{name: f{j}, type: m{i - 1}}}" for j in range(12)) + "]}\n" for i in range(1, 16)),
    "a long chain of constants": HEAD + "constants:\n" + "".join(f"  C{i}: C{i + 1}\n" for i in range(3000)) + "  C3000: 1\n",
    "a long cycle of constants": HEAD + "constants:\n" + "".join(f"  C{i}: C{(i + 1) % 2000}\n" for i in range(2000)),
    "a long chain of messages": HEAD + M0 + "".join(f"  m{i}: {{fields: [{{name: a, type: m{i - 1}}}]}}\n" for i in range(1, 1000)),
    "many fields": HEAD + "messages: {m: {fields: [" + ", ".join(f"{{name: f{i}, type: u8}}" for i in range(1800)) + "]}}\n",
    "many unknown types": HEAD + "messages: {m: {fields: [" + ", ".join(f"{{name: f{i}, type: unknown{i}}}" for i in range(1300)) + "]}}\n",
    "many unknown keys": HEAD + "".join(f"key{i}: 1\n" for i in range(5000)),
    "the same key many times": HEAD + "doc: x\n" * 8000,
    "many targets": "ringc: 1\npackage: md\ntargets: [" + "x86_64, " * 6000 + "x86_64]\n",
    "many features": "ringc: 1\npackage: md\ntargets: [{arch: x86_64, features: [" + "avx, " * 8000 + "avx]}]\n",
    "many names that meet": HEAD + M0 + "channels:\n" + "".join(f"  a{'_push' * (i % 9)}{i // 9}: {{signal: 4, producers: multi}}\n" for i in range(1000)),
    "many enum values that meet": HEAD + "enums: {e: {type: u8, values: {" + ", ".join(f"v{i}: 1" for i in range(4000)) + "}}}\n",
    "many stages in a ring": HEAD + M0 + "channels: {c: {message: m0, capacity: 4, producers: single, consumers: {broadcast: 4096}}}\n"
        "pipelines: {p: {channel: c, stages: {" + ", ".join(f"s{i}: {{after: s{(i + 1) % 1500}}}" for i in range(1500)) + "}}}\n",
    "a deep pile of brackets": HEAD + "doc: " + "[" * 60_000,
    "a deep pile of braces": HEAD + "doc: " + "{a: " * 15_000,
    "a deep pile of dashes": HEAD + "doc:\n  " + "- " * 30_000,
    "a long line": HEAD + "nonsense: [" + "a, " * 20_000 + "]\n",
    "a long word": HEAD + "doc: " + "x" * 60_000 + "\nversion: " + "9" * 4000 + "\n",
    "a long comment": HEAD + "#" * 60_000 + "\nversion: -1\n",
    "many blank lines": HEAD + "\n" * 60_000 + "version: -1\n",
    "a colon that cannot stand where it does, below blank lines": HEAD + "doc: x\n" + "\n" * 50_000 + "    a: 1\n",
    "a long default": HEAD + "messages: {m: {fields: [{name: a, type: u8, count: 16777216, default: [" + "1, " * 15_000 + "256]}]}}\n",
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_could_be_costly_is_not(name: str, tmp_path: Path):
    assert len(COSTLY[name]) < SMALL
    survives(COSTLY[name].encode(), tmp_path)
