/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBOSCAN_INTERNAL_H
#define LIBOSCAN_INTERNAL_H

/* Everything without this mark stays inside the library. */
#define OSCAN_API __attribute__((visibility("default")))

#endif /* LIBOSCAN_INTERNAL_H */
