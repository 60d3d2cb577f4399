/*
 * Measures queues between two threads and prints what they cost; see README.md. Exit status: 0; 1
 * if a message was lost, doubled, torn or out of order; 2 for trouble.
 */
#include <stdio.h>
#include <string.h>

#include "harness/build.h"
#include "harness/clock.h"
#include "harness/machine.h"
#include "harness/options.h"
#include "harness/results_json.h"
#include "harness/rounds.h"
#include "harness/table.h"

static void print_list(void)
{
    const char *last = "";

    puts("scenarios:");
    for (const bench_scenario *const *s = bench_scenarios; *s != NULL; s++)
        printf("  %-22s %s\n", (*s)->name, (*s)->title);
    puts("contenders:");
    for (const bench_contender *c = bench_contenders(); c != NULL; c = c->next)
        if (strcmp(c->name, last) != 0)
            printf("  %-30s %s\n", last = c->name, c->version);
}

static void print_machine(const bench_machine *machine, const bench_settings *settings)
{
    const bench_placement *placement = &settings->placement;

    printf("ringc %s; %s, %s; %s; %s %s\n", bench_ringc_version, machine->cpu, machine->kernel,
           machine->clock, bench_compiler, bench_flags);
    printf("processor %d", placement->processors[0]);
    if (placement->processors[1] >= 0)
        printf(" and %d", placement->processors[1]);
    printf("%s%s, %s, spin loops %s, load %.2f, %u rounds\n",
           placement->siblings ? " (of one core!)" : "",
           machine->hypervisor ? " of a virtual machine" : "",
           placement->fifo ? "SCHED_FIFO for one side" : "no real-time priority",
           settings->pause ? "pause" : "do not pause", machine->load, settings->rounds);
    if (machine->load > 0.5 * placement->allowed)
        puts("The machine was busy with something else: trust no time below.");
    for (const bench_missing *m = bench_missing_contenders; m->contender != NULL; m++)
        printf("left out: %s (%s)\n", m->contender, m->why);
}

static void print_skew(const bench_skew *skew)
{
    printf("the counters of the two processors differ by %.0f ns, give or take %.0f: %s\n",
           (double)skew->ticks * bench_ns_per_tick(), (double)skew->error * bench_ns_per_tick(),
           skew->corrected ? "latencies are corrected by it" : "no more than can be told");
}

/* Whether a scenario is to be measured, and can be here. */
static bool is_wanted(const bench_scenario *scenario, const bench_settings *settings)
{
    return bench_is_listed(settings->scenarios, scenario->name) &&
           (scenario->threads == 1 || settings->placement.processors[1] >= 0);
}

static bool any_needs_skew(const bench_settings *settings)
{
    for (const bench_scenario *const *s = bench_scenarios; *s != NULL; s++)
        if (is_wanted(*s, settings) && (*s)->has_latencies)
            return true;
    return false;
}

static void measure(const bench_settings *settings, bench_results *results)
{
    for (const bench_scenario *const *s = bench_scenarios; *s != NULL; s++) {
        const bench_result *last = results->last, *first;
        const char *reference = settings->reference != NULL ? settings->reference : (*s)->reference;

        if (!is_wanted(*s, settings))
            continue;
        bench_measure_scenario(*s, settings, results);
        first = last == NULL ? results->first : last->next;
        if (first != NULL)
            bench_print_scenario(first, reference);
    }
}

int main(int argc, char **argv)
{
    static bench_results results;
    bench_settings settings;
    bench_machine machine;

    switch (bench_read_options(argc, argv, &settings)) {
    case BENCH_LIST:
        print_list();
        return 0;
    case BENCH_HELP:
        bench_print_help();
        return 0;
    case BENCH_REFUSE:
        return 2;
    case BENCH_MEASURE:
        break;
    }
    bench_clock_calibrate();
    bench_describe_machine(&machine);
    if (!bench_place(&settings.placement, settings.wanted_processors, settings.wants_fifo)) {
        fputs("bench: these processors cannot be had\n", stderr);
        return 2;
    }
    print_machine(&machine, &settings);
    if (settings.placement.processors[1] < 0)
        puts("One processor only: two threads that take turns on it say nothing of a queue, so "
             "what needs two is left out.");
    else if (any_needs_skew(&settings)) {
        settings.skew = bench_measure_skew(&settings.placement);
        print_skew(&settings.skew);
    }
    puts("In the tables: median ~half the distance of the quartiles, in %; then the ratio to the "
         "contender\nthat has none, taken within each round. In brackets: the machine itself.");
    measure(&settings, &results);
    printf("\n%u rounds thrown away as disturbed and repeated; %u kept although disturbed\n",
           results.thrown_away, results.disturbed);
    if (settings.output != NULL &&
        !bench_write_json(settings.output, &machine, &settings, &results)) {
        fprintf(stderr, "bench: %s cannot be written\n", settings.output);
        return 2;
    }
    return 0;
}
