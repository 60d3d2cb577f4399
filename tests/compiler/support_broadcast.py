"""A broadcast as Python sees it: a list of what was published and a few numbers for each subscriber.

A `Broadcast` is a channel of a random schema and the calls that are made of it; its `BroadcastModel` turns them into C with the results
that must come of them. One thread, with one producer's handle that is closed and opened again, and a second beside it for a moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HANDLES = 4  # one more than any channel has places
LOSSY, GATING, TRACKED, HOLDING = 8, 1, 2, 4
READINGS = (LOSSY, GATING, TRACKED, GATING | HOLDING, TRACKED | HOLDING, LOSSY | HOLDING, 3, 0)
C_READING = {LOSSY: "RINGC_LOSSY", GATING: "RINGC_GATING", TRACKED: "RINGC_TRACKED", GATING | HOLDING: "RINGC_GATING | RINGC_HOLDING",
             TRACKED | HOLDING: "RINGC_TRACKED | RINGC_HOLDING", LOSSY | HOLDING: "RINGC_LOSSY | RINGC_HOLDING", 3: "3u", 0: "0u"}

PUBLISHING = ("try_publish", "publish", "publish_for", "publish_n", "claim", "commit", "abort", "reopen_producer")
JOINING = ("subscribe", "subscribe_oldest", "subscribe_back")
RECEIVING = ("try_recv", "recv", "recv_for", "recv_n", "latest", "peek", "release", "drain", "group")
OTHERS = ("unsubscribe", "follow", "let_go")


@dataclass(frozen=True)
class Broadcast:
    """A channel and what is done to it: (call, handle of a subscriber, number) each."""

    name: str
    message: str
    capacity: int
    watermark: int
    full: str
    lossy: bool
    places: int
    wait: str
    first: int
    calls: tuple[tuple[str, int, int], ...]
    tune: str = "balanced"
    producers: str = "single"

    @property
    def row(self) -> str:
        full = f"{{policy: {self.full}, watermark: {self.watermark}}}" if self.watermark else self.full
        consumers = f"{{broadcast: {self.places}{'' if self.lossy else ', lossy: false'}}}"
        return (f"  {self.name}: {{message: {self.message}, capacity: {self.capacity}, producers: {self.producers}, consumers: {consumers}, "
                f"full: {full}, wait: {self.wait}, tune: {self.tune}}}")

    @property
    def gated(self) -> bool:
        return self.full != "overwrite"

    @property
    def many(self) -> bool:
        return self.producers == "multi"

    @property
    def in_place(self) -> bool:
        """Whether a message is built in its slot."""
        return not self.lossy and not self.many


@dataclass(eq=False)
class Subscriber:
    reading: int
    position: int
    place: int
    start: int = 0
    lagged: int = 0
    missed: int = 0
    released: int = 0  # messages before it are given back
    cursor: int = 0  # as others see it
    peeked: bool = False
    gates: bool = False
    here: bool = True
    upstreams: list["Subscriber"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.released = self.cursor = self.position
        self.gates = self.reading & ~HOLDING == GATING


@dataclass
class BroadcastModel:
    """Each method makes one call of the C side. Messages are the numbers that fill() makes them of, positions count from 0."""

    ring: Broadcast
    drop: bool
    lines: list[str] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    handles: list[Subscriber | None] = field(default_factory=lambda: [None] * HANDLES)
    last: list[Subscriber | None] = field(default_factory=lambda: [None] * HANDLES)  # whose place the handle's variable names
    owned: dict[int, int] = field(default_factory=dict)  # slot -> message with a drop function that lies in it
    seed: int = 1
    limit: int = 0  # up to where the producer may go, as it knows
    shared: int = 0  # the same, as a subscriber that joins sees it
    claimed: bool = False
    closed: bool = False

    @property
    def c(self) -> str:
        return f"md_{self.ring.name}"

    @property
    def x(self) -> str:
        """Prefix of the functions that wrap the channel's: inlined at each of so many calls, those take long to compile."""
        return f"x_{self.ring.name}"

    @property
    def next(self) -> int:
        return len(self.published)

    @property
    def room(self) -> int:
        return self.ring.capacity - self.ring.watermark

    def say(self, line: str) -> None:
        self.lines.append("    " + line)

    def new(self) -> int:
        self.seed += 1
        return self.seed - 1

    def same(self, what: str, seed: int) -> None:
        self.say(f"same_{self.ring.message}({what}, {seed});")

    # -- producer --

    def _look(self) -> str:
        """Whether the next message may be written; the producer looks at the cursors only when what it knows has run out."""
        if self.closed:
            return "RINGC_CLOSED"
        if self.ring.gated and self.next == self.limit:
            gates = [one.cursor + self.room for one in self.handles if one is not None and one.gates]
            self.limit = max(self.limit, min([self.next + self.room, *gates]))
            self.shared = self.next + self.room if self.ring.many else self.limit
        return "RINGC_FULL" if self.ring.gated and self.limit == self.next else "RINGC_OK"

    def _is_full(self) -> bool:
        """Whether a publish would find no room, without looking."""
        gates = [one.cursor + self.room for one in self.handles if one is not None and one.gates]
        return self.ring.gated and not self.closed and self.next == self.limit and min([self.next + self.room, *gates]) <= self.next

    def _take_out(self, position: int) -> None:
        seed = self.owned.pop(position % self.ring.capacity, None)
        if seed is not None:
            self.say(f"expected_drops[expected++] = {seed};")

    def _put(self, seed: int) -> None:
        self._take_out(self.next)
        if self.drop:
            self.owned[self.next % self.ring.capacity] = seed
        self.published.append(seed)
        if self.ring.in_place and self.claimed:
            self.claimed = False

    def _publish(self, expression: str, full: str = "RINGC_FULL") -> None:
        seed, status = self.new(), self._look()
        if status == "RINGC_OK":
            self._put(seed)
        self.say(f"fill(&m, sizeof m, {seed});")
        self.say(f"CHECK({expression} == {full if status == 'RINGC_FULL' else status});")

    def try_publish(self, who: int, n: int) -> None:
        self._publish(f"{self.x}_try_publish(&p, &m)")

    def publish(self, who: int, n: int) -> None:
        if self.ring.full != "block":
            self._publish(f"{self.x}_publish(&p, &m)")
        elif not self._is_full():  # else it would wait for ever
            self._publish(f"{self.x}_publish(&p, &m)" if n % 2 else f"{self.x}_publish_with(&p, &m, ringc_wait_spin_yield(3))")

    def publish_for(self, who: int, n: int) -> None:
        if self.ring.full == "block":
            self._publish(f"{self.x}_publish_for(&p, &m, {n * 1000})", "RINGC_TIMEOUT")

    def publish_n(self, who: int, n: int) -> None:
        seeds, done, status = [self.new() for _ in range(n)], 0, "RINGC_OK"
        while done < n:
            status = self._look()
            if status != "RINGC_OK":
                break
            piece = min(n - done, 1 if self.ring.many else self.limit - self.next if self.ring.gated else self.ring.capacity)
            for seed in seeds[done:done + piece]:
                self._put(seed)
            done += piece
        for index, seed in enumerate(seeds):
            self.say(f"fill(&many[{index}], sizeof m, {seed});")
        waits = self.ring.full == "block" and status == "RINGC_FULL"
        verb = "try_publish_n" if waits or n % 2 else "publish_n"
        self.say(f"CHECK({self.x}_{verb}(&p, many, {n}, &done) == {status} && done == {done});")

    def claim(self, who: int, n: int) -> None:
        status = "RINGC_CLOSED" if self.closed else "RINGC_OK"
        if self.ring.in_place:
            status = self._look()
            if status == "RINGC_OK":
                self._take_out(self.next)
        self.say("slot = NULL;")
        self.say(f"CHECK({self.x}_claim(&p, &slot) == {status} && (slot != NULL) == {int(status == 'RINGC_OK')});")
        if status == "RINGC_OK":
            self.claimed = True

    def commit(self, who: int, n: int) -> None:
        if not self.claimed:
            self.say(f"CHECK({self.x}_commit(&p) == RINGC_INVALID);")
            return
        seed = self.new()
        status = "RINGC_OK" if self.ring.in_place else self._look()
        if not self.ring.in_place:
            self.say("slot = &p.staged;")
        self.say(f"fill(slot, sizeof m, {seed});")
        if status == "RINGC_OK":
            self.claimed = False
            self._put(seed)
        self.say(f"CHECK({self.x}_commit(&p) == {status});")

    def abort(self, who: int, n: int) -> None:
        self.claimed = False
        self.say(f"{self.x}_abort(&p);")

    def reopen_producer(self, who: int, n: int) -> None:
        self.say(f"CHECK({self.x}_producer_open(&ch, &p2) == {'RINGC_OK' if self.ring.many else 'RINGC_LIMIT'});")
        if self.ring.many:
            self.say(f"{self.x}_producer_close(&p2);")
        self.say(f"{self.x}_producer_close(&p);")
        self.say(f"CHECK({self.x}_producer_open(&ch, &p) == RINGC_OK);")
        self.claimed = False
        if not self.ring.many:  # what many know lies in the channel
            self.limit = self.next

    # -- joining and leaving --

    def _is_refused(self, reading: int) -> bool:
        kind = reading & ~HOLDING
        if not self.ring.lossy:
            return kind != GATING
        return reading != LOSSY and kind != TRACKED and not (kind == GATING and self.ring.gated)

    def _join(self, who: int, back: int, reading: int, call: str) -> None:
        if self.handles[who] is not None:
            return
        taken = {one.place for one in self.handles if one is not None}
        place = next((place for place in range(self.ring.places) if place not in taken), None)
        status = "RINGC_INVALID" if self._is_refused(reading) else "RINGC_LIMIT" if place is None else "RINGC_OK"
        self.say(f"CHECK({self.x}_{call} == {status});")
        if status == "RINGC_OK":
            position = self.next - min(back, self.next, self.ring.capacity)
            if reading & ~HOLDING == GATING:
                position = max(position, self.shared - self.room)
            self.handles[who] = self.last[who] = Subscriber(reading, position, place)
            self.say(f"places[{who}] = {self.x}_place(&s[{who}]);")

    def subscribe(self, who: int, n: int) -> None:
        reading = READINGS[n % len(READINGS)]
        self._join(who, 0, reading, f"subscribe(&ch, &s[{who}], {C_READING[reading]})")

    def subscribe_oldest(self, who: int, n: int) -> None:
        reading = READINGS[n % len(READINGS)]
        self._join(who, self.ring.capacity, reading, f"subscribe_oldest(&ch, &s[{who}], {C_READING[reading]})")

    def subscribe_back(self, who: int, n: int) -> None:
        reading = READINGS[(n + who) % len(READINGS)]
        self._join(who, n, reading, f"subscribe_back(&ch, &s[{who}], {n}, {C_READING[reading]})")

    def unsubscribe(self, who: int, n: int) -> None:
        one = self.handles[who]
        if one is not None and n % 3 == 0:  # not all too often
            self.say(f"{self.x}_unsubscribe(&s[{who}]);")
            self.handles[who], one.here = None, False

    def follow(self, who: int, n: int) -> None:
        """Follows the next one that may be followed; the third number in a row nobody any more."""
        one = self.handles[who]
        if one is None:
            return
        upstreams = [(index, other) for index, other in enumerate(self.handles)
                     if other is not None and other is not one and other.reading != LOSSY and one not in other.upstreams][:n % 3]
        one.upstreams = [other for _, other in upstreams]
        for number, (index, _) in enumerate(upstreams):
            self.say(f"upstreams[{who}][{number}] = places[{index}];")
        self.say(f"{self.x}_follow(&s[{who}], upstreams[{who}], {len(upstreams)});")

    def let_go(self, who: int, n: int) -> None:
        one = self.last[who]
        if not self.ring.gated or one is None or n % 3:
            return
        known = one.here and one.gates
        self.say(f"CHECK({self.x}_let_go(&ch, places[{who}]) == {'RINGC_OK' if known else 'RINGC_INVALID'});")
        one.gates = False

    # -- receiving --

    def _status(self, one: Subscriber, position: int) -> str:
        if position >= self.next:
            return "RINGC_CLOSED" if self.closed else "RINGC_EMPTY"
        if position < self.next - self.ring.capacity:
            return "RINGC_LAGGED"
        return "RINGC_EMPTY" if any(up.here and up.cursor <= position for up in one.upstreams) else "RINGC_OK"

    def _lag(self, one: Subscriber) -> None:
        one.missed = self.next - self.ring.capacity - one.position
        one.lagged += one.missed
        one.position = one.released = self.next - self.ring.capacity
        one.peeked = False
        if one.reading != LOSSY:
            one.cursor = one.position

    def _take(self, one: Subscriber) -> int:
        one.position += 1
        one.peeked = False
        if one.reading != LOSSY and not one.reading & HOLDING:
            one.released = one.cursor = one.position
        return self.published[one.position - 1]

    def _ready(self, who: int, n: int) -> Subscriber | None:
        """The subscriber of this handle, subscribed if it is not, and if it may read."""
        if self.handles[who] is None:
            self.subscribe_oldest(who, n) if n % 2 else self.subscribe(who, GATING if self.ring.gated else TRACKED)
        one = self.handles[who]
        return one if one is not None and (self.ring.lossy or one.gates) else None  # in place: one that was let go must not read

    def _recv(self, who: int, n: int, expression: str, empty: str = "RINGC_EMPTY") -> None:
        one = self._ready(who, n)
        if one is None:
            return
        status = self._status(one, one.position)
        self.say(f"CHECK({expression} == {empty if status == 'RINGC_EMPTY' else status});")
        if status == "RINGC_LAGGED":
            self._lag(one)
        if status == "RINGC_OK":
            self.same("&m", self._take(one))

    def try_recv(self, who: int, n: int) -> None:
        self._recv(who, n, f"{self.x}_try_recv(&s[{who}], &m)")

    def recv(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is not None and self._status(one, one.position) != "RINGC_EMPTY":  # else it would wait for ever
            self._recv(who, n, f"{self.x}_recv(&s[{who}], &m)" if n % 2 else f"{self.x}_recv_with(&s[{who}], &m, ringc_wait_backoff(4))")

    def recv_for(self, who: int, n: int) -> None:
        self._recv(who, n, f"{self.x}_recv_for(&s[{who}], &m, {n % 2 * 1000})", "RINGC_TIMEOUT")

    def _batch(self, one: Subscriber, n: int) -> tuple[str, list[int]]:
        """What up to n messages come to, received one after the other: the status, and the messages."""
        status, seeds = self._status(one, one.position), []
        while len(seeds) < n and self._status(one, one.position) == "RINGC_OK":
            seeds.append(self._take(one))
        if n == 0 or seeds:
            return "RINGC_OK", seeds
        if status == "RINGC_LAGGED":
            self._lag(one)
        return status, []

    def recv_n(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is None:
            return
        status, seeds = self._batch(one, n)
        verb = "recv_n" if n % 2 and status != "RINGC_EMPTY" else "try_recv_n"
        self.say(f"CHECK({self.x}_{verb}(&s[{who}], many, {n}, &done) == {status} && done == {len(seeds)});")
        for index, seed in enumerate(seeds):
            self.same(f"&many[{index}]", seed)

    def drain(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is None:
            return
        status, seeds = self._batch(one, n)
        self.say(f"taken[0] = ({self.ring.name}_taken){{ many, 0, false }};")
        self.say(f"CHECK({self.x}_drain_n(&s[{who}], {n}, {self.ring.name}_take, taken) == {status} && taken[0].n == {len(seeds)});")
        self._all_taken(0, seeds)

    def group(self, who: int, n: int) -> None:
        """All that is there, to two handlers."""
        one = self._ready(who, n)
        if one is None:
            return
        status, seeds = self._batch(one, 64)
        self.say(f"for (total = 0; total < 2; total++)\n        taken[total] = ({self.ring.name}_taken){{ &many[32 * total], 0, false }};")
        self.say(f"CHECK({self.x}_drain_group(&s[{who}], SIZE_MAX, pair, 2) == {status} && taken[0].n == {len(seeds)} && taken[1].n == {len(seeds)});")
        self._all_taken(0, seeds)
        self._all_taken(1, seeds)

    def _all_taken(self, number: int, seeds: list[int]) -> None:
        self.say(f"CHECK(taken[{number}].ended == {int(bool(seeds))});")
        for index, seed in enumerate(seeds):
            self.same(f"&many[{32 * number + index}]", seed)

    def latest(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is None:
            return
        lowest = max(one.position, self.next - self.ring.capacity)
        newest = next((at for at in range(self.next - 1, lowest - 1, -1) if self._status(one, at) == "RINGC_OK"), None)
        status = "RINGC_OK" if newest is not None else self._status(one, lowest)
        self.say(f"CHECK({self.x}_latest(&s[{who}], &m) == {status});")
        if newest is not None:
            one.missed = newest - one.position
            one.lagged += one.missed
            one.position = newest
            self.same("&m", self._take(one))

    def peek(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is None or not self.ring.gated:
            return
        status = self._status(one, one.position) if one.reading & ~HOLDING == GATING else "RINGC_INVALID"
        self.say(f"CHECK({self.x}_peek(&s[{who}], &seen) == {status});")
        if status == "RINGC_LAGGED":
            self._lag(one)
        if status == "RINGC_OK":
            self.same("seen", self.published[one.position])
            one.peeked = True

    def release(self, who: int, n: int) -> None:
        one = self._ready(who, n)
        if one is None:
            return
        most = one.position - one.released + one.peeked
        n = min(n, most + 1)
        if one.reading == LOSSY or n > most:
            self.say(f"CHECK({self.x}_release(&s[{who}], {n}) == RINGC_INVALID);")
            return
        self.say(f"CHECK({self.x}_release(&s[{who}], {n}) == RINGC_OK);")
        if not n:
            return
        one.released += n
        one.cursor = one.released
        if one.released == one.position + 1:
            one.position, one.peeked = one.released, False

    # -- both --

    def close(self, who: int, n: int) -> None:
        self.closed = True
        self.say(f"{self.x}_close(&ch);")

    def state(self) -> None:
        """What may be asked after a call."""
        sequence = (self.ring.first + self.next) % 2**64
        self.say(f"{self.x}_state(&ch, {self.next}, UINT64_C({sequence}), {int(self.closed)});")
        for who, one in enumerate(self.handles):
            if one is not None:
                received = one.position - one.start - one.lagged
                assert received >= 0
                self.say(f"{self.x}_counts(&s[{who}], {self.next - one.position}, {received}, {one.lagged}, {one.missed});")

    def play(self) -> None:
        for number, (call, who, n) in enumerate(self.ring.calls, 1):
            self.say(f"call = {number}; /* {call} {who} {n} */")
            getattr(self, call)(who, n)
            self.state()


#: (result, verb, parameters) of the functions that are wrapped: C the channel's name, M the message's.
WRAPPED = (
    ("ringc_status", "producer_open", "C *ch, C_producer *p"), ("void", "producer_close", "C_producer *p"), ("void", "close", "C *ch"),
    ("ringc_status", "try_publish", "C_producer *p, const M *m"), ("ringc_status", "publish", "C_producer *p, const M *m"),
    ("ringc_status", "publish_for", "C_producer *p, const M *m, uint64_t ns"),
    ("ringc_status", "publish_with", "C_producer *p, const M *m, ringc_wait w"),
    ("ringc_status", "try_publish_n", "C_producer *p, const M *m, size_t n, size_t *done"),
    ("ringc_status", "publish_n", "C_producer *p, const M *m, size_t n, size_t *done"),
    ("ringc_status", "claim", "C_producer *p, M **m"), ("ringc_status", "commit", "C_producer *p"), ("void", "abort", "C_producer *p"),
    ("ringc_status", "subscribe", "C *ch, C_subscriber *s, uint32_t reading"),
    ("ringc_status", "subscribe_oldest", "C *ch, C_subscriber *s, uint32_t reading"),
    ("ringc_status", "subscribe_back", "C *ch, C_subscriber *s, size_t n, uint32_t reading"), ("void", "unsubscribe", "C_subscriber *s"),
    ("ringc_place", "place", "C_subscriber *s"), ("void", "follow", "C_subscriber *s, const ringc_place *up, size_t n"),
    ("ringc_status", "let_go", "C *ch, ringc_place place"), ("ringc_status", "try_recv", "C_subscriber *s, M *m"),
    ("ringc_status", "recv", "C_subscriber *s, M *m"), ("ringc_status", "recv_with", "C_subscriber *s, M *m, ringc_wait w"),
    ("ringc_status", "recv_for", "C_subscriber *s, M *m, uint64_t ns"),
    ("ringc_status", "try_recv_n", "C_subscriber *s, M *m, size_t n, size_t *done"),
    ("ringc_status", "recv_n", "C_subscriber *s, M *m, size_t n, size_t *done"),
    ("ringc_status", "drain_n", "C_subscriber *s, size_t max, C_handler handler, void *arg"),
    ("ringc_status", "drain_group", "C_subscriber *s, size_t max, const C_group *group, size_t n"),
    ("ringc_status", "latest", "C_subscriber *s, M *m"), ("ringc_status", "peek", "C_subscriber *s, const M **m"),
    ("ringc_status", "release", "C_subscriber *s, size_t n"),
)


def wrappers(model: BroadcastModel) -> str:
    ring, rows = model.ring, []
    absent = {"peek", "let_go"} if not ring.gated else set()
    absent |= {"publish_for", "publish_with"} if ring.full != "block" else set()
    for result, verb, parameters in WRAPPED:
        if verb not in absent:
            arguments = ", ".join(re.search(r"\w+$", parameter).group() for parameter in parameters.split(", "))
            declared = re.sub(r"\bC(?=\b|_)", model.c, re.sub(r"\bM\b", f"md_{ring.message}", parameters))
            give = "" if result == "void" else "return "
            rows.append(f"RINGC_COLD {result}\n{model.x}_{verb}({declared})\n{{\n    {give}{model.c}_{verb}({arguments});\n}}\n")
    return "\n".join(rows) + f"""
RINGC_COLD void
{model.x}_state({model.c} *ch, ringc_seq published, uint64_t sequence, bool closed)
{{
    CHECK({model.c}_published(ch) == published && {model.c}_sequence(ch) == (ringc_seq)sequence);
    CHECK({model.c}_is_closed(ch) == closed && dropped == expected);
}}

RINGC_COLD void
{model.x}_counts({model.c}_subscriber *s, ringc_seq pending, ringc_seq received, ringc_seq lagged, ringc_seq missed)
{{
    const double all = (double)(received + lagged), ratio = {model.c}_receive_ratio(s);

    CHECK({model.c}_pending(s) == pending && {model.c}_received(s) == received);
    CHECK({model.c}_lagged(s) == lagged && {model.c}_missed(s) == missed);
    CHECK(received + lagged == 0 ? ratio > 0.999 && ratio < 1.001 : ratio * all > (double)received - 1e-6 && ratio * all < (double)received + 1e-6);
}}

"""


def broadcast_function(model: BroadcastModel) -> str:
    ring, c, m = model.ring, model.c, f"md_{model.ring.message}"
    model.play()
    leave = "".join(f"    {c}_unsubscribe(&s[{who}]);\n" for who, one in enumerate(model.handles) if one is not None)
    slots = [(model.next + n) % ring.capacity for n in range(ring.capacity)]
    left = "".join(f"    expected_drops[expected++] = {model.owned[slot]};\n" for slot in slots if slot in model.owned)
    return wrappers(model) + f"""\
typedef struct {ring.name}_taken {{
    {m} *to;
    size_t n;
    bool ended;
}} {ring.name}_taken;

RINGC_UNUSED static void
{ring.name}_take(void *arg, const {m} *message, bool end_of_batch)
{{
    {ring.name}_taken *taken = ({ring.name}_taken *)arg;

    CHECK(!taken->ended);
    memcpy(&taken->to[taken->n++], message, sizeof *message);
    taken->ended = end_of_batch;
}}

static void
test_{ring.name}(void)
{{
    static {c} ch;
    static {m} m, many[64];
    {m} *slot = NULL;
    const {m} *seen = NULL;
    {c}_producer p, p2;
    {c}_subscriber s[{HANDLES}];
    ringc_place places[{HANDLES}], upstreams[{HANDLES}][2];
    {ring.name}_taken taken[2];
    const {c}_group pair[2] = {{ {{ {ring.name}_take, &taken[0] }}, {{ {ring.name}_take, &taken[1] }} }};
    size_t done = 0, total = 0;

    (void)slot; (void)seen; (void)p2; (void)s; (void)places; (void)upstreams; (void)taken; (void)pair; (void)done; (void)total; (void)m; (void)many;
    ring = "{ring.name}";
    dropped = expected = 0;
    CHECK({c}_init_at(&ch, 0, (ringc_seq)UINT64_C({ring.first})) == RINGC_OK && {c}_capacity(&ch) == {ring.capacity});
    CHECK({c}_producer_open(&ch, &p) == RINGC_OK);
""" + "\n".join(model.lines) + f"\n{leave}{left}" + f"""\
    {c}_producer_close(&p);
    {c}_destroy(&ch);
    CHECK(dropped == expected);
}}
"""
