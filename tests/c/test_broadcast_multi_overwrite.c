/* Any number of producers, full: overwrite. One program per variant: see the Makefile. */
#define BROADCAST_ROW    multi_overwrite
#define BROADCAST_MULTI  1
#define BROADCAST_GATED  0
#define BROADCAST_BLOCKS 0

#include "broadcast_suite.h"
