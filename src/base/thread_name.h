// Threads by name, for top and ps, and for whoever measures what each of them uses.
#pragma once

#include <pthread.h>

namespace gnomon {

// Of the calling thread. Linux keeps fifteen letters.
inline void name_thread(const char* name) noexcept {
  (void)pthread_setname_np(pthread_self(), name);
}

}  // namespace gnomon
