#include "harness/results_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/build.h"
#include "harness/clock.h"
#include "harness/json.h"
#include "harness/statistics.h"

/* ---- where ---------------------------------------------------------------------------------- */

static void put_machine(FILE *file, const bench_machine *machine, const bench_settings *settings)
{
    const bench_placement *placement = &settings->placement;

    json_key(file, ",\n ", "machine");
    json_text_member(file, "{", "cpu", machine->cpu);
    json_number_member(file, ",", "cores", machine->cores);
    json_text_member(file, ",", "kernel", machine->kernel);
    json_bool_member(file, ",", "hypervisor", machine->hypervisor);
    json_number_member(file, ",", "load", machine->load);
    json_key(file, ",", "processors");
    fprintf(file, placement->processors[1] < 0 ? "[%d]" : "[%d,%d]", placement->processors[0],
            placement->processors[1]);
    json_bool_member(file, ",", "siblings", placement->siblings);
    json_bool_member(file, ",", "fifo", placement->fifo);
    json_bool_member(file, ",", "locked", placement->locked);
    json_text_member(file, ",", "hugepages", machine->hugepages);
    json_text_member(file, ",", "clock", machine->clock);
    json_number_member(file, ",", "clock_skew_ns",
                       (double)settings->skew.ticks * bench_ns_per_tick());
    json_number_member(file, ",", "clock_skew_error_ns",
                       (double)settings->skew.error * bench_ns_per_tick());
    json_bool_member(file, ",", "clock_skew_corrected", settings->skew.corrected);
    putc('}', file);
}

static void put_missing(FILE *file)
{
    json_key(file, ",\n ", "missing");
    putc('[', file);
    for (const bench_missing *m = bench_missing_contenders; m->contender != NULL; m++) {
        json_text_member(file, m == bench_missing_contenders ? "{" : ",{", "contender",
                         m->contender);
        json_text_member(file, ",", "why", m->why);
        putc('}', file);
    }
    putc(']', file);
}

/* Each name once: they come sorted. */
static void put_versions(FILE *file)
{
    const char *last = "";

    json_key(file, ",\n ", "contenders");
    putc('[', file);
    for (const bench_contender *c = bench_contenders(); c != NULL; c = c->next) {
        if (strcmp(c->name, last) == 0)
            continue;
        json_text_member(file, last[0] == '\0' ? "{" : ",{", "contender", c->name);
        json_text_member(file, ",", "version", c->version);
        putc('}', file);
        last = c->name;
    }
    putc(']', file);
}

/* ---- figures -------------------------------------------------------------------------------- */

static void put_percentiles(FILE *file, const uint64_t *sorted, size_t n)
{
    static const struct {
        const char *name;
        double part;
    } wanted[] = {
        { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 }, { "max", 1 }
    };

    json_key(file, ",", "percentiles");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        json_number_member(file, i == 0 ? "{" : ",", wanted[i].name,
                           bench_ns(bench_percentile(sorted, n, wanted[i].part)));
    putc('}', file);
}

static void put_histogram(FILE *file, const uint64_t *latencies, size_t n)
{
    size_t *counts = bench_allocate(BENCH_CLASSES, sizeof *counts);
    const char *separator = "";

    for (size_t i = 0; i < n; i++)
        counts[bench_class_of_ns(bench_ns(latencies[i]))]++;
    json_key(file, ",", "histogram");
    putc('[', file);
    for (size_t i = 0; i < BENCH_CLASSES; i++)
        if (counts[i] != 0) {
            fprintf(file, "%s[%.6g,%zu]", separator, bench_upper_edge_ns(i), counts[i]);
            separator = ",";
        }
    putc(']', file);
    free(counts);
}

static void put_distribution(FILE *file, const bench_row *row)
{
    if (row->n_latencies == 0) {
        fputs(",\"percentiles\":null,\"histogram\":null", file);
        return;
    }
    bench_sort_ticks(row->latencies, row->n_latencies);
    put_percentiles(file, row->latencies, row->n_latencies);
    put_histogram(file, row->latencies, row->n_latencies);
}

static void put_row(FILE *file, const char *separator, const bench_result *result,
                    const bench_row *row, const bench_settings *settings)
{
    const bench_scenario *scenario = result->scenario;

    fputs(separator, file);
    json_text_member(file, "{", "scenario", scenario->name);
    json_text_member(file, ",", "contender", row->contender->name);
    json_number_member(file, ",", "bytes", result->point.bytes);
    json_number_member(file, ",", "slots", result->point.slots);
    json_number_member(file, ",", "x", scenario->x_unit != NULL ? result->point.x : NAN);
    json_text_member(file, ",", "x_unit", scenario->x_unit);
    json_text_member(file, ",", "metric", scenario->metric);
    json_numbers_member(file, "samples", row->samples, result->rounds);
    json_numbers_member(file, "ratios", row->ratios, result->rounds);
    json_numbers_member(file, "floor", result->floors[0], result->rounds);
    json_number_member(file, ",", "lost", (double)row->lost);
    json_number_member(file, ",", "received", row->published != 0 ? bench_received(row) : NAN);
    json_number_member(file, ",", "threads", scenario->threads);
    json_bool_member(file, ",", "oversubscribed",
                     (int)scenario->threads > settings->placement.allowed);
    put_distribution(file, row);
    putc('}', file);
}

static void put_results(FILE *file, const bench_results *results, const bench_settings *settings)
{
    const char *separator = "\n  ";

    json_key(file, ",\n ", "results");
    putc('[', file);
    for (const bench_result *r = results->first; r != NULL; r = r->next)
        for (size_t i = 0; i < r->n_rows; i++, separator = ",\n  ")
            put_row(file, separator, r, &r->rows[i], settings);
    fputs("\n ]", file);
}

static void put_floors(FILE *file, const bench_results *results)
{
    const char *separator = "\n  ";

    json_key(file, ",\n ", "floors");
    putc('[', file);
    for (const bench_result *r = results->first; r != NULL; r = r->next)
        for (size_t i = 0; i < BENCH_FLOORS; i++) {
            if (r->floors[i] == NULL)
                continue;
            fputs(separator, file);
            json_text_member(file, "{", "scenario", r->scenario->name);
            json_text_member(file, ",", "floor", r->scenario->floors[i].name);
            json_number_member(file, ",", "bytes", r->point.bytes);
            json_number_member(file, ",", "slots", r->point.slots);
            json_number_member(file, ",", "x", r->scenario->x_unit != NULL ? r->point.x : NAN);
            json_numbers_member(file, "samples", r->floors[i], r->rounds);
            putc('}', file);
            separator = ",\n  ";
        }
    fputs("\n ]", file);
}

bool bench_write_json(const char *path, const bench_machine *machine,
                      const bench_settings *settings, const bench_results *results)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    json_number_member(file, "{", "format", 1);
    json_text_member(file, ",", "ringc", bench_ringc_version);
    json_text_member(file, ",", "commit", settings->commit);
    json_text_member(file, ",", "date", machine->date);
    put_machine(file, machine, settings);
    json_text_member(file, ",\n ", "compiler", bench_compiler);
    json_text_member(file, ",", "cxx", bench_cxx);
    json_text_member(file, ",", "flags", bench_flags);
    json_text_member(file, ",", "spin", settings->pause ? "pause" : "bare");
    json_number_member(file, ",", "rounds", settings->rounds);
    json_number_member(file, ",", "rounds_thrown_away", results->thrown_away);
    json_number_member(file, ",", "rounds_disturbed", results->disturbed);
    put_missing(file);
    put_versions(file);
    put_results(file, results, settings);
    put_floors(file, results);
    fputs("}\n", file);
    return fclose(file) == 0;
}
