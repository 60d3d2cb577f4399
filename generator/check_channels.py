"""Checks of channels, pipelines and buses: does the combination exist, do the numbers fit, do the graphs end."""

from __future__ import annotations

from . import graph, legality
from .diagnostics import nearest
from .findings import Findings, power_of_two_complaint
from .grammar import MAX_CAPACITY
from .legality import is_gated
from .model import Bus, Channel, Path, Pipeline, Stage



def check_channel(findings: Findings, channel: Channel) -> None:
    path = ("channels", channel.name)
    if channel.kind != "latest" and channel.capacity:
        key = "signal" if channel.kind == "signal" else "capacity"
        complaint = power_of_two_complaint(key, channel.capacity, MAX_CAPACITY)
        if complaint:
            findings.error((*path, key), complaint)
    found = legality.of(channel)
    if isinstance(found, legality.Refusal):
        findings.error((*path, found.key), f"channel '{channel.name}': {found.sentence}")
    elif found is not None:
        _check_watermark(findings, channel, path)
        _check_lossy(findings, channel, path)
        _check_drop(findings, channel, path)
    _check_tune(findings, channel, (*path, "tune"))
    _check_knobs(findings, channel, (*path, "tune"))


def _check_watermark(findings: Findings, channel: Channel, path: Path) -> None:
    watermark = channel.full.watermark if channel.full is not None else 0
    if not watermark:
        return
    place = (*path, "full", "watermark")
    if not is_gated(channel):
        findings.error(place, f"channel '{channel.name}': a watermark is for a broadcast that its subscribers hold back "
                       "(full: block or reject); leave it out")
    elif channel.capacity and watermark >= channel.capacity:
        findings.error(place, f"watermark {watermark} leaves no room; it must be below the capacity, {channel.capacity}")


def _check_lossy(findings: Findings, channel: Channel, path: Path) -> None:
    if not channel.consumers.lossy and not is_gated(channel):
        findings.error((*path, "consumers", "lossy"), f"channel '{channel.name}': with 'full: overwrite' nobody waits for a subscriber, "
                       "so all are lossy; use 'block' or 'reject', or leave it out")


def _check_drop(findings: Findings, channel: Channel, path: Path) -> None:
    """A message that owns something cannot be copied to readers that need not give it back."""
    policy = legality.policy_of(channel)
    if channel.message is None or not channel.message.drop:
        return
    if is_gated(channel) and channel.consumers.lossy:
        _refuse_lossy_drop(findings, channel, path)
    if policy not in ("overwrite", "latest"):
        return
    message = channel.message
    why = "with 'full: overwrite'" if policy == "overwrite" else "of a latest channel"
    near = "; use 'block' or 'reject', or a message without 'drop'" if policy == "overwrite" else "; use a message without 'drop'"
    key = "full" if policy == "overwrite" else "message"
    findings.diagnostics.error(
        findings.schema.places.get((*path, key)) or findings.schema.places.get(path),
        f"channel '{channel.name}': message '{message.name}' has a drop function, but every reader {why} has a copy, and none may drop "
        f"it{near}", [(findings.message_place(message, "drop"), "the drop function is named here")])


def _refuse_lossy_drop(findings: Findings, channel: Channel, path: Path) -> None:
    assert channel.message is not None
    findings.diagnostics.error(
        findings.schema.places.get((*path, "consumers")) or findings.schema.places.get(path),
        f"channel '{channel.name}': message '{channel.message.name}' has a drop function, but a lossy subscriber has a copy, and must not "
        "drop it; write 'consumers: {broadcast: N, lossy: false}', or use a message without 'drop'",
        [(findings.message_place(channel.message, "drop"), "the drop function is named here")])


def _check_tune(findings: Findings, channel: Channel, path: Path) -> None:
    release = channel.tune.release
    if not release:
        return
    place = (*path, "release")
    if channel.kind in ("signal", "latest"):
        if release > 1:
            findings.error(place, f"channel '{channel.name}': a {channel.kind} channel releases no slots; leave 'release' out")
        return
    complaint = power_of_two_complaint("release", release, MAX_CAPACITY)
    if complaint:
        findings.error(place, complaint)
    elif channel.capacity and release > channel.capacity:
        findings.error(place, f"channel '{channel.name}': release {release} is more than its {channel.capacity} slots")
    if release > 1 and channel.kind == "broadcast":
        findings.error(place, f"channel '{channel.name}': 'release' must be 'each' for a broadcast: a subscriber that wants to give messages "
                       "back later subscribes with RINGC_HOLDING")
    if release > 1 and legality.policy_of(channel) == "drop_oldest":
        findings.error(place, f"channel '{channel.name}': 'release' must be 'each' with drop_oldest: a message that was taken but not "
                       "released would be evicted, and dropped, again")


def _check_knobs(findings: Findings, channel: Channel, path: Path) -> None:
    """Knobs that the ring has no use for."""
    if channel.kind == "broadcast":
        _check_broadcast_knobs(findings, channel, path)
    if channel.kind != "queue" or legality.policy_of(channel) != "drop_oldest":
        return
    tune = channel.tune
    why = "with drop_oldest the producer may take any slot back at any time"
    if tune.layout == "stamped":
        findings.error((*path, "layout"), f"channel '{channel.name}': its layout must be 'packed': {why}")
    if tune.prefetch_producer or tune.prefetch_consumer:
        findings.error((*path, "prefetch"), f"channel '{channel.name}': nothing can be prefetched: {why}")
    if tune.settle:
        findings.error((*path, "settle"), f"channel '{channel.name}': leave 'settle' out: {why}, and a consumer that waits loses more")


def _check_broadcast_knobs(findings: Findings, channel: Channel, path: Path) -> None:
    """A broadcast has `pause`, and `settle` where one producer is held back; what stands for the others' absence may be written."""
    tune = channel.tune
    if tune.layout == "packed":
        findings.error((*path, "layout"), f"channel '{channel.name}': the layout of a broadcast is 'stamped': each slot says which message it "
                       "holds; leave 'layout' out")
    if tune.prefetch_producer or tune.prefetch_consumer:
        findings.error((*path, "prefetch"), f"channel '{channel.name}': a broadcast prefetches nothing: a slot that is fetched ahead is taken "
                       "from the subscribers that read it; leave 'prefetch' out")
    if tune.settle and not is_gated(channel):
        findings.error((*path, "settle"), f"channel '{channel.name}': with 'full: overwrite' nobody settles: the producer waits for nobody, and "
                       "a subscriber that waits misses more; leave 'settle' out")
    elif tune.settle and channel.producers.kind == "multi":
        findings.error((*path, "settle"), f"channel '{channel.name}': only one producer settles: many share what they know of the subscribers; "
                       "leave 'settle' out")


def check_pipeline(findings: Findings, pipeline: Pipeline) -> None:
    path = ("pipelines", pipeline.name)
    if not pipeline.channel:
        return
    channel = _channel(findings, pipeline.channel, (*path, "channel"))
    if channel is not None and channel.kind and legality.policy_of(channel):
        _check_fits(findings, pipeline, channel, path)
    known = [stage.name for stage in pipeline.stages]
    for stage in pipeline.stages:
        _check_after(findings, pipeline, stage, known)
    for cycle in graph.sort({stage.name: stage.after for stage in pipeline.stages})[1]:
        where = (*path, "stages", cycle[0], "after")
        findings.error(where, f"the stages of pipeline '{pipeline.name}' wait for one another: {graph.spell(cycle)} (each after the next)")


def _check_fits(findings: Findings, pipeline: Pipeline, channel: Channel, path: Path) -> None:
    definition = [(("channels", channel.name), f"'{channel.name}' is defined here")]
    if not is_gated(channel):
        findings.error((*path, "channel"), f"pipeline '{pipeline.name}' needs a broadcast that its stages can hold back "
                       f"(consumers: {{broadcast: N}}, full: block or reject); '{channel.name}' is none", definition)
    elif channel.consumers.count and len(pipeline.stages) > channel.consumers.count:
        findings.error((*path, "stages"), f"pipeline '{pipeline.name}' has {len(pipeline.stages)} stages, but '{channel.name}' has "
                       f"places for {channel.consumers.count} subscribers", definition)


def _check_after(findings: Findings, pipeline: Pipeline, stage: Stage, known: list[str]) -> None:
    path = ("pipelines", pipeline.name, "stages", stage.name, "after")
    seen: set[str] = set()
    for index, name in enumerate(stage.after):
        where = (*path, index)
        if name and name not in known:
            findings.error(where, f"pipeline '{pipeline.name}' has no stage '{name}'{nearest(name, known)}")
        elif name in seen:
            findings.error(where, f"stage '{stage.name}' names '{name}' twice")
        seen.add(name)


def _channel(findings: Findings, name: str, path: Path) -> Channel | None:
    """The channel of this package with that name. That there is none is reported, unless the whole section was lost to an error."""
    if name not in findings.channels and not (findings.diagnostics.failed and not findings.channels):
        findings.error(path, f"unknown channel '{name}'{nearest(name, findings.channels)}")
    return findings.channels.get(name)


def check_bus(findings: Findings, bus: Bus) -> None:
    path = ("buses", bus.name)
    for topic in bus.topics:
        place = (*path, "topics", topic.name, "channel")
        channel = _channel(findings, topic.channel, place) if topic.channel else None
        if channel is not None and channel.kind in ("queue", "signal"):
            findings.error(place, f"topic '{topic.name}' needs a broadcast or a latest channel; '{channel.name}' is a {channel.kind}",
                           [(("channels", channel.name), f"'{channel.name}' is defined here")])
    if bus.dynamic is not None and bus.dynamic.capacity:
        complaint = power_of_two_complaint("capacity", bus.dynamic.capacity, MAX_CAPACITY)
        if complaint:
            findings.error((*path, "dynamic", "capacity"), complaint)
