/* Shows rates: redrawn in place on a terminal, a line at a time elsewhere. Runs in main's thread.
 */
#ifndef VIEW_H
#define VIEW_H

#include "channels.h"

struct view {
    struct channels *channels;
    telemetry_live_consumer live;
    telemetry_notices_consumer notices;
    bool terminal;
    int lines;  /* of the last picture, to go back over them */
    int height; /* of the terminal */
    double ticks_per_s;

    uint64_t popped;   /* samples from `live` */
    uint64_t gaps;     /* numbers that were missing between them */
    uint64_t backward; /* samples whose number was not above the one before */
    uint64_t notices_popped;
    uint64_t next_number; /* the least that the next sample may have */
    telemetry_sample newest;
    telemetry_sample drawn; /* what the last picture showed: rates are since then */
    uint64_t drawn_samples; /* 0: there was none yet */
};

/* Opens the view's ends of `live` and `notices`. */
void view_open(struct view *view, struct channels *channels);

/* Takes what has come and draws it: at most one picture or line, and a line for each notice. */
void view_draw(struct view *view);

/* Takes what is left after the sampler has closed its channels; draws nothing but notices. */
void view_close(struct view *view);

/* The share of time, in percent, that the processors were busy between two readings. */
double view_busy_percent(const telemetry_cpu_times *now, const telemetry_cpu_times *then);

/* Writes a number of bytes as people read it ("3.1 MB") into `text`, which it returns. */
char *view_bytes(char text[16], double bytes);

#endif /* VIEW_H */
