"""Every C identifier and every file that a package makes, because two schema names must not make one of them.

The lists are longer than what is generated today: a channel claims all verbs of its kind, so that changing its policy or adding a
verb to the compiler does not break a schema that was accepted.
"""

from __future__ import annotations

from .diagnostics import Diagnostics
from .findings import Findings, describe, family, place
from .model import Channel, Path, Schema
from .names import malformed, refuse_function, refuse_identifier

_RING = "init init_at destroy close is_closed capacity handler info"
_VERBS = {
    "queue": f"""{_RING} size is_empty has_capacity dropped producer consumer producer_open producer_close consumer_open consumer_close
        try_push push push_with push_for push_evict try_push_n push_n reserve commit abort
        try_pop pop pop_with pop_for try_pop_n pop_n peek release drain drain_n register unregister sweep sweep_n shard""",
    "broadcast": f"""{_RING} size is_empty has_capacity producer consumer subscriber producer_open producer_close
        try_publish publish publish_with publish_for try_publish_n publish_n claim commit abort
        subscribe subscribe_now subscribe_oldest subscribe_back unsubscribe group try_recv recv recv_with recv_for try_recv_n recv_n
        latest drain drain_n drain_group place follow let_go missed peek release pending sequence published received lagged receive_ratio""",
    "signal": f"""{_RING} producer consumer producer_open producer_close consumer_open consumer_close notify poll poll_limit
        recv recv_with recv_for register unregister pending drain""",
    "latest": f"""{_RING} producer consumer subscriber producer_open producer_close consumer_open consumer_close subscribe unsubscribe
        set get get_if_newer wait_newer sequence""",
}
VERBS = {kind: tuple(words.split()) for kind, words in _VERBS.items()}
_CHANNEL_MACROS = ("CAPACITY", "ALIGN", "SIZE", "H", "GUARANTEED", "SUBSCRIBERS", "ROOM")
_PACKAGE_MACROS = ("VERSION", "GENERIC", "TYPES_H", "REFLECT_H")
_WHOLE = ("init", "destroy", "close", "SIZE", "ALIGN")  # of a bus or a pipeline

Named = list[tuple[str, Path]]


def c_names(schema: Schema) -> Named:
    """(C identifier, path of what makes it) for all that the package's headers define, drop functions included."""
    prefix, upper = schema.prefix, schema.prefix.upper()
    found: Named = [(f"{upper}_{word}", ("package",)) for word in _PACKAGE_MACROS]
    found += [(f"{prefix}_package_info", ("package",)), (f"{upper}_{upper}_H", ("package",))]
    found += [(f"{upper}_{item.name.upper()}", ("constants", item.name)) for item in schema.constants]
    for enum in schema.enums:
        path, base = ("enums", enum.name), f"{prefix}_{enum.name}"
        found += [(base + end, path) for end in ("", "_name", "_is_valid", "_info")]
        found += [(f"{base.upper()}_{value.upper()}", (*path, "values", value)) for value, _ in enum.values]
    for message in schema.messages:
        path, base = ("messages", message.name), f"{prefix}_{message.name}"
        found += [(base, path), (f"{base.upper()}_INIT", path), (f"{base.upper()}_SIZE", path), (f"{base}_info", path),
                  (f"{base}_is_valid", path)]
        found += [(message.drop, (*path, "drop"))] if message.drop else []
    for channel in schema.channels:
        found += _channel_names(prefix, channel)
    for section, suffix, things in (("buses", "bus", schema.buses), ("pipelines", "pipeline", schema.pipelines)):
        for thing in things:
            base = f"{prefix}_{thing.name}_{suffix}"
            found += [(base, (section, thing.name))]
            found += [(f"{base}_{end}" if end.islower() else f"{base.upper()}_{end}", (section, thing.name)) for end in _WHOLE]
    return found


def _channel_names(prefix: str, channel: Channel) -> Named:
    path, base = ("channels", channel.name), f"{prefix}_{channel.name}"
    upper = base.upper()
    return [(base, path), *((f"{upper}_{word}", path) for word in _CHANNEL_MACROS),
            *((f"{base}_{verb}", path) for verb in VERBS.get(channel.kind, ()))]


def file_names(schema: Schema) -> Named:
    """(file in the package's directory, path of what makes it)."""
    package = ("package",)
    return [
        ("types.h", package), ("reflect.h", package), ("reflect.c", package), ("MANIFEST", package), (f"{schema.package}.h", package),
        *((f"{channel.name}.h", ("channels", channel.name)) for channel in schema.channels),
        *((f"{bus.name}_bus.h", ("buses", bus.name)) for bus in schema.buses),
        *((f"{pipeline.name}_pipeline.h", ("pipelines", pipeline.name)) for pipeline in schema.pipelines),
    ]


def check(findings: Findings) -> None:
    """Report names that C cannot have and names and files that two things make."""
    schema = findings.schema
    _check_package(findings)
    _check_whole_names(findings)
    refused = _check_drops(findings)
    _check_names(schema, findings.diagnostics, _check_files(findings), refused)


def _check_package(findings: Findings) -> None:
    refusal = refuse_identifier(findings.schema.package, bare=True) if findings.schema.package else None
    if refusal:
        findings.error(("package",), f"package: {refusal}")


def _things(schema: Schema) -> list[tuple[str, Path]]:
    """(schema name, path) of all that becomes a C name behind the prefix."""
    found = [(thing.name, (section, thing.name)) for section in ("constants", "enums", "messages", "channels")
             for thing in getattr(schema, section)]
    values = [(f"{enum.name}_{value}", ("enums", enum.name, "values", value)) for enum in schema.enums for value, _ in enum.values]
    return found + values


def _check_whole_names(findings: Findings) -> None:
    for name, path in _things(findings.schema):
        whole = f"{findings.schema.prefix}_{name}"
        refusal = refuse_identifier(whole, bare=False) or refuse_identifier(whole.upper(), bare=False)
        if refusal and not malformed(path[-1]):
            findings.error(path, f"{describe(path)}: {refusal}")


def _check_drops(findings: Findings) -> set[Path]:
    """The paths of what has been reported."""
    refused: set[Path] = set()
    schema = findings.schema
    bases = [f"{schema.prefix}_{name}" for name, _ in _things(schema)]
    for message in schema.messages:
        if not message.drop:
            continue
        path = ("messages", message.name, "drop")
        taken = next((base for base in bases if message.drop == base or message.drop.startswith(base + "_")), None)
        refusal = refuse_function(message.drop)
        if refusal:
            findings.error(path, f"drop: {refusal}")
        elif taken:
            findings.error(path, f"drop: '{message.drop}' begins like the generated names of '{taken}'; "
                           f"choose a name outside '{schema.prefix}_'")
        if refusal or taken:
            refused.add(path)
    return refused


def _check_files(findings: Findings) -> set[tuple[Path, Path]]:
    """The pairs that have been reported."""
    pairs: set[tuple[Path, Path]] = set()
    seen: dict[str, tuple[str, Path]] = {}
    for file, path in file_names(findings.schema):
        other = seen.setdefault(file.lower(), (file, path))
        if other[1] == path:
            continue
        pairs.add((other[1], path))
        if other[1] == ("package",):
            findings.error(path, f"{describe(path)} would be written to {file}, which each package has of its own; rename it")
        else:
            same = f"file '{file}'" if file == other[0] else f"files '{file}' and '{other[0]}', which some file systems take for one"
            findings.error(path, f"{describe(path)} and {describe(other[1])} make the {same}; rename one",
                           [(other[1], "the other is here")])
    return pairs


def _check_names(schema: Schema, diagnostics: Diagnostics, reported: set[tuple[Path, Path]], refused: set[Path]) -> None:
    """Report each pair of things that make one C name, once, by the first name on which they meet; not the pairs in `reported`
    nor what is in `refused`, and of two packages with one prefix only that."""
    claims = [(owner, c_names(owner)) for owner in reversed(list(family(schema)))]
    if sum(len(named) for _, named in claims) == len({name for _, named in claims for name, _ in named}):
        return
    seen: dict[str, tuple[Schema, Path]] = {}
    pairs: set[tuple] = set()
    for owner, named in claims:
        for name, path in named:
            first, where = seen.setdefault(name, (owner, path))
            pair = (id(first), where, id(owner), path)
            if pair in pairs or (first is owner is schema and (where, path) in reported) or (first is owner and where == path):
                continue
            if first is not owner and first.prefix == owner.prefix:
                _report_prefix(schema, diagnostics, owner, first)
                continue
            pairs.add(pair)
            if owner is schema and path in refused:
                continue
            _report(diagnostics, name, (owner, path), (first, where))


def _report(diagnostics: Diagnostics, name: str, here: tuple[Schema, Path], there: tuple[Schema, Path]) -> None:
    (owner, path), (other, where) = here, there
    if path[-1] == where[-1] == "drop":
        message = f"'{name}' is {describe(path)} and {describe(where)}; each takes another type, so each needs a function of its own"
    else:
        message = f"{describe(path)} and {describe(where)} both make the C name '{name}'; rename one"
    foreign = f" in package '{other.package}'" if other is not owner else ""
    diagnostics.error(place(owner, path), message, [(place(other, where), f"the other is here{foreign}")])


def _report_prefix(schema: Schema, diagnostics: Diagnostics, owner: Schema, other: Schema) -> None:
    """Two packages of which all C names begin alike; that two direct imports have one name has been reported with the imports."""
    together = (schema, *schema.imports)
    if owner.package != other.package:
        message = f"the prefix '{owner.prefix}' is also that of package '{other.package}'; choose another with --prefix"
    elif any(owner is one for one in together) and any(other is one for one in together):
        return
    else:
        message = f"package '{owner.package}' is also what '{other.file}' makes; each package needs a name of its own"
    diagnostics.error(place(owner, ("package",)), message, [(place(other, ("package",)), "the other is here")])
