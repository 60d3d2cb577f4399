#define _GNU_SOURCE
#include "harness/noise.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/statistics.h"

enum { STAT_BYTES = 1 << 16, NS_PER_SWITCH = 10000000, PER_MILLE_STOLEN = 5, PER_MILLE_WAITED = 2 };

/* Field 8 after the name of a line "cpuN user nice system idle iowait irq softirq steal ...". */
static uint64_t stolen_from(const char *stat, int processor)
{
    char name[24];
    const char *line;
    unsigned long long steal = 0;

    snprintf(name, sizeof name, "\ncpu%d ", processor);
    line = strstr(stat, name);
    if (line != NULL &&
        sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
        steal = 0;
    return steal;
}

uint64_t bench_stolen_in(const char *stat, const int processors[2])
{
    return stolen_from(stat, processors[0]) +
           (processors[1] >= 0 ? stolen_from(stat, processors[1]) : 0);
}

static uint64_t stolen_so_far(const bench_placement *placement)
{
    static char text[STAT_BYTES];
    const int file = open("/proc/stat", O_RDONLY);
    const ssize_t bytes = file < 0 ? -1 : read(file, text, sizeof text - 1);

    if (file >= 0)
        close(file);
    text[bytes < 0 ? 0 : bytes] = '\0';
    return bench_stolen_in(text, placement->processors);
}

void bench_noise_begin(bench_noise *noise, const bench_placement *placement)
{
    noise->stolen_ticks = stolen_so_far(placement);
    noise->switches = noise->waited_ns = noise->spun_ns = 0;
    noise->begun_ns = bench_monotonic_ns();
}

void bench_noise_add(bench_noise *noise, const bench_run *run)
{
    const bool may_sleep = (run->contender->traits & BENCH_WAKES) != 0;

    for (int side = 0; side < 2; side++) {
        const bench_usage *usage = &run->usage[side];

        if (may_sleep) {
            noise->switches += usage->switches;
        } else {
            noise->spun_ns += usage->wall_ns;
            if (usage->wall_ns > usage->cpu_ns)
                noise->waited_ns += usage->wall_ns - usage->cpu_ns;
        }
    }
}

bool bench_noise_was_heard(const bench_noise *noise, const bench_placement *placement)
{
    const uint64_t took_ns = bench_monotonic_ns() - noise->begun_ns;
    const uint64_t stolen = stolen_so_far(placement) - noise->stolen_ticks;
    const uint64_t stolen_ns = stolen * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));

    return noise->switches > 1 + took_ns / NS_PER_SWITCH ||
           noise->waited_ns > noise->spun_ns / 1000 * PER_MILLE_WAITED ||
           stolen_ns > took_ns / 1000 * PER_MILLE_STOLEN;
}

bool bench_distance_is_odd(bench_distance *distance, double trip_ns)
{
    enum { KEPT = sizeof distance->trips_ns / sizeof distance->trips_ns[0], ENOUGH = 3 };
    const double odd = 1.6;
    double usual;

    distance->trips_ns[distance->n++ % KEPT] = trip_ns;
    if (distance->n < ENOUGH)
        return false;
    usual = bench_summarise(distance->trips_ns, distance->n < KEPT ? distance->n : KEPT).median;
    return trip_ns > usual * odd || trip_ns * odd < usual;
}
