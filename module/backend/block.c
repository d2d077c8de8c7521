// SPDX-License-Identifier: GPL-2.0-only
/*
 * A block device of the guest's: which disk or file of the host's it is, what
 * that can do, and what has been done on it.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/slab.h>

#include "backend/block.h"
#include "backend/console.h"
#include "domain/domain.h"

static struct lodge_block *to_block(struct lodge_device *dev)
{
	return container_of(dev, struct lodge_block, dev);
}

static struct inode *disk_inode(const struct lodge_device_config *config)
{
	return config->block.file->f_mapping->host;
}

/*
 * Our I/O goes past the page cache of a block device: what others have written
 * through it must be on the disk first, and what it holds not be taken for the
 * disk's later.  (Direct I/O on a file sees to that itself.)
 */
static int block_prepare(const struct lodge_device_config *config, const char **err)
{
	struct block_device *bdev;
	int ret;

	if (!config->block.file || !S_ISBLK(disk_inode(config)->i_mode))
		return 0;
	bdev = I_BDEV(disk_inode(config));
	ret = sync_blockdev(bdev);
	if (ret) {
		*err = "what was written to the block device before could not be brought to it";
		return ret;
	}
	invalidate_bdev(bdev);
	return 0;
}

static int check_file(const struct lodge_device_config *config, const char **err)
{
	struct file *file = config->block.file;
	umode_t mode;

	if (!file) {
		*err = "FD is missing";
		return -EINVAL;
	}
	mode = disk_inode(config)->i_mode;
	if (!S_ISBLK(mode) && !S_ISREG(mode)) {
		*err = "FD is neither a block device nor a regular file";
		return -ENOTBLK;
	}
	if (!(file->f_mode & FMODE_READ)) {
		*err = "FD is not open for reading";
		return -EBADF;
	}
	if (!config->block.read_only && !(file->f_mode & FMODE_WRITE)) {
		*err = "FD is not open for writing, and READ_ONLY is not set";
		return -EROFS;
	}
	return 0;
}

static int describe_bdev(struct lodge_block *block, struct block_device *bdev, const char **err)
{
	block->sector_size = bdev_logical_block_size(bdev);
	block->physical_size = bdev_physical_block_size(bdev);
	if (block->sector_size > PAGE_SIZE || bdev_is_zoned(bdev)) {
		*err = "a block device of this kind cannot be a guest's";
		return -EOPNOTSUPP;
	}
	block->bdev = bdev;
	block->flush = bdev_write_cache(bdev);
	block->discard = !block->read_only && bdev_max_discard_sectors(bdev);
	if (block->discard) {
		block->discard_granularity = bdev_discard_granularity(bdev);
		block->discard_alignment = bdev_discard_alignment(bdev);
	}
	return 0;
}

static int describe_file(struct lodge_block *block, struct file *file, const char **err)
{
	struct super_block *sb = file->f_mapping->host->i_sb;

	if (!file->f_op->read_iter || (!block->read_only && !file->f_op->write_iter)) {
		*err = "files of this file system cannot be a guest's";
		return -EOPNOTSUPP;
	}
	block->sector_size = SECTOR_SIZE;
	block->physical_size = SECTOR_SIZE;
	if (sb->s_bdev) {
		block->physical_size = bdev_physical_block_size(sb->s_bdev);
		block->direct_mask = (bdev_logical_block_size(sb->s_bdev) >> SECTOR_SHIFT) - 1;
	}
	block->direct = file->f_mode & FMODE_CAN_ODIRECT;
	block->flush = true;
	block->discard = !block->read_only && file->f_op->fallocate;
	if (block->discard)
		block->discard_granularity = i_blocksize(file->f_mapping->host);
	return 0;
}

static u64 disk_sectors(struct lodge_block *block)
{
	if (block->bdev)
		return bdev_nr_sectors(block->bdev);
	return i_size_read(block->file->f_mapping->host) >> SECTOR_SHIFT;
}

static void failed_work(struct work_struct *work)
{
	struct lodge_block *block = container_of(work, struct lodge_block, failed_work);

	lodge_device_event(&block->dev, LODGE_DEVICE_EVENT_ERROR);
	lodge_device_put(&block->dev);
}

void lodge_block_failed(struct lodge_block *block, int err)
{
	if (test_and_set_bit(0, &block->failed))
		return;
	pr_notice_ratelimited("d%u: block %u: the host's disk fails (error %d)\n",
			      block->dev.domain->domid, block->dev.id, err);
	lodge_device_get(&block->dev);
	queue_work(lodge_backend_wq, &block->failed_work);
}

static struct lodge_device *block_create(struct lodge_domain *d,
					 const struct lodge_device_config *config,
					 const char **err)
{
	struct lodge_block *block;
	int ret = check_file(config, err);

	if (ret)
		return ERR_PTR(ret);
	block = kzalloc(sizeof(*block), GFP_KERNEL_ACCOUNT);
	if (!block)
		return ERR_PTR(-ENOMEM);
	block->read_only = config->block.read_only;
	if (S_ISBLK(disk_inode(config)->i_mode))
		ret = describe_bdev(block, I_BDEV(disk_inode(config)), err);
	else
		ret = describe_file(block, config->block.file, err);
	if (ret)
		goto free;

	block->wq = alloc_workqueue("lodge_block%u.%u", WQ_UNBOUND, 0, d->domid, config->id);
	if (!block->wq) {
		ret = -ENOMEM;
		goto free;
	}
	INIT_WORK(&block->failed_work, failed_work);
	block->file = get_file(config->block.file);
	block->sectors = disk_sectors(block);
	return &block->dev;
free:
	kfree(block);
	return ERR_PTR(ret);
}

static int block_set(struct lodge_device *dev, const struct lodge_device_config *config,
		     const char **err)
{
	struct lodge_block *block = to_block(dev);
	u64 sectors;

	if (!config->block.resized) {
		*err = "nothing of a block device can be changed but by RESIZED";
		return -EINVAL;
	}
	sectors = disk_sectors(block);
	if (sectors != block->sectors) {
		WRITE_ONCE(block->sectors, sectors);
		lodge_device_event(dev, LODGE_DEVICE_EVENT_RESIZED);
	}
	return 0;
}

static void block_describe(struct lodge_device *dev, struct lodge_device_info *info)
{
	struct lodge_block *block = to_block(dev);

	info->features = LODGE_BLOCK_F_PERSISTENT;
	info->max_queues = min_t(u32, num_online_cpus(), LODGE_MAX_QUEUES);
	info->max_ring_order = ilog2(LODGE_MAX_RING_PAGES);
	info->block.sectors = READ_ONCE(block->sectors);
	info->block.sector_size = block->sector_size;
	info->block.physical_sector_size = block->physical_size;
	info->block.discard_granularity = block->discard_granularity;
	info->block.discard_alignment = block->discard_alignment;
	info->block.read_only = block->read_only;
	info->block.flush = block->flush;
	info->block.discard = block->discard;
	info->in_bytes = atomic64_read(&block->in_bytes);
	info->out_bytes = atomic64_read(&block->out_bytes);
	info->in_requests = atomic64_read(&block->in_requests);
	info->out_requests = atomic64_read(&block->out_requests);
	info->errors = atomic64_read(&block->errors);
	info->in_flight = atomic_read(&block->in_flight);
}

static void block_remove(struct lodge_device *dev)
{
	struct lodge_block *block = to_block(dev);

	/* requests under way use their connection's */
	fput(block->file);
	block->file = NULL;
}

static void block_free(struct lodge_device *dev)
{
	struct lodge_block *block = to_block(dev);

	/* no connection is left: what may still run is the tail of a work */
	destroy_workqueue(block->wq);
	kfree(block);
}

const struct lodge_device_ops lodge_block_ops = {
	.name = "block",
	.prepare = block_prepare,
	.create = block_create,
	.connect = lodge_block_connect,
	.disconnect = lodge_block_disconnect,
	.set = block_set,
	.describe = block_describe,
	.remove = block_remove,
	.free = block_free,
};
