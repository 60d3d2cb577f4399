"""Names that a schema may not use: keywords, macros, types, what ringc keeps for itself, and what is no name at all."""

import shutil
import subprocess

import pytest

from generator.names import LIBRARY_FUNCTIONS, RESERVED, malformed, refuse_function, refuse_identifier


@pytest.mark.parametrize("name", ["a", "A9", "a_b_c", "x" * 63])
def test_a_letter_then_letters_digits_and_underscores_is_a_name(name):
    assert malformed(name) is None


@pytest.mark.parametrize("name, expected", [
    ("", "a name is empty"), ("9a", "is not a name"), ("_a", "is not a name"), ("a-b", "is not a name"), ("a b", "is not a name"),
    ("é", "is not a name"), ("a\n", "is not a name"), ("a;", "is not a name"), ("a__b", "holds '__'"), ("a_", "ends in '_'"),
    ("x" * 64, "has 64 characters; a name has at most 63"),
])
def test_what_is_no_name_is_told_why(name, expected):
    assert expected in malformed(name)


@pytest.mark.parametrize("name, what", [
    ("while", "a keyword of C"), ("restrict", "a keyword of C"), ("constexpr", "a keyword of C23 and C++"), ("bool", "a keyword of C23"),
    ("co_await", "a keyword of C++"), ("xor_eq", "a keyword of C++"), ("errno", "a macro"), ("linux", "a macro"), ("I", "a macro"),
    ("EAGAIN", "an error number's macro"), ("SIGTERM", "a macro of signal.h"), ("UINT64_C", "a macro of"), ("INT_MAX", "a macro of limits.h"),
    ("PRIu64", "a macro of inttypes.h"), ("uint8_t", "a type of the standard headers"), ("ringc", "reserved for ringc itself"),
    ("RINGC_x", "reserved for ringc itself"), ("atomic_load", "a name of stdatomic.h"),
])
def test_a_bare_name_that_c_has_taken_is_refused(name, what):
    assert what in refuse_identifier(name, bare=True)


@pytest.mark.parametrize("name", ["seq", "px", "id", "time", "read", "index", "min", "max", "count", "size", "value", "EUR", "string", "data"])
def test_ordinary_field_names_are_not_refused(name):
    assert refuse_identifier(name, bare=True) is None


def test_a_whole_c_name_is_called_so():
    assert refuse_identifier("UINT8_MAX", bare=False).startswith("the C name 'UINT8_MAX' is")
    assert refuse_identifier("ringc_x", bare=False) is None


def test_a_function_of_the_library_cannot_be_a_drop_function():
    assert "C library" in refuse_function("free") and refuse_function("order_release") is None
    assert "a keyword of C" in refuse_function("int")
    assert "malloc" in LIBRARY_FUNCTIONS


HEADERS = """assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint
    stdio stdlib stdnoreturn string time wchar wctype"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_every_object_like_macro_of_the_standard_headers_is_refused_as_a_field():
    """Lower-case names only: those are what a schema's author would think of. -std=gnu11 has linux, unix and i386."""
    text = "".join(f"#include <{name}.h>\n" for name in HEADERS.split())
    done = subprocess.run(["gcc", "-std=gnu11", "-dM", "-E", "-xc", "-"], input=text, capture_output=True, text=True, check=True)
    defined = [line.split()[1] for line in done.stdout.splitlines()]
    missed = [name for name in defined if name.islower() and "(" not in name and not name.startswith("_")
              and refuse_identifier(name, bare=True) is None]
    assert missed == []


def test_the_tables_hold_identifiers_only():
    assert all(word.isidentifier() for word in (*RESERVED, *LIBRARY_FUNCTIONS))
