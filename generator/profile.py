"""Profiles: the measured rules by which `tune` sets the knobs that a schema leaves open. A profile is a small YAML file."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


@functools.cache
def built_in(arch: str) -> Profile:
    """The profile that comes with the compiler for a target, or the fallback."""
    path = BUILT_IN / f"{arch}.yaml"
    name = arch if path.exists() else FALLBACK
    return parse(name, (BUILT_IN / f"{name}.yaml").read_text(encoding="utf-8"))


def of_target(target: "Target") -> Profile:
    return target.profile or built_in(target.arch)


class ProfileError(Exception):
    """A profile that cannot be used; the text says where and why."""


_KEYS = {  # name -> (type, least, most); each is required but message and ring
    "message": (int, 1, None), "ring": (int, 1, None), "per_line": (int, 1, 64), "release_share": (int, 0, 1 << 20),
    "prefetch_producer": (int, 0, 64), "prefetch_consumer": (int, 0, 64), "settle": (int, 0, 1 << 20), "pause": (bool, 0, 1),
}  # fmt: skip
_WORDS = {"goal": ("latency", "balanced", "throughput"), "layout": ("packed", "stamped")}


def parse(name: str, text: str) -> Profile:
    """Reads a profile. Raises ProfileError. `name` is what `explain` calls it."""
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ProfileError(f"not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict) or data.get("ringc_profile") != 1 or not isinstance(data.get("rules"), list):
        raise ProfileError("not a profile: it needs 'ringc_profile: 1' and a list of 'rules'")
    rules = tuple(_rule(number, entry) for number, entry in enumerate(data["rules"], 1))
    for goal in _WORDS["goal"]:
        if not any(rule.goal == goal and rule.message is None and rule.ring is None for rule in rules):
            raise ProfileError(f"no rule of goal '{goal}' is for messages and rings of any size")
    return Profile(name, rules)


def _rule(number: int, entry: object) -> Rule:
    if not isinstance(entry, dict):
        raise ProfileError(f"rule {number} is no mapping")
    unknown = sorted(str(key) for key in entry if key not in _KEYS and key not in _WORDS)
    if unknown:
        raise ProfileError(f"rule {number} has an unknown key '{unknown[0]}'")
    for key, words in _WORDS.items():
        if entry.get(key) not in words:
            raise ProfileError(f"rule {number}: '{key}' must be one of {', '.join(words)}")
    for key, (type_, least, most) in _KEYS.items():
        value = entry.get(key)
        if value is None and key in ("message", "ring"):
            continue
        if type(value) is not type_ or not least <= value or (most is not None and value > most):
            raise ProfileError(f"rule {number}: '{key}' must be {_range(type_, least, most)}")
    return Rule(**{"message": None, "ring": None, **entry})


def _range(type_: type, least: int, most: int | None) -> str:
    if type_ is bool:
        return "true or false"
    return f"an integer of at least {least}" if most is None else f"an integer from {least} to {most}"
