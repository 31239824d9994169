// For memory that another processor has had, and that this one will write to soon: its lines are
// on their way while something else is done.
#pragma once

#include <cstddef>

namespace gnomon {

// Changes nothing but how long the next access takes, wherever `at` points to.
void prefetch_to_write(const void* at, size_t bytes) noexcept;

}  // namespace gnomon
