/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a netlink message of the family "oscan" to a call of the handler.
 * Pure, but for the call.
 */
#ifndef LIBOSCAN_MONITOR_DECODE_H
#define LIBOSCAN_MONITOR_DECODE_H

#include "oscan.h"

struct nlmsghdr;

/*
 * A netlink attribute has at most 64 KiB and a step at least one byte of
 * OSCAN_ATTR_LATE, so no message can carry more steps.
 */
#define MONITOR_MAX_STEPS 65536

/**
 * struct monitor_axis - what the last trace message of an axis said
 * @seen: there was one; the rest is valid
 * @next_seq: its sequence number and one
 * @lost: its count of steps that are in no message
 * @total: its count of steps
 */
struct monitor_axis {
	bool seen;
	uint32_t next_seq;
	uint64_t lost;
	uint64_t total;
};

/**
 * struct monitor_decoder - one subscriber's memory; all zero to begin with
 * @axes: shape [OSCAN_MAX_AXES]
 * @event_seen: there was an event
 * @next_event: sequence number of the last one and one
 * @times_ns: shape [MONITOR_MAX_STEPS], of the batch that is being handed over
 * @late_ns: shape [MONITOR_MAX_STEPS], likewise
 *
 * OSCAN_CMD_TRACE and OSCAN_CMD_THIN have sequence numbers each; nobody is
 * subscribed to both.
 */
struct monitor_decoder {
	struct monitor_axis axes[OSCAN_MAX_AXES];
	bool event_seen;
	uint32_t next_event;
	uint64_t times_ns[MONITOR_MAX_STEPS];
	uint32_t late_ns[MONITOR_MAX_STEPS];
};

/**
 * monitor_decode - decode one message and hand it over
 * @message: whole message, as long as its header says
 *
 * Return: 1 handled, 0 a command or attributes of a later version: ignored,
 * -1 with EBADE for a message that is not as <linux/oscan.h> says: the handler
 * was not called.
 */
int monitor_decode(struct monitor_decoder *decoder,
		   const struct nlmsghdr *message,
		   const struct oscan_monitor_handler *handler);

#endif /* LIBOSCAN_MONITOR_DECODE_H */
