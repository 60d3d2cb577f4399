/*
 * The checker's own test: small programs whose outcomes under RC11 are known. For each, whether the outcome in question is
 * allowed, how many executions there are and how many of them show it; the counts are fixed, so that any change of the
 * explorer is seen. Then whole behaviours: spin loops, futexes, kills, races.
 *
 *     litmus            all of them
 *     litmus NAME       one
 *     litmus --quiet    those that are wrong
 *
 * Names as in the literature (Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 2014).
 */
#include "model.h"

#include "broken.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RLX MODEL_RELAXED
#define ACQ MODEL_ACQUIRE
#define REL MODEL_RELEASE
#define AR MODEL_ACQ_REL
#define SC MODEL_SEQ_CST

#define STORE(p, v, order) model_store(MODEL_SITE, &(p), sizeof(p), (uint64_t)(v), (order))
#define LOAD(p, order) ((uint32_t)model_load(MODEL_SITE, &(p), sizeof(p), (order)))
#define ADD(p, v, order) ((uint32_t)model_rmw(MODEL_SITE, &(p), sizeof(p), MODEL_ADD, (v), (order)))
#define SWAP(p, v, order) ((uint32_t)model_rmw(MODEL_SITE, &(p), sizeof(p), MODEL_EXCHANGE, (v), (order)))
#define FENCE(order) model_fence(MODEL_SITE, (order))
#define PAUSE() model_pause(MODEL_SITE)
#define WRITE_PLAIN(p, v) (model_plain_write(MODEL_SITE, &(p), sizeof(p)), (p) = (v))
#define READ_PLAIN(p) (model_plain_read(MODEL_SITE, &(p), sizeof(p)), (p))

static uint32_t x, y, z, w;
static uint64_t data, other;
static uint32_t r[6];
static model_order o[6]; /* the orders of the variant under test; RLX for a fence: there is none */

#define THREAD(name, number) static void name##_##number(void *unused __attribute__((unused)))
#define WEAK(name) static bool name##_weak(void)

static bool cas(uint32_t *p, uint32_t expected, uint32_t desired, model_order done, model_order failed)
{
    uint64_t found = expected;

    return model_cas(MODEL_SITE, p, sizeof *p, &found, desired, done, failed);
}

static void fence_if(model_order order)
{
    if (order != RLX)
        FENCE(order);
}

/* ---- Two locations --------------------------------------------------------------------------------------------- */

THREAD(sb, 0) { STORE(x, 1, o[0]); fence_if(o[2]); r[0] = LOAD(y, o[1]); }
THREAD(sb, 1) { STORE(y, 1, o[0]); fence_if(o[3]); r[1] = LOAD(x, o[1]); }
WEAK(sb) { return r[0] == 0 && r[1] == 0; }

/* One side leaves its fence to the other, which runs a barrier for all threads. */
THREAD(sbbarrier, 0) { STORE(x, 1, RLX); r[0] = LOAD(y, RLX); }
THREAD(sbbarrier, 1) { STORE(y, 1, RLX); model_membarrier(MODEL_SITE); r[1] = LOAD(x, RLX); }
THREAD(sbthird, 2) { model_membarrier(MODEL_SITE); }

THREAD(sbrmw, 0) { (void)SWAP(x, 1, AR); r[0] = LOAD(y, RLX); }
THREAD(sbrmw, 1) { (void)SWAP(y, 1, AR); r[1] = LOAD(x, RLX); }

THREAD(mp, 0) { STORE(x, 1, RLX); fence_if(o[2]); STORE(y, 1, o[0]); }
THREAD(mp, 1) { r[0] = LOAD(y, o[1]); fence_if(o[3]); r[1] = LOAD(x, RLX); }
WEAK(mp) { return r[0] == 1 && r[1] == 0; }

THREAD(lb, 0) { r[0] = LOAD(x, RLX); STORE(y, 1, RLX); }
THREAD(lb, 1) { r[1] = LOAD(y, RLX); STORE(x, 1, RLX); }
WEAK(lb) { return r[0] == 1 && r[1] == 1; }

THREAD(ww, 0) { STORE(x, 1, o[0]); fence_if(o[1]); STORE(y, 2, o[0]); }
THREAD(ww, 1) { STORE(y, 1, o[0]); fence_if(o[1]); STORE(x, 2, o[0]); }
WEAK(ww) { return LOAD(x, RLX) == 1 && LOAD(y, RLX) == 1; }

THREAD(s, 0) { STORE(x, 2, RLX); STORE(y, 1, o[0]); }
THREAD(s, 1) { r[0] = LOAD(y, o[1]); STORE(x, 1, RLX); }
WEAK(s) { return r[0] == 1 && LOAD(x, RLX) == 2; }

THREAD(rr, 0) { STORE(x, 1, RLX); fence_if(o[0]); STORE(y, 1, REL); }
THREAD(rr, 1) { STORE(y, 2, RLX); FENCE(SC); r[0] = LOAD(x, RLX); }
WEAK(rr) { return r[0] == 0 && LOAD(y, RLX) == 2; }

/* ---- Coherence ------------------------------------------------------------------------------------------------- */

THREAD(corr, 0) { STORE(x, 1, RLX); STORE(x, 2, RLX); }
THREAD(corr, 1) { r[0] = LOAD(x, RLX); r[1] = LOAD(x, RLX); }
WEAK(corr) { return r[0] == 2 && r[1] == 1; }

THREAD(corr2, 0) { STORE(x, 1, RLX); }
THREAD(corr2, 1) { STORE(x, 2, RLX); }
THREAD(corr2, 2) { r[0] = LOAD(x, RLX); r[1] = LOAD(x, RLX); }
THREAD(corr2, 3) { r[2] = LOAD(x, RLX); r[3] = LOAD(x, RLX); }
WEAK(corr2) { return r[0] == 1 && r[1] == 2 && r[2] == 2 && r[3] == 1; }

THREAD(cowr, 0) { STORE(x, 1, RLX); r[0] = LOAD(x, RLX); }
THREAD(cowr, 1) { STORE(x, 2, RLX); }
WEAK(cowr) { return r[0] == 0 || (r[0] == 2 && LOAD(x, RLX) == 1); }

THREAD(corw, 0) { r[0] = LOAD(x, RLX); STORE(x, 1, RLX); }
THREAD(corw, 1) { STORE(x, 2, RLX); }
WEAK(corw) { return r[0] == 1 || (r[0] == 2 && LOAD(x, RLX) == 2); }

THREAD(coww, 0) { STORE(x, 1, RLX); STORE(x, 2, RLX); }
THREAD(coww, 1) { STORE(x, 3, RLX); }
WEAK(coww) { return LOAD(x, RLX) == 1; }

/* ---- Three and four threads ------------------------------------------------------------------------------------ */

THREAD(iriw, 0) { STORE(x, 1, o[0]); }
THREAD(iriw, 1) { STORE(y, 1, o[0]); }
THREAD(iriw, 2) { r[0] = LOAD(x, o[1]); fence_if(o[2]); r[1] = LOAD(y, o[1]); }
THREAD(iriw, 3) { r[2] = LOAD(y, o[1]); fence_if(o[2]); r[3] = LOAD(x, o[1]); }
WEAK(iriw) { return r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0; }

THREAD(wrc, 0) { STORE(x, 1, RLX); }
THREAD(wrc, 1) { r[0] = LOAD(x, RLX); STORE(y, 1, o[0]); }
THREAD(wrc, 2) { r[1] = LOAD(y, o[1]); r[2] = LOAD(x, RLX); }
WEAK(wrc) { return r[0] == 1 && r[1] == 1 && r[2] == 0; }

THREAD(rwc, 0) { STORE(x, 1, RLX); STORE(y, 1, o[0]); }
THREAD(rwc, 1) { r[0] = LOAD(y, ACQ); FENCE(SC); r[1] = LOAD(z, RLX); }
THREAD(rwc, 2) { STORE(z, 1, RLX); FENCE(SC); r[2] = LOAD(x, RLX); }
WEAK(rwc) { return r[0] == 1 && r[1] == 0 && r[2] == 0; }

/* ---- Read-modify-writes and release sequences ------------------------------------------------------------------- */

THREAD(rmw, 0) { r[0] = ADD(x, 1, RLX); }
THREAD(rmw, 1) { r[1] = ADD(x, 1, RLX); }
THREAD(rmw, 2) { STORE(x, 8, RLX); }
WEAK(rmw) { return r[0] == r[1] && r[0] != 8; }

THREAD(seq, 0) { STORE(x, 1, RLX); STORE(y, 1, REL); }
THREAD(seq, 1) { (void)ADD(y, 1, o[0]); }
THREAD(seq, 2) { r[0] = LOAD(y, ACQ); r[1] = LOAD(x, RLX); }
WEAK(seq) { return r[0] == 2 && r[1] == 0; }

THREAD(seqst, 0) { STORE(x, 1, RLX); STORE(y, 1, REL); STORE(y, 2, RLX); }
THREAD(seqst, 1) { r[0] = LOAD(y, ACQ); r[1] = LOAD(x, RLX); }

THREAD(seqother, 1) { if (LOAD(y, RLX) == 1) STORE(y, 2, RLX); }

THREAD(casok, 0) { STORE(x, 1, RLX); STORE(y, 1, REL); }
THREAD(casok, 1) { r[0] = cas(&y, 1, 2, o[0], RLX); r[1] = LOAD(x, RLX); }
WEAK(casok) { return r[0] && r[1] == 0; }

THREAD(casno, 1)
{
    uint64_t found = 7;

    model_cas(MODEL_SITE, &y, sizeof y, &found, 2, ACQ, o[0]);
    r[0] = (uint32_t)found;
    r[1] = LOAD(x, RLX);
}

THREAD(casrel, 0) { STORE(x, 1, RLX); r[2] = cas(&y, 0, 1, o[0], RLX); }
THREAD(casrel, 1) { r[0] = LOAD(y, ACQ); r[1] = LOAD(x, RLX); }

THREAD(cas2, 0) { r[0] = cas(&x, 0, 1, RLX, RLX); }
THREAD(cas2, 1) { r[1] = cas(&x, 0, 2, RLX, RLX); }
WEAK(cas2) { return r[0] == r[1]; }

/* A message released by a relaxed store after a fence, read before one. */
THREAD(fenceseq, 0) { STORE(x, 1, RLX); FENCE(REL); STORE(z, 1, RLX); STORE(y, 1, RLX); }
THREAD(fenceseq, 1) { r[0] = LOAD(y, RLX); r[2] = LOAD(w, RLX); fence_if(o[0]); r[1] = LOAD(x, RLX); }

/* ---- Seqlock: one write of two words --------------------------------------------------------------------------- */

THREAD(seqlock, 0)
{
    STORE(w, 1, RLX);
    fence_if(o[0]);
    STORE(x, 1, RLX);
    STORE(y, 1, RLX);
    STORE(w, 2, REL);
}
THREAD(seqlock, 1)
{
    r[0] = LOAD(w, ACQ);
    r[1] = LOAD(x, RLX);
    r[2] = LOAD(y, RLX);
    fence_if(o[1]);
    r[3] = LOAD(w, o[2]);
}
WEAK(seqlock) { return r[0] == r[3] && r[0] % 2 == 0 && r[1] != r[2]; }

/* ---- Plain memory ---------------------------------------------------------------------------------------------- */

THREAD(race, 0) { WRITE_PLAIN(data, 1); fence_if(o[2]); STORE(y, 1, o[0]); }
THREAD(race, 1) { r[0] = LOAD(y, o[1]); fence_if(o[3]); if (r[0]) (void)READ_PLAIN(data); }

THREAD(raceback, 0) { (void)READ_PLAIN(data); STORE(y, 1, o[0]); }
THREAD(raceback, 1) { if (LOAD(y, ACQ)) WRITE_PLAIN(data, 1); }

THREAD(racesc, 0) { WRITE_PLAIN(data, 1); FENCE(SC); STORE(x, 1, RLX); }
THREAD(racesc, 1) { r[0] = LOAD(x, RLX); if (r[0]) { FENCE(o[0]); (void)READ_PLAIN(data); } }

/* Each sees through the other's fence that it came second, but no read links them: seq_cst order is not happens-before. */
THREAD(racedekker, 0) { WRITE_PLAIN(data, 1); FENCE(SC); }
THREAD(racedekker, 1) { FENCE(SC); (void)READ_PLAIN(data); }

THREAD(racewords, 0) { WRITE_PLAIN(data, 1); }
THREAD(racewords, 1) { WRITE_PLAIN(other, 1); }

static bool never(void) { return false; }

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

THREAD(spin, 0) { STORE(x, 1, RLX); STORE(y, 1, o[0]); }
THREAD(spin, 1) { while (LOAD(y, o[1]) == 0) PAUSE(); r[0] = 1; r[1] = LOAD(x, RLX); }

THREAD(spinever, 0) { STORE(x, 1, RLX); }
THREAD(spinever, 1) { while (LOAD(x, RLX) != 2) PAUSE(); }

/* A round of waiting that counts: three looks, each may be outdated. */
THREAD(rounds, 0) { STORE(x, 1, RLX); STORE(y, 1, RLX); }
THREAD(rounds, 1)
{
    for (r[0] = 0; r[0] < 2 && LOAD(x, RLX) == 0; r[0]++)
        PAUSE();
    r[1] = LOAD(y, RLX);
}
WEAK(rounds) { return r[0] == 2 && r[1] == 0; }

/* The Dekker of every parking queue: publish, fence, look for a sleeper; announce, fence, look again. */
THREAD(park, 0)
{
    STORE(x, 1, REL);
    fence_if(o[0]);
    if (LOAD(w, RLX)) {
        STORE(w, 0, RLX);
        model_futex_wake(MODEL_SITE, &w, 1);
    }
}
THREAD(park, 1)
{
    for (;;) {
        STORE(w, 1, RLX);
        fence_if(o[1]);
        if (LOAD(x, ACQ))
            break;
        model_futex_wait(MODEL_SITE, &w, 1, UINT64_MAX);
    }
}

/* The same with a publisher that has no fence: the sleeper runs it, in time or too late. */
THREAD(parkbarrier, 1)
{
    for (;;) {
        STORE(w, 1, RLX);
        model_membarrier(MODEL_SITE);
        if (LOAD(x, ACQ))
            break;
        model_futex_wait(MODEL_SITE, &w, 1, UINT64_MAX);
    }
}
THREAD(parklate, 1)
{
    for (;;) {
        STORE(w, 1, RLX);
        FENCE(SC);
        if (LOAD(x, ACQ))
            break;
        model_membarrier(MODEL_SITE);
        model_futex_wait(MODEL_SITE, &w, 1, UINT64_MAX);
    }
}

/* The word is changed before the wake, so a sleeper that comes later finds it changed. */
THREAD(bell, 0) { STORE(w, 1, RLX); model_futex_wake(MODEL_SITE, &w, 1); }
THREAD(bell, 1) { while (LOAD(w, RLX) == 0) model_futex_wait(MODEL_SITE, &w, 0, UINT64_MAX); }
THREAD(bell2, 0) { model_futex_wake(MODEL_SITE, &w, 1); STORE(w, 1, RLX); }

THREAD(timeout, 0) { STORE(w, 1, RLX); model_futex_wake(MODEL_SITE, &w, 1); }
THREAD(timeout, 1)
{
    r[0] = model_futex_wait(MODEL_SITE, &w, 0, 10);
    r[1] = (uint32_t)model_now_ns();
}
WEAK(timeout) { return !r[0] && r[1] == 10; }

static uint32_t *const two_words[] = { &x, &y };
THREAD(killed, 0) { STORE(*two_words[0], 1, REL); STORE(*two_words[1], 1, REL); }
THREAD(killed, 1) { r[1] = LOAD(y, ACQ); r[0] = LOAD(x, RLX); }
WEAK(killed) { return LOAD(x, RLX) == 1 && LOAD(y, RLX) == 0 && r[1] == 0 && model_killed() == 1; }

/* ---- Programs whose number of executions is known --------------------------------------------------------------- */

THREAD(inc, 0) { (void)ADD(x, 1, RLX); }
THREAD(loads, 0) { (void)LOAD(x, RLX); (void)LOAD(x, RLX); }
THREAD(one, 0) { STORE(x, 1, RLX); }
THREAD(onefence, 0) { FENCE(SC); }
THREAD(apart, 1) { STORE(y, 1, RLX); }
THREAD(apart, 2) { STORE(z, 1, RLX); }

/* ---- The table ------------------------------------------------------------------------------------------------- */

typedef enum verdict {
    ALLOWED,   /* the outcome shows */
    FORBIDDEN, /* it never does */
    FAILS      /* some execution fails: a race, a deadlock */
} verdict;

typedef struct litmus {
    const char *name;
    verdict verdict;
    model_order orders[4];
    bool (*weak)(void);
    void (*threads[4])(void *);
    const char *failure; /* FAILS: part of the message */
    bool first_may_be_killed;
    uint64_t executions; /* 0 for FAILS */
    uint64_t shown;
} litmus;

static const litmus table[] = {
#define T2(a) { a##_0, a##_1, NULL, NULL }
#define T3(a) { a##_0, a##_1, a##_2, NULL }
#define T4(a) { a##_0, a##_1, a##_2, a##_3 }
#define COUNTS(executions, shown) NULL, false, executions, shown
#include "litmus_table.h"
};
enum { TESTS = sizeof table / sizeof table[0] };

static const litmus *running;
static uint64_t shown;

static void run_test(void)
{
    static const char *const names[] = { "T0", "T1", "T2", "T3" };

    x = y = z = w = 0;
    data = other = 0;
    memset(r, 0, sizeof r);
    memcpy(o, running->orders, sizeof running->orders);
    model_name(&x, sizeof x, "x");
    model_name(&y, sizeof y, "y");
    model_name(&z, sizeof z, "z");
    model_name(&w, sizeof w, "w");
    model_name(&data, sizeof data, "data");
    for (int i = 0; i < 4 && running->threads[i]; i++)
        if (i == 0 && running->first_may_be_killed)
            model_killable_thread(names[i], running->threads[i], NULL);
        else
            model_thread(names[i], running->threads[i], NULL);
    model_join();
    shown += running->weak();
}

static bool as_expected(const litmus *test, const model_result *result)
{
    if (test->verdict == FAILS)
        return result->failed && strstr(result->message, test->failure) != NULL;
    return !result->failed && result->complete && (shown > 0) == (test->verdict == ALLOWED) &&
           result->executions == test->executions && shown == test->shown;
}

static bool check(const litmus *test, bool quiet)
{
    static const char *const verdicts[] = { "allowed", "forbidden", "fails" };
    model_options options = { .quiet = true, .max_executions = 2000000 };
    model_result result;
    bool good;

    running = test;
    shown = 0;
    result = model_explore(run_test, &options);
    good = as_expected(test, &result);
    if (quiet && good)
        return true;
    printf("%-7s %-42s %-9s %6" PRIu64 " executions, %5" PRIu64 " show it", good ? "ok" : "WRONG", test->name,
           verdicts[test->verdict], result.executions, shown);
    if (!good && test->verdict != FAILS)
        printf("; expected %" PRIu64 ", %" PRIu64, test->executions, test->shown);
    printf("%s%s\n", result.failed ? "; " : "", result.failed ? result.message : "");
    return good;
}

int main(int argc, char **argv)
{
    bool quiet = argc > 1 && strcmp(argv[1], "--quiet") == 0;
    int wrong = 0, run = 0;

    for (int i = 0; i < TESTS; i++) {
        if (argc > 1 && !quiet && strcmp(argv[1], table[i].name) != 0)
            continue;
        wrong += !check(&table[i], quiet);
        run++;
    }
    printf("litmus: %d tests, %d wrong%s\n", run, wrong, MODEL_BREAK ? " (the explorer is broken on purpose)" : "");
    return wrong != 0 || run == 0;
}
