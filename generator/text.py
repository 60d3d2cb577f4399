"""How texts of a schema appear in C: as comments and string literals that can never become code.

A comment loses its comment delimiters, trigraphs, trailing backslashes, control and bidirectional characters; a string literal
is escaped byte by byte. Everything that the templates print and that did not come from our own tables passes through here.
"""

import functools
import re
import textwrap
import unicodedata

MAX_STRING = 4095  # bytes of a literal that every C11 compiler takes without a warning
COMMENT_WIDTH = 96  # columns of text in a block comment, inside " * "

_TRIGRAPH = re.compile(r"\?(?=\?)")


def _is_harmless(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def neutral(text: str) -> str:
    """One line of `text` that is inert inside a C comment."""
    known = text if text.isascii() and text.isprintable() else "".join(char if _is_harmless(char) else " " for char in text)
    line = " ".join(known.split())
    line = _TRIGRAPH.sub("? ", line)
    while "*/" in line or "/*" in line:
        line = line.replace("*/", "* /").replace("/*", "/ *")
    return _no_splice(line)


@functools.lru_cache(maxsize=4096)  # channels of one kind have one contract
def comment_lines(*texts: str, width: int = COMMENT_WIDTH) -> tuple[str, ...]:
    """Neutral lines of at most `width` columns, one paragraph per text; empty texts vanish."""
    lines: list[str] = []
    for text in texts:
        lines += map(_no_splice, textwrap.wrap(neutral(text), width, break_long_words=False))
    return tuple(line for line in lines if line)


def _no_splice(line: str) -> str:
    """Without the backslashes at its end, which would join it to the next line; gcc sees them through spaces, too."""
    return line.rstrip("\\ ")


def trailing_comment(*texts: str) -> str:
    """`texts` joined to one line for a comment behind a member; "" when there is nothing to say."""
    return "; ".join(part for part in (neutral(text).rstrip(".") for text in texts) if part)


def file_name(path: str) -> str:
    """The last part of a path, neutral: what generated files say of where they come from."""
    return neutral(path.replace("\\", "/").rsplit("/", 1)[-1])


def c_string(text: str) -> str:
    """`text` as a C string literal: printable ASCII as it is, all else as three-digit octal escapes of its UTF-8 bytes.

    A text beyond MAX_STRING is cut between two characters and ends in "...".
    """
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_STRING:
        data = data[: MAX_STRING - 3].decode("utf-8", "ignore").encode() + b"..."
    return '"' + "".join(map(_C_CHARS.__getitem__, data)) + '"'


def _c_char(byte: int) -> str:
    char = chr(byte)
    if char in '"\\?':
        return "\\" + char
    return char if 32 <= byte < 127 else f"\\{byte:03o}"


_C_CHARS = tuple(map(_c_char, range(256)))


def unsigned(value: int) -> str:
    """A non-negative integer as a C literal with the suffix that keeps it unsigned."""
    return f"{value}u" if value < 1 << 32 else f"UINT64_C({value})"


def integer(value: int, c_type: str) -> str:
    """`value` as a C constant of an integer type: INT64_MIN and unsigned 64-bit values come out right too."""
    if c_type == "uint64_t":
        return f"UINT64_C({value})"
    if c_type == "int64_t":
        return "INT64_MIN" if value == -(1 << 63) else f"INT64_C({value})"
    if c_type == "int32_t" and value == -(1 << 31):
        return "INT32_MIN"
    return f"{value}u" if c_type == "uint32_t" else str(value)
