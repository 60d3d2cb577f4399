/* full: reject. One program per wait strategy and per small capacity: see QUEUE_VARIANT in the Makefile. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "queue_suite.h"
