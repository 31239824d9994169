// Where nghttp2 gets its memory: from the pool, as heads that wait to be written come and go with
// every request, many at a time, and malloc would give that back to the system in between.
#pragma once

#include <nghttp2/nghttp2.h>

namespace gnomon::http {

// For sessions of any thread.
nghttp2_mem* h2_memory() noexcept;

}  // namespace gnomon::http
