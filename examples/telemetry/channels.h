/* The four channels of the program, and who uses which end. All are in schemas/telemetry.yaml. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include "telemetry/telemetry.h"

struct channels {
    telemetry_samples samples;   /* sampler -> recorder (gating), view and alarm (lossy) */
    telemetry_notices notices;   /* sampler -> view: a full ring refuses */
    telemetry_alarms alarms;     /* alarm -> view: a full ring drops its oldest */
    telemetry_commands commands; /* main -> sampler: the rate; closing it ends the sampler */
};

#endif /* CHANNELS_H */
