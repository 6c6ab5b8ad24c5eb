/* SPDX-License-Identifier: GPL-2.0 */
/* What netlink.c and query.c share of the generic netlink family. */
#ifndef OSCAN_NETLINK_H
#define OSCAN_NETLINK_H

#include <net/genetlink.h>

/* netlink.c */
extern struct genl_family netlink_family;

/* query.c: requests that the family takes, and their number */
extern const struct genl_ops query_ops[];
extern const unsigned int query_ops_count;

#endif /* OSCAN_NETLINK_H */
