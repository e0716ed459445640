// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ads1299_bench: the recording that the electrodes carry. Written once, before the start, as
 * little-endian int32[chips * channels] records; the timers read it under the bench's lock.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "ads1299_bench.h"

#define PIECE_SHIFT	20
#define PIECE_BYTES	BIT(PIECE_SHIFT)
#define PIECES		64

static DEFINE_MUTEX(writing);
static __le32 *pieces[PIECES];
/* Grows when the bytes below it are in place, so that a reader never sees less. */
static size_t table_bytes;

u64 recording_records(const struct bench *b)
{
	/* pairs with the release in recording_write: what is below it is in place */
	return smp_load_acquire(&table_bytes) / (sizeof(__le32) * b->chips * b->channels);
}

s32 recording_count(const struct bench *b, u64 record, unsigned int column)
{
	size_t at = (record * b->chips * b->channels + column) * sizeof(__le32);

	return le32_to_cpu(pieces[at >> PIECE_SHIFT][(at & (PIECE_BYTES - 1)) / sizeof(__le32)]);
}

/*
 * The pieces stay until the module goes: a conversion in progress may look at them, whatever
 * length it saw.
 */
static int recording_open(struct inode *inode, struct file *file)
{
	if (!(file->f_flags & O_TRUNC) || !(file->f_mode & FMODE_WRITE))
		return 0;
	mutex_lock(&writing);
	/* pairs with recording_records: a conversion sees all of the old table or none */
	smp_store_release(&table_bytes, 0);
	mutex_unlock(&writing);
	return 0;
}

static ssize_t recording_write(struct file *file, const char __user *from, size_t count,
			       loff_t *offset)
{
	size_t done = 0;
	ssize_t result = 0;

	mutex_lock(&writing);
	while (done < count) {
		size_t at = table_bytes;
		size_t piece = at >> PIECE_SHIFT;
		size_t within = at & (PIECE_BYTES - 1);
		size_t bytes = min_t(size_t, count - done, PIECE_BYTES - within);

		if (piece >= PIECES) {
			result = -EFBIG;
			break;
		}
		if (!pieces[piece])
			pieces[piece] = vzalloc(PIECE_BYTES);
		if (!pieces[piece]) {
			result = -ENOMEM;
			break;
		}
		if (copy_from_user((u8 *)pieces[piece] + within, from + done, bytes)) {
			result = -EFAULT;
			break;
		}
		done += bytes;
		/* pairs with recording_records: the bytes come before their number */
		smp_store_release(&table_bytes, at + bytes);
		cond_resched();
	}
	mutex_unlock(&writing);
	return done ? done : result;
}

static const struct file_operations recording_operations = {
	.owner = THIS_MODULE,
	.open = recording_open,
	.write = recording_write,
	.llseek = noop_llseek,
};

static struct miscdevice recording_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ads1299_bench",
	.fops = &recording_operations,
};

int recording_register(void)
{
	return misc_register(&recording_device);
}

/* After the timers have stopped. */
void recording_unregister(void)
{
	unsigned int piece;

	misc_deregister(&recording_device);
	mutex_lock(&writing);
	table_bytes = 0;
	for (piece = 0; piece < PIECES; piece++) {
		vfree(pieces[piece]);
		pieces[piece] = NULL;
	}
	mutex_unlock(&writing);
}
