#include "SampleFeed.h"

static const unsigned char feed[] = {
#embed "motor-imagery-8ch-250hz.bdf"
};

const unsigned char *sample_feed_bytes(void) { return feed; }

const unsigned long sample_feed_byte_count = sizeof feed;
