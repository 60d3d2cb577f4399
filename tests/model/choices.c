#include "choices.h"

#include "model.h"

enum { MAX_DEPTH = 8192 };

typedef struct node {
    bool is_thread;
    uint8_t taken;
    uint8_t options;  /* values: how many; threads: the set that may run */
    uint8_t asleep;   /* threads that were asleep when the node was made */
    uint8_t explored; /* threads whose subtrees are done */
} node;

static node path[MAX_DEPTH];
static unsigned length; /* of the path */
static unsigned depth;  /* how much of it this execution has walked */

static bool is_random;
static uint64_t state;
static unsigned switch_percent; /* drawn anew for each execution, so that runs differ in character */
static unsigned stale_percent;

/* ---- Random ---------------------------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool happens(unsigned percent)
{
    return draw() % 100 < percent;
}

static int draw_thread(unsigned runnable, int preferred)
{
    unsigned nth;

    if ((runnable >> preferred & 1u) && !happens(switch_percent))
        return preferred;
    nth = (unsigned)(draw() % (unsigned)__builtin_popcount(runnable));
    while (nth-- > 0)
        runnable &= runnable - 1;
    return __builtin_ctz(runnable);
}

/* ---- The path -------------------------------------------------------------------------------------------------- */

void choices_begin(bool random)
{
    is_random = random;
    length = 0;
}

void choices_restart(uint64_t seed)
{
    static const uint8_t percents[] = { 2, 10, 30, 60 };

    depth = 0;
    state = seed;
    switch_percent = percents[draw() % 4];
    stale_percent = percents[draw() % 4];
}

static node *next_node(bool *is_new)
{
    *is_new = depth == length;
    if (*is_new) {
        if (length == MAX_DEPTH)
            model_fail(NULL, "an execution of more than %d choices: a loop without model_pause?", MAX_DEPTH);
        length++;
    }
    return &path[depth++];
}

unsigned choices_value(unsigned n)
{
    bool is_new;
    node *x;

    if (n <= 1)
        return 0;
    if (is_random)
        return happens(stale_percent) ? (unsigned)(draw() % n) : 0;
    x = next_node(&is_new);
    if (is_new)
        *x = (node){ .is_thread = false, .options = (uint8_t)n };
    return x->taken;
}

thread_choice choices_thread(unsigned runnable, unsigned asleep, int preferred)
{
    unsigned awake = runnable & ~asleep;
    bool is_new;
    node *x;

    if (is_random)
        return (thread_choice){ draw_thread(runnable, preferred), 0 };
    if (awake == 0)
        return (thread_choice){ -1, 0 };
    if (runnable == awake && (awake & (awake - 1)) == 0)
        return (thread_choice){ __builtin_ctz(awake), 0 };
    x = next_node(&is_new);
    if (is_new) {
        *x = (node){ .is_thread = true, .options = (uint8_t)runnable, .asleep = (uint8_t)asleep };
        x->taken = (uint8_t)((awake >> preferred & 1u) ? preferred : __builtin_ctz(awake));
    }
    return (thread_choice){ x->taken, x->explored };
}

static bool advance_node(node *x)
{
    unsigned left;

    if (!x->is_thread)
        return ++x->taken < x->options;
    x->explored |= (uint8_t)(1u << x->taken);
    left = x->options & ~(unsigned)(x->asleep | x->explored);
    if (left == 0)
        return false;
    x->taken = (uint8_t)__builtin_ctz(left);
    return true;
}

bool choices_advance(void)
{
    length = depth; /* a pruned execution may have walked less than an earlier one left */
    while (length > 0) {
        if (advance_node(&path[length - 1]))
            return true;
        length--;
    }
    return false;
}
