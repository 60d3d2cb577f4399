"""Profiles: the measured rules by which `tune` sets the knobs that a schema leaves open. A profile is a small YAML file."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .diagnostics import Diagnostics
    from .model import Target

BUILT_IN = Path(__file__).parent / "profiles"
FALLBACK = "default"  # for targets that nobody has measured


@dataclass(frozen=True)
class Rule:
    """The knobs for messages of at most `message` bytes in rings of at most `ring` bytes; None: of any size."""

    goal: str  # latency | throughput | balanced
    message: int | None
    ring: int | None
    layout: str  # packed | stamped
    per_line: int  # most messages that share a stamp
    release_share: int  # the consumer gives slots back by this share of the ring; 0: each
    prefetch_producer: int  # lines
    prefetch_consumer: int
    settle: int  # pauses
    pause: bool


@dataclass(frozen=True)
class Profile:
    """name: what `explain` calls it. file: where it was read, "" for those that come with the compiler."""

    name: str
    rules: tuple[Rule, ...]
    file: str = ""

    def rule(self, goal: str, message: int, ring: int) -> Rule:
        """The first rule that fits. message, ring: bytes."""
        return next(
            rule for rule in self.rules
            if rule.goal == goal and (rule.message is None or message <= rule.message) and (rule.ring is None or ring <= rule.ring)
        )


def of_target(target: "Target") -> Profile:
    return target.profile or built_in(target.arch)


@functools.cache
def built_in(arch: str) -> Profile:
    """The profile that comes with the compiler for a target, or the fallback."""
    from .diagnostics import Diagnostics

    path = BUILT_IN / f"{arch}.yaml"
    name = arch if path.exists() else FALLBACK
    diagnostics = Diagnostics()
    found = parse(name, str(BUILT_IN / f"{name}.yaml"), (BUILT_IN / f"{name}.yaml").read_bytes(), diagnostics)
    assert found is not None and not diagnostics.failed, diagnostics
    return found


def parse(name: str, file: str, data: bytes, diagnostics: "Diagnostics") -> Profile | None:
    """Reads a profile; None when something is wrong with it, which is then reported. `name` is what `explain` calls it."""
    from . import grammar, source
    from .read import BROKEN, Reader

    before = len(diagnostics)
    text = source.read_source(file, data, diagnostics)
    node = source.parse(text, diagnostics) if text is not None else None
    root = Reader(diagnostics).value(node, grammar.PROFILE, "the profile") if node is not None else None
    if root is None or root.data is BROKEN or len(diagnostics) > before:
        return None
    rules = tuple(Rule(**{"message": None, "ring": None, **{key: entry.data for key, entry in item.data.items()}})
                  for item in root.data["rules"].data)
    for item, rule in zip(root.data["rules"].data, rules):
        if rule.release_share & (rule.release_share - 1):
            diagnostics.error(item.data["release_share"].span, "'release_share' must be 0 or a power of two")
    for goal in ("latency", "balanced", "throughput"):
        if not any(rule.goal == goal and rule.message is None and rule.ring is None for rule in rules):
            diagnostics.error(root.data["rules"].place, f"no rule of goal '{goal}' is for messages and rings of any size")
    return Profile(name, rules, file) if len(diagnostics) == before else None
