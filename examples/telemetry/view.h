/* Shows rates: redrawn in place on a terminal, a line at a time elsewhere. Runs in main's thread.
 */
#ifndef VIEW_H
#define VIEW_H

#include "channels.h"
#include "tally.h"

struct view {
    telemetry_samples_subscriber samples; /* lossy */
    telemetry_notices_consumer notices;
    telemetry_alarms_consumer alarms;
    bool terminal;
    int lines;  /* of the last picture, to go back over them */
    int height; /* of the terminal */
    double ticks_per_s;

    struct tally tally;
    uint64_t notices_popped;
    uint64_t alarms_popped;
    uint64_t next_alarm; /* the least number that the next alarm may have */
    uint64_t alarm_gaps; /* numbers of alarms that were missing */
    telemetry_sample newest;
    telemetry_sample drawn; /* what the last picture showed: rates are since then */
    uint64_t drawn_samples; /* 0: there was none yet */
};

/* Subscribes to `samples`, and opens the view's ends of `notices` and `alarms`. */
bool view_open(struct view *view, struct channels *channels);

/* Takes what has come and draws it: at most one picture or line, and a line for each notice and
 * alarm. */
void view_draw(struct view *view);

/* Takes what is left after the sampler and the alarm have closed their channels; draws only notices
 * and alarms. */
void view_close(struct view *view);

/* The share of time, in percent, that the processors were busy between two readings. */
double view_busy_percent(const telemetry_cpu_times *now, const telemetry_cpu_times *then);

/* Writes a number of bytes as people read it ("3.1 MB") into `text`, which it returns. */
char *view_bytes(char text[16], double bytes);

#endif /* VIEW_H */
