/* Any number of producers, full: reject. One program per variant: see the Makefile. */
#define BROADCAST_ROW    multi_reject
#define BROADCAST_MULTI  1
#define BROADCAST_GATED  1
#define BROADCAST_BLOCKS 0

#include "broadcast_suite.h"
