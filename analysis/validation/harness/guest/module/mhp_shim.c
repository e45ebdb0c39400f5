// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for the ACPI memory driver in a kernel that is built without CONFIG_ACPI_HOTPLUG_MEMORY.
 *
 * A line written to /sys/kernel/debug/mhp_shim makes the calls of acpi_memory_enable_device() and
 * acpi_memory_device_remove() (drivers/acpi/acpi_memhotplug.c, 6.12); below add_memory() everything is the kernel's own.
 *   add START SIZE NODE    one static memory group; START and SIZE in bytes, hexadecimal
 *   remove START SIZE      takes offline what is not, and removes
 * The write fails with what the kernel answers.
 */
#include <linux/debugfs.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#define LONGEST 128

static struct dentry *file;

static int add(u64 start, u64 size, int node)
{
	int result, group = memory_group_register_static(node, PFN_UP(size));

	if (group < 0)
		return group;
	result = add_memory(group, start, size, MHP_NID_IS_MGID | MHP_MEMMAP_ON_MEMORY);
	if (result)
		memory_group_unregister(group);
	return result;
}

static ssize_t shim_write(struct file *opened, const char __user *text, size_t length, loff_t *position)
{
	unsigned long long start, size;
	char line[LONGEST] = "";
	int node, result = -EINVAL;

	if (length >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, length))
		return -EFAULT;
	if (sscanf(line, "add %llx %llx %d", &start, &size, &node) == 3)
		result = add(start, size, node);
	else if (sscanf(line, "remove %llx %llx", &start, &size) == 2)
		result = offline_and_remove_memory(start, size);
	pr_info("mhp_shim: %s: %d\n", line, result);
	return result ? result : length;
}

static const struct file_operations operations = { .owner = THIS_MODULE, .open = simple_open, .write = shim_write };

static int __init shim_init(void)
{
	file = debugfs_create_file("mhp_shim", 0200, NULL, NULL, &operations);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit shim_exit(void)
{
	debugfs_remove(file);
}

module_init(shim_init);
module_exit(shim_exit);
MODULE_DESCRIPTION("Stands in for the ACPI memory driver");
MODULE_LICENSE("GPL");
