#include "scenario.h"

extern const bench_scenario bench_scenario_pace, bench_scenario_saturated, bench_scenario_batch,
    bench_scenario_round_trip, bench_scenario_one_way, bench_scenario_burst,
    bench_scenario_single_thread, bench_scenario_single_thread_ticks, bench_scenario_wake_up,
    bench_scenario_idle, bench_scenario_broadcast_gated, bench_scenario_broadcast_lossy,
    bench_scenario_broadcast_round_trip, bench_scenario_broadcast_fan_out,
    bench_scenario_broadcast_payload, bench_scenario_broadcast_alone;

/* In the order in which they are run. */
const bench_scenario *const bench_scenarios[] = {
    &bench_scenario_pace,
    &bench_scenario_saturated,
    &bench_scenario_batch,
    &bench_scenario_round_trip,
    &bench_scenario_one_way,
    &bench_scenario_burst,
    &bench_scenario_single_thread,
    &bench_scenario_single_thread_ticks,
    &bench_scenario_wake_up,
    &bench_scenario_idle,
    &bench_scenario_broadcast_gated,
    &bench_scenario_broadcast_lossy,
    &bench_scenario_broadcast_round_trip,
    &bench_scenario_broadcast_fan_out,
    &bench_scenario_broadcast_payload,
    &bench_scenario_broadcast_alone,
    NULL,
};
