// SPDX-License-Identifier: GPL-2.0
/*
 * ads1299_bench: a virtual TI ADS1299, or up to four, behind a real SPI controller and a real GPIO
 * chip, so that an unmodified user-space driver runs through /dev/spidevB.C and /dev/gpiochipN on
 * a machine that has neither. README.md describes every parameter, line, attribute and fault.
 *
 * This file: the module, its parameters, its parts in order.
 */
#include <linux/module.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "ads1299_bench.h"

static int bus;
module_param(bus, int, 0444);
MODULE_PARM_DESC(bus, "SPI bus number; -1: the kernel chooses");

static unsigned int chips = 1;
module_param(chips, uint, 0444);
MODULE_PARM_DESC(chips, "number of chips, 1 to 4");

static unsigned int channels = 8;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "channels of each chip: 4, 6 or 8");

static bool daisy;
module_param(daisy, bool, 0444);
MODULE_PARM_DESC(daisy, "one chip select, the frames of all chips one after the other");

static unsigned int daisy_gap_bits = 1;
module_param(daisy_gap_bits, uint, 0444);
MODULE_PARM_DESC(daisy_gap_bits, "bits that do not matter between two frames, 0 or 1");

static bool shared_clock = true;
module_param(shared_clock, bool, 0444);
MODULE_PARM_DESC(shared_clock, "all chips run on the clock of the first");

bool wire_time = true;
module_param(wire_time, bool, 0644);
MODULE_PARM_DESC(wire_time, "a transfer lasts as long as its bits");

static struct platform_device *device;

static int bench_probe(struct platform_device *pdev)
{
	unsigned int frame_bits, n;
	struct bench *b;
	int error;

	b = devm_kzalloc(&pdev->dev, sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	b->dev = &pdev->dev;
	b->chips = chips;
	b->channels = channels;
	b->daisy = daisy;
	b->gap_bits = daisy ? daisy_gap_bits : 0;
	b->shared_clock = shared_clock;
	b->frame_bytes = 3 + 3 * channels;
	frame_bits = b->frame_bytes * 8;
	b->stream_bytes = b->frame_bytes;
	if (daisy)
		b->stream_bytes = DIV_ROUND_UP(chips * frame_bits + (chips - 1) * b->gap_bits, 8);
	raw_spin_lock_init(&b->lock);
	mutex_init(&b->text_lock);
	b->level = BIT(LINE_RESET) | BIT(LINE_PWDN) | BIT(LINE_ESTOP) | BIT(LINE_DRDY) |
		   BIT(LINE_DRDY2) | BIT(LINE_DRDY3) | BIT(LINE_DRDY4);
	for (n = 0; n < chips; n++) {
		struct chip *c = &b->chip[n];

		c->bench = b;
		c->index = n;
		c->end = b->frame_bytes;
		if (daisy)
			c->end = DIV_ROUND_UP((n + 1) * frame_bits + n * b->gap_bits, 8);
		chip_init(c);
	}
	platform_set_drvdata(pdev, b);

	error = lines_register(b);
	if (error)
		return dev_err_probe(&pdev->dev, error, "no gpio chip\n");
	error = wire_register(b, bus);
	if (error) {
		dev_err_probe(&pdev->dev, error, "no SPI controller\n");
		goto no_controller;
	}
	error = recording_register();
	if (error) {
		dev_err_probe(&pdev->dev, error, "no /dev/ads1299_bench\n");
		goto no_recording;
	}
	return 0;

no_recording:
	wire_unregister(b);
no_controller:
	lines_unregister(b);
	return error;
}

static void bench_stop(struct bench *b)
{
	unsigned long flags;
	unsigned int n;

	wire_unregister(b);
	flags = bench_lock(b);
	b->gone = true;
	bench_unlock(b, flags);
	for (n = 0; n < b->chips; n++)
		hrtimer_cancel(&b->chip[n].timer);
	lines_unregister(b);
	recording_unregister();
	kfree(b->text);
}

#if KERNEL_VERSION(6, 11, 0) <= LINUX_VERSION_CODE
static void bench_remove(struct platform_device *pdev)
{
	bench_stop(platform_get_drvdata(pdev));
}
#else
static int bench_remove(struct platform_device *pdev)
{
	bench_stop(platform_get_drvdata(pdev));
	return 0;
}
#endif

static struct platform_driver bench_driver = {
	.probe = bench_probe,
	.remove = bench_remove,
	.driver = {
		.name = "ads1299-bench",
		.dev_groups = bench_groups,
	},
};

/*
 * The lines' names are properties rather than gpio_chip.names: with those, Linux 6.1 looks into
 * every chip for the same name, also into one that went while a line was held, and falls over.
 */
static const char * const line_names[LINES] = {
	[LINE_DRDY] = "DRDY", [LINE_RESET] = "RESET", [LINE_START] = "START",
	[LINE_PWDN] = "PWDN", [LINE_ESTOP] = "ESTOP", [LINE_DRDY2] = "DRDY2",
	[LINE_DRDY3] = "DRDY3", [LINE_DRDY4] = "DRDY4",
	[LINE_DEADMAN] = "DEADMAN",
};

static const struct property_entry bench_properties[] = {
	PROPERTY_ENTRY_STRING_ARRAY("gpio-line-names", line_names),
	{ }
};

/* Not .properties of the device: the gpio chip would release such a node a second time. */
static const struct software_node bench_node = {
	.name = "ads1299-bench",
	.properties = bench_properties,
};

static int __init bench_init(void)
{
	struct platform_device_info info = {
		.name = "ads1299-bench",
		.id = PLATFORM_DEVID_NONE,
	};
	int error;

	if (chips < 1 || chips > CHIPS_MAX || daisy_gap_bits > 1 ||
	    (channels != 4 && channels != 6 && channels != 8))
		return -EINVAL;
	error = software_node_register(&bench_node);
	if (error)
		return error;
	info.fwnode = software_node_fwnode(&bench_node);
	/*
	 * Without an owner: a line that somebody holds must not keep the module loaded, since
	 * unloading it is how the bench pulls the plug.
	 */
	error = __platform_driver_register(&bench_driver, NULL);
	if (error)
		goto no_driver;
	device = platform_device_register_full(&info);
	if (IS_ERR(device)) {
		error = PTR_ERR(device);
		goto no_device;
	}
	if (!platform_get_drvdata(device)) {
		error = -ENODEV;	/* what was missing is in the log */
		goto no_probe;
	}
	return 0;

no_probe:
	platform_device_unregister(device);
no_device:
	platform_driver_unregister(&bench_driver);
no_driver:
	software_node_unregister(&bench_node);
	return error;
}

static void __exit bench_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&bench_driver);
	software_node_unregister(&bench_node);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The authors of acquire");
MODULE_DESCRIPTION("A virtual ADS1299 behind spidev and gpiochip");
