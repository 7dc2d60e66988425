/* session.h: sessions as milc.h has them, for those who end them. */
#ifndef MILC_SESSION_H
#define MILC_SESSION_H

#include "milc.h"

void session_end(milc_session *s); /* and takes it out of its handle's list */

#endif
