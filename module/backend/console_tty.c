// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console as a tty, /dev/ttyLG<n>, for getty-like users, screen, minicom.
 *
 * It is one more reader of the backlog: its position lasts while nobody has it
 * open, so that who opens it finds what was written meanwhile.  What the
 * line discipline holds at the hangup is lost, as on any line; a descriptor
 * loses nothing.
 *
 * The number belongs to the console until its last reference goes: a tty that
 * was hung up still stands in the driver's table until its last file is closed.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/xarray.h>

#include "backend/console.h"
#include "domain/domain.h"
#include "host/compat.h"

/* Domains beyond have no tty, only descriptors. */
#define CONSOLE_TTYS	4096

/* Bytes given to the tty under one hold of the lock. */
#define CONSOLE_TTY_CHUNK	2048

static struct tty_driver *console_driver;
/* Number to console. Its lock covers that a console found has not been freed. */
static DEFINE_XARRAY_ALLOC(console_ttys);

void lodge_console_tty_feed(struct lodge_console *c, size_t budget)
{
	unsigned long flags;
	size_t n, taken;

	do {
		const char *span;

		spin_lock_irqsave(&c->lock, flags);
		span = lodge_backlog_span(&c->output, &c->tty_pos, &n);
		n = min3(n, budget, (size_t)CONSOLE_TTY_CHUNK);
		taken = 0;
		if (c->tty_open && n) {
			taken = tty_insert_flip_string(&c->tty_port, span, n);
			c->tty_pos += taken;
			tty_flip_buffer_push(&c->tty_port);
		}
		spin_unlock_irqrestore(&c->lock, flags);
		budget -= taken;
		/* full: unthrottle or the next output carries on */
	} while (taken && taken == n && budget);
}

static int console_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct lodge_console *c = container_of(port, struct lodge_console, tty_port);
	int ret = 0;

	spin_lock_irq(&c->lock);
	if (c->closing)
		ret = -EIO;
	else
		c->tty_open = true;
	spin_unlock_irq(&c->lock);
	if (!ret)
		lodge_console_tty_feed(c, LODGE_CONSOLE_BACKLOG);
	return ret;
}

static void console_shutdown(struct tty_port *port)
{
	struct lodge_console *c = container_of(port, struct lodge_console, tty_port);

	spin_lock_irq(&c->lock);
	c->tty_open = false;
	spin_unlock_irq(&c->lock);
}

static const struct tty_port_operations console_port_ops = {
	.activate = console_activate,
	.shutdown = console_shutdown,
};

static int console_tty_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct lodge_console *c;
	int ret;

	xa_lock(&console_ttys);
	c = xa_load(&console_ttys, tty->index);
	if (c && !kref_get_unless_zero(&c->ref))
		c = NULL;
	xa_unlock(&console_ttys);
	if (!c)
		return -ENODEV;

	ret = tty_port_install(&c->tty_port, driver, tty);
	if (ret) {
		lodge_console_put(c);
		return ret;
	}
	tty->driver_data = c;
	return 0;
}

static void console_tty_cleanup(struct tty_struct *tty)
{
	lodge_console_put(tty->driver_data);
}

static int console_tty_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(tty->port, tty, file);
}

static void console_tty_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void console_tty_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

static lodge_tty_written console_tty_write(struct tty_struct *tty, const u8 *buf,
					   lodge_tty_count count)
{
	ssize_t n = lodge_console_input(tty->driver_data, buf, count);

	return n < 0 ? -EIO : n;
}

static unsigned int console_tty_write_room(struct tty_struct *tty)
{
	return lodge_console_input_room(tty->driver_data);
}

static void console_tty_unthrottle(struct tty_struct *tty)
{
	lodge_console_tty_feed(tty->driver_data, LODGE_CONSOLE_BACKLOG);
}

static const struct tty_operations console_tty_ops = {
	.install = console_tty_install,
	.cleanup = console_tty_cleanup,
	.open = console_tty_open,
	.close = console_tty_close,
	.hangup = console_tty_hangup,
	.write = console_tty_write,
	.write_room = console_tty_write_room,
	.unthrottle = console_tty_unthrottle,
};

int lodge_console_tty_register(struct lodge_console *c)
{
	struct device *dev;
	u32 index;
	int ret;

	tty_port_init(&c->tty_port);
	c->tty_port.ops = &console_port_ops;

	ret = xa_alloc(&console_ttys, &index, c, XA_LIMIT(0, CONSOLE_TTYS - 1), GFP_KERNEL);
	if (ret == -EBUSY)
		return 0;
	if (ret)
		return ret;
	c->tty_index = index;
	snprintf(c->tty_name, sizeof(c->tty_name), "%s%u", console_driver->name, index);

	dev = tty_register_device(console_driver, index, NULL);
	if (IS_ERR(dev))
		return PTR_ERR(dev);	/* the number goes with the console */
	c->tty_registered = true;
	return 0;
}

void lodge_console_tty_unregister(struct lodge_console *c)
{
	struct tty_struct *tty;

	if (!c->tty_registered)
		return;
	c->tty_registered = false;

	/*
	 * An open that comes between these two is refused by activate; one that
	 * passed activate before has set port->tty and is found here.
	 */
	tty = tty_port_tty_get(&c->tty_port);
	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);
	tty_unregister_device(console_driver, c->tty_index);
}

void lodge_console_tty_release(struct lodge_console *c)
{
	if (c->tty_index >= 0)
		xa_erase(&console_ttys, c->tty_index);
	tty_port_destroy(&c->tty_port);
}

int lodge_console_tty_init(void)
{
	struct tty_driver *driver;
	int ret;

	driver = tty_alloc_driver(CONSOLE_TTYS, TTY_DRIVER_DYNAMIC_DEV | TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_RESET_TERMIOS);
	if (IS_ERR(driver))
		return PTR_ERR(driver);

	driver->driver_name = "lodge_console";
	driver->name = "ttyLG";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	/* raw, and above all without echo: the guest would take its own output as input */
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_iflag = 0;
	driver->init_termios.c_oflag = 0;
	driver->init_termios.c_lflag = 0;
	driver->init_termios.c_cflag = B115200 | CS8 | CREAD | CLOCAL;
	driver->init_termios.c_ispeed = 115200;
	driver->init_termios.c_ospeed = 115200;
	tty_set_operations(driver, &console_tty_ops);

	ret = tty_register_driver(driver);
	if (ret) {
		tty_driver_kref_put(driver);
		return ret;
	}
	console_driver = driver;
	return 0;
}

void lodge_console_tty_exit(void)
{
	tty_unregister_driver(console_driver);
	tty_driver_kref_put(console_driver);
	xa_destroy(&console_ttys);
}
