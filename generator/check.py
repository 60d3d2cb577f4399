"""What needs the whole schema: the last pass before layout. It only looks, and passes over parts that are broken already."""

from __future__ import annotations

from . import check_channels, check_types, collisions
from .collisions import c_names, file_names
from .diagnostics import Diagnostics, listed, nearest
from .findings import Findings, family, power_of_two_complaint
from .grammar import ARCHES
from .model import Path, Schema, Target

__all__ = ["check", "c_names", "file_names"]

_MAX_LINE = 1024
_MAX_SPACING = 4096


def check(schema: Schema, diagnostics: Diagnostics) -> None:
    """Report all that is wrong with a resolved schema and with the schemas that it imports."""
    for member in family(schema):
        findings = Findings(member, diagnostics)
        _check_targets(findings)
        for enum in member.enums:
            check_types.check_enum(findings, enum)
        for message in member.messages:
            check_types.check_message(findings, message)
        for channel in member.channels:
            check_channels.check_channel(findings, channel)
        for pipeline in member.pipelines:
            check_channels.check_pipeline(findings, pipeline)
        for bus in member.buses:
            check_channels.check_bus(findings, bus)
        collisions.check(findings)


def _check_targets(findings: Findings) -> None:
    seen: dict[str, Path] = {}
    for index, target in enumerate(findings.schema.targets):
        path = ("targets", index)
        if not target.arch:
            continue
        first = seen.setdefault(target.arch, path)
        if first != path:
            findings.error(path, f"the target '{target.arch}' is listed twice", [(first, "the first is here")])
        _check_sizes(findings, target, path)
        _check_features(findings, target, path)


def _check_sizes(findings: Findings, target: Target, path: Path) -> None:
    for key, number, maximum in (("line", target.line, _MAX_LINE), ("spacing", target.spacing, _MAX_SPACING)):
        complaint = power_of_two_complaint(key, number, maximum) if number else None
        if complaint:
            findings.error((*path, key), complaint)
    if 0 < target.spacing < target.line:
        findings.error((*path, "spacing"), f"spacing {target.spacing} is less than the line, {target.line}")


def _check_features(findings: Findings, target: Target, path: Path) -> None:
    known = next(arch.features for arch in ARCHES if arch.name == target.arch)
    for index, feature in enumerate(target.features):
        where = (*path, "features", index)
        if not feature:
            continue
        if not known:
            findings.error(where, f"'{target.arch}' has no features, it runs anywhere; remove '{feature}'")
        elif feature not in known:
            hint = nearest(feature, known) or f"; it may have {listed(known)}"
            findings.error(where, f"unknown feature '{feature}' of {target.arch}{hint}")
        elif feature in target.features[:index]:
            findings.error(where, f"the feature '{feature}' is listed twice")
