"""From plans to text: which template makes which file, and nothing about their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__

if TYPE_CHECKING:
    from .plan import PackagePlan

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_OPTIONS = {
    "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True, "autoescape": False, "auto_reload": False,
}  # fmt: skip


@dataclass(frozen=True)
class Output:
    """One file to be written: its path below the output directory, with "/" between parts, and its whole text."""

    path: str
    text: str

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the file."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()


class Renderer:
    """Prints plans with the built-in templates; a template that asks for what its plan lacks is an error of ours."""

    def __init__(self) -> None:
        import jinja2  # here, because commands that print nothing do without it

        from .bytecode import bytecode_cache

        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            undefined=jinja2.StrictUndefined,
            bytecode_cache=bytecode_cache(_OPTIONS),
            **_OPTIONS,
        )

    def runtime(self) -> list[Output]:
        """ringc.h and ringc.c, which depend on the tool's version only."""
        return [Output(name, self._print(f"{name}.j2", version=__version__)) for name in ("ringc.h", "ringc.c")]

    def package(self, plan: PackagePlan) -> list[Output]:
        """Every file of one package but its MANIFEST."""
        shared = [("types.h", "types.h.j2"), ("reflect.h", "reflect.h.j2"), ("reflect.c", "reflect.c.j2")]
        shared.append((f"{plan.package}.h", "umbrella.h.j2"))
        outputs = [self._file(plan, name, template) for name, template in shared]
        for channel in plan.channels:
            outputs.append(self._file(plan, f"{channel.name}.h", channel.template, ch=channel))
        return outputs

    def _file(self, plan: PackagePlan, name: str, template: str, **more: object) -> Output:
        return Output(f"{plan.package}/{name}", self._print(template, p=plan, banner=plan.banner, **more))

    def _print(self, template: str, **context: object) -> str:
        return self._environment.get_template(template).render(context)
