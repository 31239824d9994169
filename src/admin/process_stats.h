// What the operating system says about this process.
#pragma once

#include <cstdint>

namespace gnomon::admin {

struct ProcessStats {
  double cpu_seconds = 0;  // user and system
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
};

// What cannot be read stays 0.
ProcessStats read_process_stats();

}  // namespace gnomon::admin
