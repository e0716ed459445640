// SPDX-License-Identifier: GPL-2.0
/*
 * The chip: its registers, its clock, its converter, DRDY. Everything here runs with the bench's
 * lock held, the timer's function excepted.
 */
#include <linux/math64.h>
#include <linux/version.h>

#include "ads1299_bench.h"

static const enum line drdy_lines[CHIPS_MAX] = {
	LINE_DRDY, LINE_DRDY2, LINE_DRDY3, LINE_DRDY4
};

void chip_violation(struct chip *c, enum truth kind)
{
	c->truth[T_TIMING_VIOLATIONS]++;
	c->truth[kind]++;
}

/* The reserved code of DR acts as the slowest rate. */
unsigned int chip_rate(const struct chip *c)
{
	return min(c->reg[REG_CONFIG1] & 7, 6);
}

/* Clocks of one conversion: 128 at 16 kSPS, twice as many with each slower rate */
unsigned int chip_period(const struct chip *c)
{
	return 128u << chip_rate(c);
}

static s32 chip_ppm(const struct chip *c)
{
	return c->bench->shared_clock ? c->bench->chip[0].ppm : c->ppm;
}

/* tCLK is 488.28125 ns. The error is a share of the whole span, never a sum of roundings. */
u64 chip_clocks_ns(struct chip *c, u64 clocks)
{
	u64 nominal = clocks * 15625 / 32;
	s32 ppm = chip_ppm(c);
	u64 millions;
	u32 rest;

	if (!ppm)
		return nominal;
	millions = div_u64_rem(nominal, 1000000, &rest);
	return nominal + (s64)millions * ppm + div_s64((s64)rest * ppm, 1000000);
}

static u64 chip_elapsed_clocks(struct chip *c, u64 now)
{
	u64 ns = now > c->base_ns ? now - c->base_ns : 0;
	u64 seconds;
	u32 rest;

	/* in shares of a million, as above, turned around */
	seconds = div_u64_rem(ns, 1000000 + chip_ppm(c), &rest);
	ns = seconds * 1000000 + div_u64((u64)rest * 1000000, 1000000 + chip_ppm(c));
	return div_u64(ns * 32, 15625);
}

bool chip_drdy(const struct chip *c)
{
	return line_is_high(c->bench, drdy_lines[c->index]);
}

void chip_set_drdy(struct chip *c, bool high)
{
	if (!c->frozen)
		line_drive(c->bench, drdy_lines[c->index], high);
}

/*
 * The timer's next event: DRDY's pulse before the next conversion when nobody has read the last,
 * else the conversion itself.
 */
void chip_arm(struct chip *c)
{
	u64 at = c->due;

	if (at == NEVER || c->bench->gone)
		return;
	if (!chip_drdy(c) && !c->frozen)
		at -= chip_clocks_ns(c, CLOCKS_DRDY_PULSE);
	hrtimer_start(&c->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_HARD);
}

static void chip_schedule(struct chip *c)
{
	u64 clocks;

	if (!c->converting || c->stalled) {
		c->due = NEVER;
		return;
	}
	/* settling: four conversions and nine clocks */
	clocks = (c->k + 4) * chip_period(c) + 9;
	c->due = c->base_ns + chip_clocks_ns(c, clocks - c->base_clocks);
}

void chip_set_ppm(struct chip *c, s32 ppm, u64 now)
{
	unsigned int n;

	/* what has passed has passed at the old rate */
	for (n = 0; n < c->bench->chips; n++) {
		struct chip *other = &c->bench->chip[n];

		if ((other == c || c->bench->shared_clock) && other->converting) {
			/* a start that is still ahead moves nothing */
			u64 clocks = chip_elapsed_clocks(other, now);

			other->base_ns += chip_clocks_ns(other, clocks);
			other->base_clocks += clocks;
		}
	}
	c->ppm = ppm;
	for (n = 0; n < c->bench->chips; n++) {
		chip_schedule(&c->bench->chip[n]);
		chip_arm(&c->bench->chip[n]);
	}
}

void chip_start_filter(struct chip *c, u64 at)
{
	c->base_ns = at;
	c->base_clocks = 0;
	c->k = 0;
	chip_set_drdy(c, true);
	chip_schedule(c);
	chip_arm(c);
}

/* Starts or stops converting, as pins and opcodes have it now. */
void chip_update(struct chip *c, u64 at)
{
	struct bench *b = c->bench;
	bool wanted = line_is_high(b, LINE_PWDN) && line_is_high(b, LINE_RESET) && !c->standby &&
		      (c->started || line_is_high(b, LINE_START));

	if (wanted == c->converting)
		return;
	c->converting = wanted;
	if (!wanted) {
		chip_schedule(c);
		return;
	}
	if (c->unread)
		c->truth[T_DISCARDED_UNREAD]++;
	c->unread = false;
	c->truth[T_STARTS]++;
	c->since_start = 0;
	c->last_start = c->truth[T_CONVERSIONS];
	c->settled_from = NEVER;
	if (!b->shared_clock)
		at += chip_clocks_ns(c, c->index * CLOCKS_PHASE);
	chip_start_filter(c, at);
}

static void chip_reset_registers(struct chip *c)
{
	static const u8 values[REGISTERS] = {
		[REG_CONFIG1] = 0x96, [REG_CONFIG2] = 0xc0, [REG_CONFIG3] = 0x60,
		[REG_CH1SET ... REG_CH1SET + CHANNELS_MAX - 1] = 0x61, [REG_GPIO] = 0x0f,
	};

	memcpy(c->reg, values, sizeof(values));
	/* revision 1; 11: ADS1299; how many channels */
	c->reg[REG_ID] = 0x3c | (c->bench->channels / 2 - 2);
	c->rdatac = true;
	c->standby = false;
	c->started = false;
	c->reference_at = NEVER;
}

/* What power-up, the RESET pin and the RESET opcode do; the caller says when it is ready again. */
void chip_reset(struct chip *c)
{
	c->truth[T_RESETS]++;
	serial_abandon(c);
	chip_reset_registers(c);
	c->state = S_COMMAND;
	c->pos = c->bench->stream_bytes;
	c->converting = false;
	faults_reset(c);
	chip_schedule(c);
	chip_set_drdy(c, true);
}

/* GPIO4...1: outputs show what they drive, inputs see a low level. */
static u8 chip_pins(const struct chip *c)
{
	return (c->reg[REG_GPIO] >> 4) & ~c->reg[REG_GPIO] & 0x0f;
}

u8 chip_register(struct chip *c, unsigned int address)
{
	if (address >= REGISTERS)
		return 0;
	if (address == REG_GPIO)
		return chip_pins(c) << 4 | (c->reg[REG_GPIO] & 0x0f);
	return c->reg[address];
}

/* The number of the conversion in the output register */
u64 chip_current(const struct chip *c)
{
	u64 conversions = c->truth[T_CONVERSIONS];

	return conversions ? conversions - 1 : 0;
}

static void chip_compose(struct chip *c, u64 number)
{
	u8 nibble = fault_strikes(c, F_BAD_STATUS, number) ? 0 : 0xc;
	bool compares = c->reg[REG_CONFIG4] & CONFIG4_PD_LOFF_COMP;
	u8 p = compares ? c->detached_p & c->reg[REG_LOFF_SENSP] : 0;
	u8 n = compares ? c->detached_n & c->reg[REG_LOFF_SENSN] : 0;
	u8 *out = c->output;
	unsigned int channel;

	c->reg[REG_LOFF_STATP] = p;
	c->reg[REG_LOFF_STATN] = n;
	*out++ = nibble << 4 | p >> 4;
	*out++ = p << 4 | n >> 4;
	*out++ = n << 4 | chip_pins(c);
	for (channel = 0; channel < c->bench->channels; channel++) {
		s32 count = input_measure(c, channel, number);

		*out++ = count >> 16;
		*out++ = count >> 8;
		*out++ = count;
	}
}

/* The conversion in the output register makes place for the next. */
static void chip_displace(struct chip *c)
{
	bool reading = c->pos < c->end && c->shifting_serial == c->serial;

	if (c->unread) {
		if (reading && !c->rdatac)
			c->held = true;		/* RDATA has a copy of its own */
		else
			c->truth[T_OVERWRITTEN_UNREAD]++;
	}
	if (reading && c->rdatac && c->pos) {
		c->overtaken = true;
		c->torn = true;
	}
}

/* The conversion that is due. The supply may dip instead, or the modulator stop. */
static void chip_convert(struct chip *c)
{
	u64 number = c->truth[T_CONVERSIONS];
	u64 due = c->due;
	struct fault *stall = fault_find(c, F_STALL, number);

	if (fault_strikes(c, F_BROWN_OUT, number)) {
		c->truth[T_BROWN_OUTS]++;
		chip_reset_registers(c);
		c->converting = line_is_high(c->bench, LINE_START);
		chip_start_filter(c, due);
		return;
	}
	if (stall) {
		stall->fired++;
		if (stall->forever) {
			c->stalled = true;
		} else {
			stall->over = true;
			c->k += stall->count;
			c->truth[T_STALLED_PERIODS] += stall->count;
		}
		chip_schedule(c);
		return;
	}
	chip_displace(c);
	if (c->settled_from == NEVER && due >= c->reference_at)
		c->settled_from = number;
	c->drdy_at = due;
	chip_compose(c, number);
	c->serial++;
	c->unread = true;
	c->latency_taken = false;
	c->truth[T_CONVERSIONS]++;
	c->since_start++;
	c->k++;
	if (c->rdatac) {
		if (c->overtaken && c->pos < c->end) {
			memcpy(c->shifting, c->output, sizeof(c->shifting));
			c->bench->stream_stale = true;
		} else if (c->selected && c->pos) {
			c->pos = 0;	/* chip select stayed low: the next frame follows */
			c->torn = false;
			c->overtaken = false;
		}
	}

	/* DRDY has pulsed high unless the timer was late */
	chip_set_drdy(c, true);
	c->frozen = fault_strikes(c, F_FREEZE_DRDY, number);
	if (c->frozen)
		c->truth[T_EDGES_LOST]++;
	chip_set_drdy(c, false);
	if (fault_strikes(c, F_LOST_EDGE, number) && !c->frozen) {
		c->truth[T_EDGES_LOST]++;
		c->bench->edges.fall &= ~BIT(drdy_lines[c->index]);
	}
	chip_schedule(c);
}

/* Does what has come due, one thing; false when nothing has. */
static bool chip_step(struct chip *c, u64 now)
{
	if (c->due == NEVER)
		return false;
	if (now >= c->due) {
		chip_convert(c);
		return true;
	}
	if (!chip_drdy(c) && !c->frozen && now + chip_clocks_ns(c, CLOCKS_DRDY_PULSE) >= c->due) {
		chip_set_drdy(c, true);
		return true;
	}
	return false;
}

/* A modulator that goes on after all keeps to its periods. */
void chip_end_stall(struct chip *c, u64 now)
{
	u64 clocks;

	if (!c->stalled)
		return;
	c->stalled = false;
	if (!c->converting)
		return;
	clocks = c->base_clocks + chip_elapsed_clocks(c, now);
	while ((c->k + 4) * chip_period(c) + 9 <= clocks) {
		c->k++;
		c->truth[T_STALLED_PERIODS]++;
	}
	chip_schedule(c);
	chip_arm(c);
}

/* Everything that has come due, each event's interrupts before the next. Without the lock. */
void chip_catch_up(struct chip *c, u64 now)
{
	struct bench *b = c->bench;
	unsigned int steps;
	bool more = true;

	/* a bound for interrupt context: the timer comes again at once */
	for (steps = 0; more && steps < 64; steps++) {
		unsigned long flags = bench_lock(b);

		chip_step(c, now);
		more = c->due != NEVER && c->due <= now;
		if (!more || steps == 63)
			chip_arm(c);
		bench_unlock(b, flags);
	}
}

static enum hrtimer_restart chip_tick(struct hrtimer *timer)
{
	chip_catch_up(container_of(timer, struct chip, timer), ktime_get_ns());
	return HRTIMER_NORESTART;	/* chip_arm has started it again */
}

void chip_init(struct chip *c)
{
#if KERNEL_VERSION(6, 13, 0) <= LINUX_VERSION_CODE
	hrtimer_setup(&c->timer, chip_tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
#else
	hrtimer_init(&c->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	c->timer.function = chip_tick;
#endif
	chip_reset_registers(c);
	c->due = NEVER;
	c->settled_from = NEVER;
	c->pos = c->bench->stream_bytes;
	c->latency.min = NEVER;
	c->ready_at = ktime_get_ns() + chip_clocks_ns(c, CLOCKS_POWER_ON);
}
