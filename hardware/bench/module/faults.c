// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand: what is armed, from which conversion, how often, and how often it struck.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ads1299_bench.h"

static const char * const kinds[FAULT_KINDS] = {
	[F_LOST_EDGE] = "lost-edge", [F_STALL] = "stall", [F_BAD_STATUS] = "bad-status",
	[F_BIT_SLIP] = "bit-slip", [F_MISO_LOW] = "miso-low", [F_MISO_HIGH] = "miso-high",
	[F_BROWN_OUT] = "brown-out", [F_WRONG_ID] = "wrong-id",
	[F_DEAF_REGISTER] = "deaf-register", [F_FREEZE_DRDY] = "freeze-drdy",
	[F_SPI_ERROR] = "spi-error",
};

/* `count` is how often these strike, not how many conversions they last. */
static bool is_counted(enum fault_kind kind)
{
	return kind == F_BROWN_OUT || kind == F_SPI_ERROR;
}

static bool lasts(enum fault_kind kind)
{
	return kind == F_WRONG_ID || kind == F_DEAF_REGISTER;
}

/* A fault of the data line goes by also while the chip is reset and converts nothing. */
static bool goes_by(enum fault_kind kind)
{
	return kind == F_BAD_STATUS || kind == F_BIT_SLIP || kind == F_MISO_LOW ||
	       kind == F_MISO_HIGH;
}

static bool is_active(const struct fault *f, u64 number)
{
	if (f->over || number < f->at)
		return false;
	if (f->ends_ns && ktime_get_ns() >= f->ends_ns)
		return false;
	return f->forever || is_counted(f->kind) || number - f->at < f->count;
}

/* The fault of this kind that is active while conversion `number` is made or in the register. */
struct fault *fault_find(struct chip *c, enum fault_kind kind, u64 number)
{
	struct bench *b = c->bench;
	unsigned int n;

	if (!(c->faults & BIT(kind)))
		return NULL;
	for (n = 0; n < b->faults; n++) {
		struct fault *f = &b->fault[n];

		if (f->kind == kind && f->chip == c->index && is_active(f, number))
			return f;
	}
	return NULL;
}

bool fault_strikes(struct chip *c, enum fault_kind kind, u64 number)
{
	struct fault *f = fault_find(c, kind, number);

	if (!f)
		return false;
	f->fired++;
	if (goes_by(kind) && !f->forever && !f->ends_ns)
		f->ends_ns = ktime_get_ns() + f->count * chip_period(c) * 489;
	if (is_counted(kind) && !f->forever && f->fired == f->count)
		f->over = true;
	return true;
}

bool fault_is_deaf(struct chip *c, u8 address)
{
	struct bench *b = c->bench;
	u64 number = chip_current(c);
	unsigned int n;

	if (!(c->faults & BIT(F_DEAF_REGISTER)))
		return false;
	for (n = 0; n < b->faults; n++) {
		struct fault *f = &b->fault[n];

		if (f->kind == F_DEAF_REGISTER && f->chip == c->index && f->value == address &&
		    is_active(f, number)) {
			f->fired++;
			return true;
		}
	}
	return false;
}

/* Stalls that a reset ends */
void faults_reset(struct chip *c)
{
	struct bench *b = c->bench;
	unsigned int n;

	if (!c->stalled)
		return;
	for (n = 0; n < b->faults; n++) {
		struct fault *f = &b->fault[n];

		if (f->kind == F_STALL && f->chip == c->index && f->until_reset && f->fired) {
			f->over = true;
			c->stalled = false;
		}
	}
}

static void faults_clear(struct bench *b)
{
	unsigned long flags = bench_lock(b);
	u64 now = ktime_get_ns();
	unsigned int n;

	b->faults = 0;
	for (n = 0; n < b->chips; n++) {
		struct chip *c = &b->chip[n];

		c->faults = 0;
		c->frozen = false;
		chip_end_stall(c, now);
	}
	bench_unlock(b, flags);
}

ssize_t faults_show(struct bench *b, char *page)
{
	ssize_t bytes = 0;
	unsigned int n;

	for (n = 0; n < READ_ONCE(b->faults); n++) {
		unsigned long flags = bench_lock(b);
		struct fault copy = b->fault[n];
		const struct fault *f = &copy;

		bench_unlock(b, flags);
		bytes += sysfs_emit_at(page, bytes, "%s chip=%u at=%llu", kinds[f->kind],
				       f->chip, f->at);
		if (f->forever)
			bytes += sysfs_emit_at(page, bytes, " count=forever");
		else
			bytes += sysfs_emit_at(page, bytes, " count=%llu", f->count);
		if (f->until_reset)
			bytes += sysfs_emit_at(page, bytes, " until=reset");
		if (f->kind == F_WRONG_ID)
			bytes += sysfs_emit_at(page, bytes, " id=0x%02x", f->value);
		if (f->kind == F_DEAF_REGISTER)
			bytes += sysfs_emit_at(page, bytes, " register=0x%02x", f->value);
		bytes += sysfs_emit_at(page, bytes, " fired=%llu\n", f->fired);
	}
	return bytes;
}

static int parse_count(struct fault *f, const char *value)
{
	int error;

	f->forever = !strcmp(value, "forever");
	if (f->forever)
		return 0;
	error = kstrtou64(value, 0, &f->count);
	if (error)
		return error;
	return f->count ? 0 : -EINVAL;
}

static int parse_key(struct bench *b, struct fault *f, const char *key, const char *value)
{
	int error;

	if (!strcmp(key, "chip")) {
		error = kstrtou8(value, 0, &f->chip);
		return error ? error : f->chip < b->chips ? 0 : -EINVAL;
	}
	if (!strcmp(key, "at"))
		return kstrtou64(value, 0, &f->at);
	if (!strcmp(key, "count"))
		return parse_count(f, value);
	if (!strcmp(key, "until") && f->kind == F_STALL && !strcmp(value, "reset")) {
		f->until_reset = true;
		f->forever = true;
		return 0;
	}
	if ((!strcmp(key, "id") && f->kind == F_WRONG_ID) ||
	    (!strcmp(key, "register") && f->kind == F_DEAF_REGISTER))
		return kstrtou8(value, 0, &f->value);
	return -EINVAL;
}

static int faults_arm(struct bench *b, const struct fault *f, bool is_next)
{
	unsigned long flags = bench_lock(b);
	struct fault *to = &b->fault[b->faults];
	struct chip *c = &b->chip[f->chip];
	int error = 0;

	if (b->faults == FAULTS_MAX) {
		error = -ENOSPC;
	} else {
		*to = *f;
		if (is_next)
			to->at = lasts(f->kind) ? 0 : c->truth[T_CONVERSIONS];
		c->faults |= BIT(f->kind);
		b->faults++;
	}
	bench_unlock(b, flags);
	return error;
}

/* One line: KIND key=value ..., or `clear`. */
int faults_store(struct bench *b, char *line)
{
	struct fault f = { .count = 1, .at = NEVER, .value = 0x92 };
	char *word = strsep(&line, " \t");
	int kind = match_string(kinds, FAULT_KINDS, word);
	int error;

	if (!strcmp(word, "clear")) {
		faults_clear(b);
		return 0;
	}
	if (kind < 0)
		return -EINVAL;
	f.kind = kind;
	f.forever = lasts(kind);
	if (kind == F_DEAF_REGISTER)
		f.value = 0xff;
	while ((word = strsep(&line, " \t"))) {
		char *key = strsep(&word, "=");

		if (!*key && !word)
			continue;
		if (!word)
			return -EINVAL;
		error = parse_key(b, &f, key, word);
		if (error)
			return error;
	}
	if (kind == F_DEAF_REGISTER && f.value >= REGISTERS)
		return -EINVAL;
	return faults_arm(b, &f, f.at == NEVER);
}
