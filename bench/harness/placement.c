#define _GNU_SOURCE
#include "harness/placement.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

bool bench_pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

bool bench_be_fifo(void)
{
    struct sched_param param;

    memset(&param, 0, sizeof param);
    param.sched_priority = 1;
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0;
}

/* Writes which processors share the core of one, as the system lists them; "" if it does not say.
 */
static void core_of(int processor, char text[64])
{
    char path[96];
    FILE *file;

    text[0] = '\0';
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
             processor);
    file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fgets(text, 64, file) == NULL)
        text[0] = '\0';
    fclose(file);
}

static bool share_a_core(int a, int b)
{
    char core_a[64], core_b[64];

    core_of(a, core_a);
    core_of(b, core_b);
    return core_a[0] != '\0' && strcmp(core_a, core_b) == 0;
}

/* The first that may be used, and the first after it on another core, or failing that any other. */
static void choose(bench_placement *placement, const cpu_set_t *allowed)
{
    int near = -1, far = -1;

    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET((size_t)i, allowed))
            continue;
        if (near < 0)
            near = i;
        else if (far < 0 || (share_a_core(near, far) && !share_a_core(near, i)))
            far = i;
    }
    placement->processors[0] = near;
    placement->processors[1] = far;
}

/* Whether a thread of ours may have SCHED_FIFO: tries, and goes back. */
static bool fifo_is_permitted(void)
{
    struct sched_param param;

    memset(&param, 0, sizeof param);
    return bench_be_fifo() && pthread_setschedparam(pthread_self(), SCHED_OTHER, &param) == 0;
}

static bool take(bench_placement *placement, const cpu_set_t *allowed, const int wanted[2])
{
    for (int side = 0; side < 2; side++)
        if (wanted[side] < 0 || wanted[side] >= CPU_SETSIZE ||
            !CPU_ISSET((size_t)wanted[side], allowed))
            return false;
    placement->processors[0] = wanted[0];
    placement->processors[1] = wanted[1];
    return wanted[0] != wanted[1];
}

bool bench_place(bench_placement *placement, const int wanted[2], bool wants_fifo)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return false;
    placement->allowed = CPU_COUNT(&allowed);
    if (wanted[0] < 0)
        choose(placement, &allowed);
    else if (!take(placement, &allowed, wanted))
        return false;
    placement->siblings = placement->processors[1] >= 0 &&
                          share_a_core(placement->processors[0], placement->processors[1]);
    placement->fifo = wants_fifo && fifo_is_permitted();
    placement->locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    return bench_pin(placement->processors[0]);
}
