// SPDX-License-Identifier: GPL-2.0
/*
 * The electrodes: which have fallen off, and the impedances that the lead-off current meets.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ads1299_bench.h"

/* Beyond the supply; the count is clipped long before. */
#define NANOVOLTS_MAX	(10ll * NSEC_PER_SEC)
#define ALL_CHANNELS	CHANNELS_MAX

/* Which way the chopped current flowed so many periods before; 0: it is not chopped. */
static int lead_off_sign(struct chip *c, unsigned int before)
{
	/* modulo 2^64, which is a multiple of the current's period */
	u64 period = c->since_start - before;
	u64 clocks = period * chip_period(c);

	switch (c->reg[REG_LOFF] & 3) {
	case 1:		/* fCLK / 2^18: 7.8125 Hz */
		return clocks >> 17 & 1 ? -1 : 1;
	case 2:		/* fCLK / 2^16: 31.25 Hz */
		return clocks >> 15 & 1 ? -1 : 1;
	case 3:		/* fDR / 4 */
		return period >> 1 & 1 ? -1 : 1;
	default:
		return 0;
	}
}

/*
 * What AC lead-off adds between a channel's inputs: a square wave of +-I * Z, after the converter's
 * third-order filter, which takes in the last three periods with weights of 1/6, 4/6 and 1/6.
 */
s64 electrodes_lead_off_nanovolts(struct chip *c, unsigned int channel)
{
	static const u32 picoamperes[4] = { 6000, 24000, 6000000, 24000000 };
	u64 ohms = 0, nanovolts;
	int sixths;

	if (c->reg[REG_LOFF_SENSP] & BIT(channel))
		ohms += c->ohms_p[channel];
	if (c->reg[REG_LOFF_SENSN] & BIT(channel))
		ohms += c->ohms_n[channel];
	if (!ohms)
		return 0;
	sixths = lead_off_sign(c, 0) + 4 * lead_off_sign(c, 1) + lead_off_sign(c, 2);
	if (c->reg[REG_LOFF_FLIP] & BIT(channel))
		sixths = -sixths;
	nanovolts = div_u64(ohms * picoamperes[(c->reg[REG_LOFF] >> 2) & 3] * abs(sixths) + 3000,
			    6000);
	return (sixths < 0 ? -1 : 1) * (s64)min_t(u64, nanovolts, NANOVOLTS_MAX);
}

ssize_t electrodes_show(struct bench *b, char *page)
{
	unsigned int n, channel;
	ssize_t bytes = 0;

	/* without the lock: only this attribute changes them, one whole value at a time */
	for (n = 0; n < b->chips; n++) {
		const struct chip *c = &b->chip[n];

		bytes += sysfs_emit_at(page, bytes, "chip=%u positive=0x%02x negative=0x%02x\n",
				       n, c->detached_p, c->detached_n);
		for (channel = 0; channel < b->channels; channel++)
			if (c->ohms_p[channel] || c->ohms_n[channel])
				bytes += sysfs_emit_at(page, bytes,
					"impedance chip=%u channel=%u ohms_p=%u ohms_n=%u\n",
					n, channel, c->ohms_p[channel], c->ohms_n[channel]);
	}
	return bytes;
}

struct request {
	bool is_impedance, sets_p, sets_n;
	u8 chip, channel;
	u32 p, n;
};

static int parse_key(struct bench *b, struct request *r, const char *key, const char *value)
{
	int base = r->is_impedance ? 10 : 16;
	u32 most = r->is_impedance ? 100000000 : 0xff;
	bool is_p = !strcmp(key, r->is_impedance ? "ohms_p" : "positive");
	bool is_n = !strcmp(key, r->is_impedance ? "ohms_n" : "negative");
	u32 number;
	int error;

	error = kstrtou32(value, is_p || is_n ? base : 0, &number);
	if (error)
		return error;
	if (is_p && number <= most) {
		r->p = number;
		r->sets_p = true;
	} else if (is_n && number <= most) {
		r->n = number;
		r->sets_n = true;
	} else if (!strcmp(key, "chip") && number < b->chips) {
		r->chip = number;
	} else if (!strcmp(key, "channel") && r->is_impedance && number < b->channels) {
		r->channel = number;
	} else {
		return -EINVAL;
	}
	return 0;
}

static void apply(struct bench *b, const struct request *r)
{
	unsigned long flags = bench_lock(b);
	struct chip *c = &b->chip[r->chip];
	unsigned int channel;

	if (!r->is_impedance) {
		c->detached_p = r->sets_p ? r->p : c->detached_p;
		c->detached_n = r->sets_n ? r->n : c->detached_n;
	}
	for (channel = 0; r->is_impedance && channel < b->channels; channel++) {
		if (r->channel != ALL_CHANNELS && r->channel != channel)
			continue;
		c->ohms_p[channel] = r->sets_p ? r->p : c->ohms_p[channel];
		c->ohms_n[channel] = r->sets_n ? r->n : c->ohms_n[channel];
	}
	bench_unlock(b, flags);
}

/*
 * One line: [chip=N] [positive=MASK] [negative=MASK], hexadecimal, or
 * impedance [chip=N] [channel=C] [ohms_p=R] [ohms_n=R].
 */
int electrodes_store(struct bench *b, char *line)
{
	struct request r = { .channel = ALL_CHANNELS };
	char *word;
	int error;

	while ((word = strsep(&line, " \t"))) {
		char *key = strsep(&word, "=");

		if (!word && !*key)
			continue;
		if (!word && !strcmp(key, "impedance") && !r.sets_p && !r.sets_n) {
			r.is_impedance = true;
			continue;
		}
		error = word ? parse_key(b, &r, key, word) : -EINVAL;
		if (error)
			return error;
	}
	if (!r.sets_p && !r.sets_n)
		return -EINVAL;
	apply(b, &r);
	return 0;
}
