/* What a file in scenarios/ gives: one entry of the table in scenarios/all.c. */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/run.h"
#include "harness/skew.h"

typedef enum bench_size { BENCH_QUICK, BENCH_NORMAL, BENCH_FULL } bench_size;

/* One point of a scenario's grid. */
typedef struct bench_point {
    uint32_t bytes, slots;
    uint32_t subscribers; /* of a broadcast; 0 elsewhere */
    double x;             /* what scenario->x_unit says; unused if that is NULL */
} bench_point;

enum { BENCH_FLOORS = 2, BENCH_POINTS = 128 };

/* What the user chose, and what the machine gives. */
typedef struct bench_settings {
    bench_size size;
    unsigned rounds;
    double effort;                    /* factor on the number of messages */
    unsigned limit_s;                 /* a run that takes longer is stuck */
    unsigned bytes;                   /* of the messages that are measured; 0: all */
    bench_point points[BENCH_POINTS]; /* where to measure; their x is not used */
    size_t n_points;                  /* 0: where the scenario says */
    bool pause;
    const char *scenarios, *contenders, *reference; /* NULL: all, all, each scenario's own */
    const char *output, *commit;
    int wanted_processors[2];
    bool wants_fifo;
    bench_placement placement;
    bench_skew skew;
} bench_settings;

/* The raw cost of the machine for what the scenario does, in its unit. */
typedef struct bench_floor {
    const char *name;
    double (*measure)(const bench_settings *settings, const bench_point *point);
} bench_floor;

typedef struct bench_scenario {
    const char *name, *title;
    const char *metric; /* in the JSON: what a sample is */
    const char *unit;   /* in the table */
    const char *x_unit;
    const char *reference; /* the contender that others are compared with */
    unsigned threads;
    unsigned trait;       /* of the contenders that take part */
    unsigned most_rounds; /* 0: no limit */
    bool is_lossy;      /* the publisher waits for nobody, and what arrives is part of the figure */
    bool has_latencies; /* run->received holds a latency in ticks for each message after `sample` */
    bench_floor floors[BENCH_FLOORS];

    /* Writes the points of the grid; returns how many. */
    size_t (*points)(bench_size size, bench_point points[BENCH_POINTS]);
    /* Says in `run` how much is to be done. */
    void (*prepare)(bench_run *run, const bench_settings *settings, const bench_point *point);
    /* Which of the contender's sides run where; *far NULL: one thread. */
    void (*sides)(const bench_contender *contender, bench_side **near, bench_side **far);
    /* The figure of a run that is over. */
    double (*sample)(bench_run *run, const bench_settings *settings);
} bench_scenario;

extern const bench_scenario *const bench_scenarios[]; /* ends with NULL */

/* What several scenarios need (scenarios/common.c). */

/* `n` messages of a normal run, scaled to the effort and to what the contender can do; 64 at least.
 */
uint64_t bench_count(const bench_run *run, const bench_settings *settings, double n);
/* Fills in the sizes of the grid times the slots; returns how many points there are. */
size_t bench_grid(bench_point *points, const uint32_t *sizes, size_t n_sizes, const uint32_t *slots,
                  size_t n_slots);
double bench_ns_per_message(bench_run *run, const bench_settings *settings);
/* The median, in ns, of the latencies that run->received holds. */
double bench_median_latency(const bench_run *run);
void bench_stream_sides(const bench_contender *contender, bench_side **near, bench_side **far);
void bench_batch_sides(const bench_contender *contender, bench_side **near, bench_side **far);
void bench_burst_sides(const bench_contender *contender, bench_side **near, bench_side **far);
/* Turns the instants of the bursts into latencies; returns their median in ns. */
double bench_burst_latency(bench_run *run, const bench_settings *settings);

/* Floors (scenarios/floors.c). */
double bench_floor_lines(const bench_settings *settings, const bench_point *point);
double bench_floor_two_lines(const bench_settings *settings, const bench_point *point);
double bench_floor_one_line(const bench_settings *settings, const bench_point *point);
double bench_floor_pace(const bench_settings *settings, const bench_point *point);
double bench_floor_write_and_read(const bench_settings *settings, const bench_point *point);
double bench_floor_write(const bench_settings *settings, const bench_point *point);
double bench_floor_one_way(const bench_settings *settings, const bench_point *point);

#endif
