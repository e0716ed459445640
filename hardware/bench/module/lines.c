// SPDX-License-Identifier: GPL-2.0
/*
 * The lines: a gpio_chip with interrupts. DRDY and ESTOP are inputs of the host, the others its
 * outputs.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/version.h>

#include "ads1299_bench.h"

#define OUTPUTS		(BIT(LINE_RESET) | BIT(LINE_START) | BIT(LINE_PWDN) | BIT(LINE_DEADMAN))

bool line_is_high(const struct bench *b, enum line which)
{
	return b->level & BIT(which);
}

/* With the lock held; bench_unlock raises the interrupts. */
void line_drive(struct bench *b, enum line which, bool high)
{
	if (high == line_is_high(b, which))
		return;
	WRITE_ONCE(b->level, b->level ^ BIT(which));
	if (high)
		b->edges.rise |= BIT(which);
	else
		b->edges.fall |= BIT(which);
}

static void lines_raise(struct bench *b, unsigned long edges, unsigned int type)
{
	unsigned int line;

	for_each_set_bit(line, &edges, LINES)
		if (test_bit(line, &b->irq_on) && READ_ONCE(b->irq_type[line]) & type)
			generic_handle_domain_irq_safe(b->gc.irq.domain, line);
}

void bench_unlock(struct bench *b, unsigned long flags)
{
	struct edges edges = b->edges;
	bool gone = b->gone;

	b->edges = (struct edges){ };
	raw_spin_unlock_irqrestore(&b->lock, flags);
	if (gone)
		return;
	if (edges.rise)
		lines_raise(b, edges.rise, IRQ_TYPE_EDGE_RISING);
	if (edges.fall)
		lines_raise(b, edges.fall, IRQ_TYPE_EDGE_FALLING);
}

/* ---- outputs of the host ---- */

static void reset_pin(struct chip *c, bool high, u64 now)
{
	if (!high) {
		chip_reset(c);
		c->reset_low_at = now;
		return;
	}
	if (now < c->reset_low_at + chip_clocks_ns(c, CLOCKS_RESET_PULSE))
		chip_violation(c, T_TIMING_RESET_PULSE);
	c->ready_at = max(c->ready_at, now + chip_clocks_ns(c, CLOCKS_AFTER_RESET));
}

static void power_pin(struct chip *c, bool high, u64 now)
{
	chip_reset(c);
	if (high)
		c->ready_at = now + chip_clocks_ns(c, CLOCKS_POWER_ON);
}

static int lines_write(struct gpio_chip *gc, unsigned int line, int value)
{
	struct bench *b = gpiochip_get_data(gc);
	u64 now = ktime_get_ns();
	unsigned long flags = bench_lock(b);
	bool changes = line_is_high(b, line) != !!value;
	unsigned int n;

	line_drive(b, line, value);
	if (changes && line == LINE_DEADMAN) {
		b->deadman_ns = ktime_get_real_ns();
		b->deadman_edges++;
	}
	for (n = 0; changes && n < b->chips; n++) {
		if (line == LINE_RESET)
			reset_pin(&b->chip[n], value, now);
		else if (line == LINE_PWDN)
			power_pin(&b->chip[n], value, now);
		chip_update(&b->chip[n], now);
	}
	bench_unlock(b, flags);
	return 0;
}

static int lines_get(struct gpio_chip *gc, unsigned int line)
{
	struct bench *b = gpiochip_get_data(gc);

	return !!(READ_ONCE(b->level) & BIT(line));
}

#if KERNEL_VERSION(6, 17, 0) <= LINUX_VERSION_CODE
#define lines_set lines_write
#else
static void lines_set(struct gpio_chip *gc, unsigned int line, int value)
{
	lines_write(gc, line, value);
}
#endif

static int lines_get_direction(struct gpio_chip *gc, unsigned int line)
{
	return OUTPUTS & BIT(line) ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int lines_direction_input(struct gpio_chip *gc, unsigned int line)
{
	return OUTPUTS & BIT(line) ? -EPERM : 0;
}

static int lines_direction_output(struct gpio_chip *gc, unsigned int line, int value)
{
	return OUTPUTS & BIT(line) ? lines_write(gc, line, value) : -EPERM;
}

/* ---- interrupts ---- */

static void lines_mask(struct irq_data *d)
{
	struct gpio_chip *gc = irq_data_get_irq_chip_data(d);
	struct bench *b = gpiochip_get_data(gc);

	clear_bit(irqd_to_hwirq(d), &b->irq_on);
	gpiochip_disable_irq(gc, irqd_to_hwirq(d));
}

static void lines_unmask(struct irq_data *d)
{
	struct gpio_chip *gc = irq_data_get_irq_chip_data(d);
	struct bench *b = gpiochip_get_data(gc);

	gpiochip_enable_irq(gc, irqd_to_hwirq(d));
	set_bit(irqd_to_hwirq(d), &b->irq_on);
}

static int lines_set_type(struct irq_data *d, unsigned int type)
{
	struct bench *b = gpiochip_get_data(irq_data_get_irq_chip_data(d));

	if (type & IRQ_TYPE_LEVEL_MASK)
		return -EINVAL;
	WRITE_ONCE(b->irq_type[irqd_to_hwirq(d)], type);
	return 0;
}

static const struct irq_chip lines_irq_chip = {
	.name = "ads1299-bench",
	.irq_mask = lines_mask,
	.irq_unmask = lines_unmask,
	.irq_set_type = lines_set_type,
	.flags = IRQCHIP_IMMUTABLE | IRQCHIP_SKIP_SET_WAKE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

int lines_register(struct bench *b)
{
	struct gpio_chip *gc = &b->gc;

	gc->label = "ads1299-bench";
	gc->parent = b->dev;
	gc->base = -1;
	gc->ngpio = LINES;
	gc->get_direction = lines_get_direction;
	gc->direction_input = lines_direction_input;
	gc->direction_output = lines_direction_output;
	gc->get = lines_get;
	gc->set = lines_set;
	gpio_irq_chip_set_chip(&gc->irq, &lines_irq_chip);
	gc->irq.handler = handle_simple_irq;
	gc->irq.default_type = IRQ_TYPE_NONE;
	return gpiochip_add_data(gc, b);
}

/*
 * Whoever still waits for edges holds an interrupt of a chip that is about to go: older kernels do
 * not free it themselves, and would call into this module when the file is closed.
 */
static void lines_free_interrupts(struct bench *b)
{
	unsigned int line;

	for (line = 0; line < LINES; line++) {
		unsigned int irq = irq_find_mapping(b->gc.irq.domain, line);
		struct irq_data *d = irq ? irq_get_irq_data(irq) : NULL;
		struct irq_desc *desc = d ? irq_data_to_desc(d) : NULL;

		while (desc && desc->action)
			free_irq(irq, desc->action->dev_id);
	}
}

void lines_unregister(struct bench *b)
{
	lines_free_interrupts(b);
	gpiochip_remove(&b->gc);
}
