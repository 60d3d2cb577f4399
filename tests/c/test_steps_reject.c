/* full: reject, one side interrupting the other. One program per small capacity: see QUEUE_VARIANT in the Makefile. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "steps_suite.h"
