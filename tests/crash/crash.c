/*
 * Kills or freezes one process at every instruction of an operation on a channel that it shares
 * with another, and looks at what the other then sees. README.md says what must hold.
 *
 *   crash              every operation of every channel
 *   crash --self-test  broken headers, each of which must be caught
 */
#if !defined(__x86_64__) || !defined(__linux__)
#error "crash.c steps through x86_64 code with Linux's ptrace; the Makefile skips it elsewhere"
#endif

#include "channel.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define POP_NS     50000       /* a timeout that is to pass */
#define PATIENT_NS (2000 * MS) /* a timeout that is not: who sleeps so long must be woken before */
#define TOO_MANY   5000        /* boundaries of one operation */
#define HANG_S     10

/* ---- What is being done, and what went wrong ------------------------------------------------- */

static struct {
    const struct channel *channel;
    const struct operation *op;
    bool kills;
    size_t boundary;
    const char *wrong; /* the first condition that did not hold */
    int line;
} now;

static bool wrong(const char *condition, int line)
{
    if (now.wrong == NULL) {
        now.wrong = condition;
        now.line = line;
    }
    return false;
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return wrong(#condition, __LINE__);                                                    \
    } while (0)

static void hung(int signal_number)
{
    char text[256];
    const int length =
        snprintf(text, sizeof text, "HUNG: %s, %s, %s at boundary %zu\n", now.channel->name,
                 now.op->name, now.kills ? "killed" : "frozen", now.boundary);

    (void)signal_number;
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(2);
    _exit(1);
}

/* ---- Memory, mapped twice --------------------------------------------------------------------- */

static void *our_channel, *their_channel;
static struct stage *stage;

static void *mapped(int fd, size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    REQUIRE(memory != MAP_FAILED);
    return memory;
}

static void map_channel(size_t bytes)
{
    char name[] = "/tmp/ringc-crash-XXXXXX";
    const int fd = mkstemp(name);

    REQUIRE(fd >= 0 && unlink(name) == 0 && ftruncate(fd, (off_t)bytes) == 0);
    our_channel = mapped(fd, bytes);
    their_channel = mapped(fd, bytes);
    close(fd);
    REQUIRE(our_channel != their_channel);
}

/* A channel as new, in memory that is full of what is no message. */
static void reset(void)
{
    memset(our_channel, 0x5a, now.channel->bytes);
    memset(stage, 0x5a, sizeof *stage);
    stage->phase = BEFORE;
    stage->evicted = 0;
    now.channel->init(our_channel, now.op->first);
}

/* ---- The process that is stepped through ------------------------------------------------------- */

static pid_t the_child; /* 0: none */

static enum phase phase(void)
{
    return (enum phase)__atomic_load_n(&stage->phase, __ATOMIC_ACQUIRE);
}

static bool is_trapped(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

static bool steps(pid_t child)
{
    return ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && is_trapped(child);
}

/* A process that waits where the operation begins. */
static pid_t started_child(void)
{
    const pid_t child = fork();

    REQUIRE(child >= 0);
    if (child == 0) {
        munmap(our_channel, now.channel->bytes);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(3);
        now.op->body(their_channel, stage, now.op);
        _exit(0);
    }
    the_child = child;
    REQUIRE(is_trapped(child));
    REQUIRE(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(uintptr_t)PTRACE_O_EXITKILL) == 0);
    while (phase() != INSIDE)
        REQUIRE(steps(child));
    return child;
}

/* Steps to the boundary, or to the operation's end if that comes first. */
static bool stepped(pid_t child)
{
    for (size_t i = 0; i < now.boundary && phase() == INSIDE; ++i)
        CHECK(steps(child));
    return true;
}

static bool killed(pid_t child)
{
    int status;

    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    the_child = 0;
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return true;
}

static bool let_go(pid_t child)
{
    return ptrace(PTRACE_CONT, child, NULL, NULL) == 0;
}

static bool ended(pid_t child)
{
    int status;

    CHECK(waitpid(child, &status, 0) == child);
    CHECK(!WIFSTOPPED(status)); /* by a signal: a check of its own has failed */
    the_child = 0;
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(phase() == DONE);
    return true;
}

/* ---- What the survivor sees ------------------------------------------------------------------- */

/* Messages that came out, numbers [first, next). */
struct account {
    uint64_t first, next;
    bool any;
};

static bool count_in(struct account *account, const q_item *item)
{
    CHECK(is_whole(item) && item->producer == 1);
    CHECK(!account->any || item->seq == account->next);
    if (!account->any)
        account->first = item->seq;
    account->any = true;
    account->next = item->seq + 1;
    return true;
}

/* Pops all that is there; nobody else is doing anything. */
static bool pop_all(struct account *account)
{
    const struct channel *ch = now.channel;
    const size_t size = ch->size(our_channel);
    ringc_status status;
    size_t popped = 0;
    q_item item;

    CHECK(size <= ch->capacity);
    CHECK(ch->is_empty(our_channel) == (size == 0));
    while ((status = ch->try_pop(&item)) == RINGC_OK) {
        CHECK(popped < size);
        CHECK(count_in(account, &item));
        ++popped;
    }
    CHECK(popped == size);
    CHECK(ch->size(our_channel) == 0 && ch->is_empty(our_channel));
    CHECK(status == (ch->is_closed(our_channel) ? RINGC_CLOSED : RINGC_EMPTY));
    CHECK(ch->pop_for(&item, POP_NS) == (status == RINGC_CLOSED ? RINGC_CLOSED : RINGC_TIMEOUT));
    return true;
}

/* Closes the channel, of which nothing is left. */
static bool closes(void)
{
    q_item item;

    now.channel->close(our_channel);
    CHECK(now.channel->is_closed(our_channel));
    CHECK(now.channel->try_pop(&item) == RINGC_CLOSED);
    CHECK(now.channel->pop_for(&item, POP_NS) == RINGC_CLOSED);
    return true;
}

/* ---- A survivor that sleeps ------------------------------------------------------------------- */

static struct {
    pthread_t thread;
    uint64_t took_ns;
    ringc_status status;
    q_item item; /* that it waits for, or waits to push */
    uint32_t is_awake;
} sleeper;

static void *sleeps(void *arg)
{
    const uint64_t start = ringc_now_ns();

    (void)arg;
    if (now.op->side == PRODUCER)
        sleeper.status = now.channel->pop_for(&sleeper.item, PATIENT_NS);
    else
        sleeper.status = now.channel->push_for(&sleeper.item, PATIENT_NS);
    sleeper.took_ns = ringc_now_ns() - start;
    RAISE_FLAG(&sleeper.is_awake);
    return NULL;
}

/* Waits until it sleeps, or has returned, or for a while: a frozen waker leaves it neither. */
static void await_sleep(void)
{
    for (int i = 0; i < 20; ++i) {
        if (IS_RAISED(&sleeper.is_awake) || now.channel->is_parked(our_channel))
            break;
        ringc_sleep_ns(MS / 4);
    }
    ringc_sleep_ns(MS / 10); /* from the flag to the futex */
}

static void fall_asleep(void)
{
    memset(&sleeper, 0, sizeof sleeper);
    sleeper.item = item_of(1, now.op->before);
    sleeper.thread = started(sleeps, NULL);
    await_sleep();
}

static bool has_slept_well(ringc_status or_else)
{
    joined(sleeper.thread);
    CHECK(sleeper.took_ns < PATIENT_NS);
    CHECK(sleeper.status == RINGC_OK || sleeper.status == or_else);
    return true;
}

/* After a kill, perhaps of the waker between taking the flag down and waking: close wakes whoever sleeps. */
static bool close_wakes(void)
{
    now.channel->close(our_channel);
    return has_slept_well(RINGC_CLOSED);
}

/* The frozen one goes on, after a time in which the sleeper may wake for nothing and sleep again. */
static bool goes_on_and_wakes(pid_t child)
{
    bool goes_on;

    await_sleep();
    goes_on = let_go(child);
    CHECK(has_slept_well((now.op->flags & CLOSES) ? RINGC_CLOSED : RINGC_OK) && goes_on);
    return true;
}

/* ---- One boundary --------------------------------------------------------------------------------- */

/* Of all boundaries of an operation. */
struct tally {
    size_t nothing, some, all; /* how much of it showed */
    size_t uncounted;          /* evictions that dropped() did not count yet */
    unsigned counts;           /* set of COUNT */
};

static bool tally_up(struct tally *tally, size_t count)
{
    const struct operation *op = now.op;

    CHECK(count <= op->n && (op->counts & COUNT(count)) != 0);
    tally->counts |= COUNT(count);
    if (op->n == 0)
        ++*(now.channel->is_closed(our_channel) ? &tally->all : &tally->nothing);
    else
        ++*(count == 0 ? &tally->nothing : count < op->n ? &tally->some : &tally->all);
    return true;
}

static bool evictions_add_up(struct tally *tally, uint64_t evicted)
{
    const uint64_t dropped = now.channel->dropped(our_channel);

    CHECK(now.channel->evicts || evicted == 0);
    if (phase() == INSIDE && dropped + 1 == evicted) /* between claiming it and counting it */
        ++tally->uncounted;
    else
        CHECK(dropped == evicted);
    if (evicted > 0 && (now.op->flags & HANDS_BACK))
        CHECK(is_whole(&stage->out[0]) && stage->out[0].seq == 0);
    return true;
}

/* After a kill, or before the frozen one goes on. */
static bool look(struct tally *tally, struct account *account)
{
    CHECK(pop_all(account));
    CHECK(account->next >= now.op->before);
    CHECK(tally_up(tally, (size_t)(account->next - now.op->before)));
    return evictions_add_up(tally, account->first);
}

static bool producer_is_dead(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    CHECK(killed(child));
    if (now.op->flags & SLEEPER) {
        CHECK(close_wakes());
        if (sleeper.status == RINGC_OK)
            CHECK(count_in(&account, &sleeper.item));
    }
    CHECK(look(tally, &account));
    CHECK(now.channel->producer_open(our_channel) == RINGC_LIMIT);
    return closes();
}

static bool producer_goes_on(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    if (now.op->flags & SLEEPER) {
        CHECK(now.channel->size(our_channel) <= now.channel->capacity);
        CHECK(goes_on_and_wakes(child));
        if (sleeper.status == RINGC_OK)
            CHECK(count_in(&account, &sleeper.item));
        CHECK(tally_up(tally, (size_t)account.next));
    } else {
        CHECK(look(tally, &account));
        CHECK(let_go(child));
    }
    CHECK(ended(child));
    CHECK(pop_all(&account));
    CHECK(account.next == stage->n);
    CHECK(evictions_add_up(tally, account.first));
    if (stage->evicted > 0)
        CHECK(account.first == 1);
    CHECK(now.channel->producer_open(our_channel) == RINGC_OK);
    now.channel->producer_close();
    return closes();
}

static bool producer_boundary(struct tally *tally, bool *is_last)
{
    pid_t child;

    CHECK(now.channel->consumer_open(our_channel) == RINGC_OK);
    child = started_child();
    if (now.op->flags & SLEEPER)
        fall_asleep();
    CHECK(stepped(child));
    *is_last = phase() != INSIDE;
    return (now.kills ? producer_is_dead : producer_goes_on)(child, tally);
}

/* The producer goes on until it is full, or beyond: how many it has pushed in all. */
static bool push_more(size_t *pushed, size_t taken)
{
    const struct channel *ch = now.channel;
    const size_t room = ch->capacity - (now.op->before - taken);
    const size_t more = ch->evicts ? room + 2 : room;
    q_item item;

    for (size_t i = 0; i < more; ++i) {
        item = item_of(1, *pushed);
        CHECK(ch->try_push(&item) == RINGC_OK);
        ++*pushed;
        CHECK(ch->size(our_channel) <= ch->capacity);
    }
    CHECK(ch->size(our_channel) == ch->capacity && !ch->is_empty(our_channel));
    CHECK(ch->dropped(our_channel) == more - room);
    if (!ch->evicts) {
        item = item_of(1, *pushed);
        CHECK(ch->try_push(&item) == RINGC_FULL);
        if (ch->blocks)
            CHECK(ch->push_for(&item, POP_NS) == RINGC_TIMEOUT);
    }
    return true;
}

static bool taken_are_whole(size_t taken)
{
    for (size_t i = 0; i < taken; ++i)
        CHECK(is_whole(&stage->out[i]) && stage->out[i].seq == i);
    return true;
}

static bool consumer_is_dead(pid_t child, size_t taken)
{
    struct account account = { 0, 0, false };
    const struct channel *ch = now.channel;
    size_t pushed = now.op->before;

    CHECK(killed(child));
    CHECK(push_more(&pushed, taken));
    CHECK(taken_are_whole(taken));
    CHECK(ch->consumer_open(our_channel) == RINGC_LIMIT);
    ch->bury_consumer(our_channel);
    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    CHECK(pop_all(&account));
    CHECK(account.first == taken + ch->dropped(our_channel));
    CHECK(account.next == pushed);
    return closes();
}

static bool consumer_goes_on(pid_t child, size_t taken)
{
    const struct channel *ch = now.channel;
    size_t pushed = now.op->before;
    ringc_seq dropped;

    CHECK(push_more(&pushed, taken));
    CHECK(taken_are_whole(taken));
    ch->close(our_channel);
    CHECK(let_go(child) && ended(child));
    dropped = ch->dropped(our_channel);
    CHECK(stage->n <= OUT_MAX && stage->n + dropped == pushed);
    for (size_t i = 0; i < stage->n; ++i) {
        CHECK(is_whole(&stage->out[i]) && stage->out[i].producer == 1);
        CHECK(stage->out[i].seq == i + (i < taken ? 0 : dropped));
    }
    CHECK(ch->size(our_channel) == 0);
    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    return closes();
}

/* The same where the producer sleeps in push_for and is to be woken; it may push before we look. */
static bool consumer_is_dead_to_sleeper(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    CHECK(killed(child));
    CHECK(close_wakes());
    CHECK(now.channel->consumer_open(our_channel) == RINGC_LIMIT);
    now.channel->bury_consumer(our_channel);
    CHECK(now.channel->consumer_open(our_channel) == RINGC_OK);
    CHECK(pop_all(&account));
    CHECK(account.next == now.op->before + (sleeper.status == RINGC_OK ? 1 : 0));
    CHECK(tally_up(tally, (size_t)account.first));
    return taken_are_whole((size_t)account.first);
}

static bool consumer_wakes_sleeper(pid_t child, struct tally *tally)
{
    CHECK(goes_on_and_wakes(child));
    now.channel->close(our_channel);
    CHECK(ended(child));
    CHECK(stage->n == now.op->before + 1);
    CHECK(taken_are_whole(stage->n));
    CHECK(tally_up(tally, now.op->n));
    return now.channel->size(our_channel) == 0;
}

static bool consumer_boundary(struct tally *tally, bool *is_last)
{
    const struct channel *ch = now.channel;
    pid_t child;
    size_t size;

    CHECK(ch->producer_open(our_channel) == RINGC_OK);
    for (size_t i = 0; i < now.op->before; ++i) {
        const q_item item = item_of(1, i);

        CHECK(ch->try_push(&item) == RINGC_OK);
    }
    child = started_child();
    if (now.op->flags & SLEEPER)
        fall_asleep();
    CHECK(stepped(child));
    *is_last = phase() != INSIDE;
    if (now.op->flags & SLEEPER)
        return (now.kills ? consumer_is_dead_to_sleeper : consumer_wakes_sleeper)(child, tally);
    size = ch->size(our_channel);
    CHECK(size <= now.op->before && ch->is_empty(our_channel) == (size == 0));
    CHECK(tally_up(tally, now.op->before - size));
    return (now.kills ? consumer_is_dead : consumer_goes_on)(child, now.op->before - size);
}

/* ---- Every boundary of an operation ---------------------------------------------------------------- */

static bool every_boundary(struct tally *tally)
{
    bool is_last = false;

    for (now.boundary = 0; !is_last; ++now.boundary) {
        CHECK(now.boundary < TOO_MANY);
        alarm(HANG_S);
        reset();
        if (!(now.op->side == PRODUCER ? producer_boundary : consumer_boundary)(tally, &is_last))
            return false;
    }
    alarm(0);
    if (now.kills && !(now.op->flags & MAY_FAIL))
        CHECK(tally->counts == now.op->counts); /* else it was not seen on both sides */
    return true;
}

static bool passes(const struct channel *channel, const struct operation *op, bool kills,
                   struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    now.channel = channel;
    now.op = op;
    now.kills = kills;
    now.wrong = NULL;
    if (every_boundary(tally))
        return true;
    if (the_child != 0) {
        kill(the_child, SIGKILL);
        waitpid(the_child, NULL, 0);
        the_child = 0;
    }
    alarm(0);
    return false;
}

/* ---- The program ---------------------------------------------------------------------------------------- */

extern const struct channel reject_spin, block_4, block_park, drop_oldest_park;
static const struct channel *const channels[] = { &reject_spin, &block_4, &block_park,
                                                  &drop_oldest_park };

/* By break.py, each named after what it does too early, or blindly. */
extern const struct channel early_tail, early_batch, early_head, early_wake, early_wake_of_producer;
extern const struct channel looking_close, early_claim, early_tail_evicting, blind_evict;
static const struct channel *const broken_channels[] = {
    &early_tail,    &early_batch, &early_head,          &early_wake,  &early_wake_of_producer,
    &looking_close, &early_claim, &early_tail_evicting, &blind_evict,
};

static const char *how(bool kills)
{
    return kills ? "killed" : "frozen";
}

static bool checked(const struct channel *channel, const struct operation *op, bool kills)
{
    struct tally tally;

    if (!passes(channel, op, kills, &tally)) {
        printf("FAILED  %-16s %-22s %s at boundary %zu: not true: %s (crash.c:%d)\n",
               channel->name, op->name, how(kills), now.boundary, now.wrong, now.line);
        return false;
    }
    printf("ok      %-16s %-22s %s at %4zu boundaries: nothing %zu, part %zu, all %zu", channel->name,
           op->name, how(kills), now.boundary, tally.nothing, tally.some, tally.all);
    if (tally.uncounted > 0)
        printf("; dropped() behind by 1 at %zu", tally.uncounted);
    putchar('\n');
    return true;
}

/* Whether a broken channel is seen to be broken. */
static bool caught(const struct channel *channel)
{
    struct tally tally;

    for (size_t i = 0; i < channel->n_operations; ++i) {
        if (channel->operations[i].flags & MAY_FAIL)
            continue; /* it waits at each boundary, and no breakage is for it */
        for (int kills = 1; kills >= 0; --kills) {
            if (passes(channel, &channel->operations[i], kills != 0, &tally))
                continue;
            printf("ok      %-22s caught in %s, %s at boundary %zu: not true: %s\n", channel->name,
                   now.op->name, how(kills != 0), now.boundary, now.wrong);
            return true;
        }
    }
    printf("FAILED  %-22s not caught\n", channel->name);
    return false;
}

int main(int argc, char **argv)
{
    const bool tests_itself = argc == 2 && strcmp(argv[1], "--self-test") == 0;
    size_t passed = 0, failed = 0, bytes = 0;

    if (argc > 1 && !tests_itself) {
        fprintf(stderr, "usage: %s [--self-test]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, hung);
    for (size_t i = 0; i < LENGTH_OF(channels); ++i)
        bytes = bytes > channels[i]->bytes ? bytes : channels[i]->bytes;
    map_channel(bytes);
    stage = (struct stage *)mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(stage != MAP_FAILED);

    if (tests_itself) {
        for (size_t i = 0; i < LENGTH_OF(broken_channels); ++i)
            ++*(caught(broken_channels[i]) ? &passed : &failed);
    } else {
        for (size_t i = 0; i < LENGTH_OF(channels); ++i)
            for (size_t j = 0; j < channels[i]->n_operations; ++j)
                for (int kills = 1; kills >= 0; --kills)
                    ++*(checked(channels[i], &channels[i]->operations[j], kills != 0) ? &passed
                                                                                      : &failed);
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
