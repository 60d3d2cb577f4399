"""Compiled templates, kept in the cache directory: compiling them takes longer than printing a hundred channels."""

import contextlib
import sys

import jinja2
from jinja2.bccache import Bucket

from . import cache


def bytecode_cache(options: dict[str, object]) -> "BytecodeCache | None":
    """The cache for an environment of these options, or None where there is no cache directory."""
    try:
        return BytecodeCache(cache.directory(), options)
    except OSError:
        return None


class BytecodeCache(jinja2.FileSystemBytecodeCache):
    """One file a template, used where it was made from the same source with the same Python, Jinja2 and options."""

    def __init__(self, directory: str, options: dict[str, object]) -> None:
        super().__init__(directory, "%s.bytecode")
        self._maker = f"{sys.implementation.cache_tag} {jinja2.__version__} {options}\n"

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return name.replace("/", "-")  # a new version takes the place of the old one, so that the directory does not grow

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self._maker + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # a damaged file may make pickle or marshal raise anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):  # a full disk, or a directory that has gone
            super().dump_bytecode(bucket)
