/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What completes a fly scan is oscanctl's, and says what is wrong with fail()
 * and note() of oscanctl.h. Here these are kept for the job instead of printed.
 * One thread, that of the jobs.
 */
#ifndef OSCAND_SAID_H
#define OSCAND_SAID_H

/** said_begin - nothing has been said yet */
void said_begin(void);

/** said_error - what fail() said last, "" nothing */
const char *said_error(void);

/** said_note - what note() said last, "" nothing */
const char *said_note(void);

#endif /* OSCAND_SAID_H */
