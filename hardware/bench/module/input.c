// SPDX-License-Identifier: GPL-2.0
/*
 * What a channel measures: the multiplexer, the gain, the reference, and at the electrodes a
 * recording, a ramp or nothing. Integers throughout: counts are rounded to the nearest.
 */
#include <linux/math64.h>

#include "ads1299_bench.h"

#define REFERENCE_MICROVOLTS	4500000

static s32 clip(s64 count)
{
	return clamp_t(s64, count, COUNT_MIN, COUNT_MAX);
}

static unsigned int gain(u8 settings)
{
	static const u8 gains[8] = { 1, 2, 4, 6, 8, 12, 24, 24 };

	return gains[(settings >> 4) & 7];
}

/* numerator / denominator of full scale before the gain, as a count */
static s32 share(s64 numerator, s64 denominator, u8 settings)
{
	s64 scaled = numerator * gain(settings) * COUNT_MAX;
	s64 half = scaled < 0 ? -denominator / 2 : denominator / 2;

	return clip(div64_s64(scaled + half, denominator));
}

/* -(VREFP - VREFN) / 2400 and its opposite in turn, at fCLK / 2^21, / 2^20 or standing */
static s32 test_signal(struct chip *c, u8 settings)
{
	u64 clocks = c->since_start * chip_period(c);
	s64 sign;

	switch (c->reg[REG_CONFIG2] & 3) {
	case 0:
		sign = clocks >> 20 & 1 ? 1 : -1;
		break;
	case 1:
		sign = clocks >> 19 & 1 ? 1 : -1;
		break;
	case 3:
		sign = -1;
		break;
	default:
		return 0;
	}
	return share(c->reg[REG_CONFIG2] & CONFIG2_CAL_AMP ? 2 * sign : sign, 2400, settings);
}

static s32 electrode(struct chip *c, unsigned int channel, u64 number, u8 settings)
{
	struct bench *b = c->bench;
	s64 nanovolts = electrodes_lead_off_nanovolts(c, channel);
	u64 records, record;
	s64 count = 0;

	if (b->signal == SIGNAL_RAMP) {
		count = (number * b->channels + channel) & COUNT_MAX;
	} else {
		records = recording_records(b);
		if (records) {
			div64_u64_rem(c->since_start, records, &record);
			count = recording_count(b, record, c->index * b->channels + channel);
		}
	}
	if (nanovolts)
		count += share(nanovolts, REFERENCE_MICROVOLTS * 1000ll, settings);
	return clip(count);
}

/* The counts of one channel in conversion `number`. */
s32 input_measure(struct chip *c, unsigned int channel, u64 number)
{
	u8 settings = c->reg[REG_CH1SET + channel];
	u8 input = settings & 7;

	if (settings & BIT(7) || input == 1)
		return 0;
	/* without a reference everything is beyond full scale */
	if (c->drdy_at < c->reference_at)
		return COUNT_MAX;
	switch (input) {
	case 0:
		return electrode(c, channel, number, settings);
	case 3:		/* half of 5 V; channels 3 and 4 a quarter of 3.3 V */
		return share(channel == 2 || channel == 3 ? 825000 : 2500000,
			     REFERENCE_MICROVOLTS, settings);
	case 4:		/* 145.3 mV at 25 degrees Celsius */
		return share(145300, REFERENCE_MICROVOLTS, settings);
	case 5:
		return c->reg[REG_CONFIG2] & CONFIG2_INT_CAL ? test_signal(c, settings) : 0;
	default:
		return 0;
	}
}
