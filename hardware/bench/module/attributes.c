// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/devices/platform/ads1299-bench/: what a test sets, and the truth that it compares with.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ads1299_bench.h"

#define TEXT_BYTES	16384

static const char * const truth_names[TRUTHS] = {
	[T_CONVERSIONS] = "conversions",
	[T_FRAMES_READ] = "frames_read",
	[T_OVERWRITTEN_UNREAD] = "overwritten_unread",
	[T_DISCARDED_UNREAD] = "discarded_unread",
	[T_EDGES_LOST] = "edges_lost",
	[T_STALLED_PERIODS] = "stalled_periods",
	[T_TORN_READS] = "torn_reads",
	[T_REGISTER_ACCESS_IN_RDATAC] = "register_access_in_rdatac",
	[T_RDATA_IN_RDATAC] = "rdata_in_rdatac",
	[T_UNKNOWN_OPCODES] = "unknown_opcodes",
	[T_COMMANDS_IN_STANDBY] = "commands_in_standby",
	[T_WRONG_MODE] = "wrong_mode",
	[T_WRONG_SPEED] = "wrong_speed",
	[T_TIMING_VIOLATIONS] = "timing_violations",
	[T_TIMING_DECODE] = "timing_decode",
	[T_TIMING_NOT_READY] = "timing_not_ready",
	[T_TIMING_RESET_PULSE] = "timing_reset_pulse",
	[T_TIMING_SELECT_PULSE] = "timing_select_pulse",
	[T_TIMING_SELECT_HOLD] = "timing_select_hold",
	[T_RESETS] = "resets",
	[T_STARTS] = "starts",
	[T_BROWN_OUTS] = "brown_outs",
	[T_TRANSFERS] = "transfers",
};

static const char * const signal_names[] = {
	[SIGNAL_REGISTERS] = "registers", [SIGNAL_RAMP] = "ramp", [SIGNAL_FEED] = "feed",
};

/* Calls a function with each line of what was written. */
static ssize_t store_lines(struct device *dev, const char *text, size_t count,
			   int (*store)(struct bench *b, char *line))
{
	struct bench *b = dev_get_drvdata(dev);
	char *copy = kstrndup(text, count, GFP_KERNEL);
	char *rest = copy, *line;
	int error = 0;

	if (!copy)
		return -ENOMEM;
	while (!error && (line = strsep(&rest, "\n"))) {
		line = strim(line);
		if (*line)
			error = store(b, line);
	}
	kfree(copy);
	return error ? error : count;
}

/* ---- truth ---- */

/* What is counted, or kept, of one chip at one moment */
struct account {
	u64 truth[TRUTHS];
	struct latency latency;
	u64 last_start, settled_from;
	unsigned int unread;
};

static void emit(struct bench *b, const char *name, int chip, s64 value)
{
	size_t room = TEXT_BYTES - b->text_bytes;
	char *to = b->text + b->text_bytes;

	if (chip < 0)
		b->text_bytes += scnprintf(to, room, "%s %lld\n", name, value);
	else
		b->text_bytes += scnprintf(to, room, "%s.%d %lld\n", name, chip, value);
}

/* `chip` -1: without a number */
static void emit_account(struct bench *b, const struct account *a, int chip)
{
	const struct latency *l = &a->latency;
	unsigned int n;

	for (n = 0; n < TRUTHS; n++)
		emit(b, truth_names[n], chip, a->truth[n]);
	emit(b, "unread", chip, a->unread);
	emit(b, "conversion_of_last_start", chip, a->last_start);
	emit(b, "settled_from", chip, a->settled_from);
	emit(b, "latency_count", chip, l->count);
	emit(b, "latency_min_nanoseconds", chip, l->count ? l->min : 0);
	emit(b, "latency_mean_nanoseconds", chip, l->count ? div64_u64(l->sum, l->count) : 0);
	emit(b, "latency_max_nanoseconds", chip, l->max);
}

static void take_account(struct account *a, const struct chip *c)
{
	memcpy(a->truth, c->truth, sizeof(a->truth));
	a->latency = c->latency;
	a->last_start = c->last_start;
	a->settled_from = c->settled_from;
	a->unread = c->unread;
}

static void add_account(struct account *sum, const struct account *a)
{
	unsigned int n;

	for (n = 0; n < TRUTHS; n++)
		sum->truth[n] += a->truth[n];
	sum->unread += a->unread;
	sum->latency.count += a->latency.count;
	sum->latency.sum += a->latency.sum;
	sum->latency.min = min(sum->latency.min, a->latency.min);
	sum->latency.max = max(sum->latency.max, a->latency.max);
}

static int write_truth(struct bench *b)
{
	struct account account[CHIPS_MAX], sum;
	unsigned long flags;
	unsigned int n;
	u32 level;

	if (!b->text)
		b->text = kmalloc(TEXT_BYTES, GFP_KERNEL);
	if (!b->text)
		return -ENOMEM;
	flags = bench_lock(b);
	for (n = 0; n < b->chips; n++)
		take_account(&account[n], &b->chip[n]);
	level = b->level;
	bench_unlock(b, flags);

	sum = account[0];
	for (n = 1; n < b->chips; n++)
		add_account(&sum, &account[n]);
	b->text_bytes = 0;
	emit_account(b, &sum, -1);
	emit(b, "levels", -1, level);
	emit(b, "table_records", -1, recording_records(b));
	for (n = 0; n < b->chips; n++)
		emit_account(b, &account[n], n);
	return 0;
}

/* Longer than a page with four chips: a binary attribute, whose text is taken at its beginning. */
static ssize_t truth_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			  char *to, loff_t offset, size_t count)
{
	struct bench *b = dev_get_drvdata(kobj_to_dev(kobj));
	ssize_t result = 0;

	mutex_lock(&b->text_lock);
	if (!offset)
		result = write_truth(b);
	if (!result)
		result = memory_read_from_buffer(to, count, &offset, b->text, b->text_bytes);
	mutex_unlock(&b->text_lock);
	return result;
}

static ssize_t truth_write(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			   char *from, loff_t offset, size_t count)
{
	struct bench *b = dev_get_drvdata(kobj_to_dev(kobj));
	unsigned long flags = bench_lock(b);
	unsigned int n;

	for (n = 0; n < b->chips; n++) {
		struct chip *c = &b->chip[n];

		memset(c->truth, 0, sizeof(c->truth));
		c->latency = (struct latency){ .min = NEVER };
		c->unread = false;
		c->held = false;
		c->last_start = 0;
		if (c->settled_from != NEVER)
			c->settled_from = 0;
	}
	bench_unlock(b, flags);
	return count;
}
static BIN_ATTR_RW(truth, 0);

/* ---- the others ---- */

static ssize_t registers_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct bench *b = dev_get_drvdata(dev);
	u8 values[CHIPS_MAX * REGISTERS];
	unsigned int at, count = b->chips * REGISTERS;
	unsigned long flags;
	ssize_t bytes = 0;

	flags = bench_lock(b);
	for (at = 0; at < count; at++)
		values[at] = chip_register(&b->chip[at / REGISTERS], at % REGISTERS);
	bench_unlock(b, flags);
	for (at = 0; at < count; at++)
		bytes += sysfs_emit_at(page, bytes, "%02x%c", values[at],
				       (at + 1) % REGISTERS ? ' ' : '\n');
	return bytes;
}
static DEVICE_ATTR_RO(registers);

static ssize_t signal_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct bench *b = dev_get_drvdata(dev);

	return sysfs_emit(page, "%s\n", signal_names[READ_ONCE(b->signal)]);
}

static ssize_t signal_store(struct device *dev, struct device_attribute *attr, const char *text,
			    size_t count)
{
	struct bench *b = dev_get_drvdata(dev);
	int signal = sysfs_match_string(signal_names, text);

	if (signal < 0)
		return signal;
	WRITE_ONCE(b->signal, signal);
	return count;
}
static DEVICE_ATTR_RW(signal);

static ssize_t clock_ppm_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct bench *b = dev_get_drvdata(dev);
	ssize_t bytes = 0;
	unsigned int n;

	for (n = 0; n < b->chips; n++)
		bytes += sysfs_emit_at(page, bytes, "%u %d\n", n,
				       b->chip[b->shared_clock ? 0 : n].ppm);
	return bytes;
}

/* PPM for all, or N PPM for one that has a clock of its own. */
static int clock_ppm_line(struct bench *b, char *line)
{
	unsigned int chip = 0, n, last = b->chips - 1;
	char *value = strchr(line, ' ');
	unsigned long flags;
	int error, ppm;
	u64 now;

	if (value) {
		*value = 0;
		error = kstrtouint(line, 0, &chip);
		if (error)
			return error;
		if (chip > last || (chip && b->shared_clock))
			return -EINVAL;
		last = chip;
	}
	error = kstrtoint(value ? skip_spaces(value + 1) : line, 0, &ppm);
	if (error)
		return error;
	if (ppm < -500000 || ppm > 500000)
		return -ERANGE;
	now = ktime_get_ns();
	flags = bench_lock(b);
	for (n = chip; n <= (b->shared_clock ? 0 : last); n++)
		chip_set_ppm(&b->chip[n], ppm, now);
	bench_unlock(b, flags);
	return 0;
}

static ssize_t clock_ppm_store(struct device *dev, struct device_attribute *attr,
			       const char *text, size_t count)
{
	return store_lines(dev, text, count, clock_ppm_line);
}
static DEVICE_ATTR_RW(clock_ppm);

static ssize_t electrodes_attr_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return electrodes_show(dev_get_drvdata(dev), page);
}

static ssize_t electrodes_attr_store(struct device *dev, struct device_attribute *attr,
				     const char *text, size_t count)
{
	return store_lines(dev, text, count, electrodes_store);
}

static struct device_attribute dev_attr_electrodes =
	__ATTR(electrodes, 0644, electrodes_attr_show, electrodes_attr_store);

static ssize_t fault_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return faults_show(dev_get_drvdata(dev), page);
}

static ssize_t fault_store(struct device *dev, struct device_attribute *attr, const char *text,
			   size_t count)
{
	return store_lines(dev, text, count, faults_store);
}
static DEVICE_ATTR_RW(fault);

static ssize_t estop_show(struct device *dev, struct device_attribute *attr, char *page)
{
	return sysfs_emit(page, "%d\n", line_is_high(dev_get_drvdata(dev), LINE_ESTOP));
}

static ssize_t estop_store(struct device *dev, struct device_attribute *attr, const char *text,
			   size_t count)
{
	struct bench *b = dev_get_drvdata(dev);
	unsigned long flags;
	bool high;
	int error;

	error = kstrtobool(text, &high);
	if (error)
		return error;
	flags = bench_lock(b);
	line_drive(b, LINE_ESTOP, high);
	b->estop_ns = ktime_get_real_ns();
	bench_unlock(b, flags);
	return count;
}
static DEVICE_ATTR_RW(estop);

static ssize_t deadman_show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct bench *b = dev_get_drvdata(dev);
	unsigned long flags = bench_lock(b);
	u64 edges = b->deadman_edges, newest = b->deadman_ns, estop = b->estop_ns;

	bench_unlock(b, flags);
	return sysfs_emit(page, "deadman_edges %llu\ndeadman_newest_nanoseconds %llu\n"
			  "estop_moved_nanoseconds %llu\nnow_nanoseconds %llu\n",
			  edges, newest, estop, ktime_get_real_ns());
}
static DEVICE_ATTR_RO(deadman);

static struct attribute *bench_attributes[] = {
	&dev_attr_registers.attr, &dev_attr_signal.attr, &dev_attr_clock_ppm.attr,
	&dev_attr_electrodes.attr, &dev_attr_fault.attr, &dev_attr_estop.attr,
	&dev_attr_deadman.attr, NULL
};

static struct bin_attribute *bench_bin_attributes[] = { &bin_attr_truth, NULL };

static const struct attribute_group bench_group = {
	.attrs = bench_attributes,
	.bin_attrs = bench_bin_attributes,
};

const struct attribute_group *bench_groups[] = { &bench_group, NULL };
