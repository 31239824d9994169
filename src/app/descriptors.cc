#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace gnomon::app {
namespace {

// Listeners, loops, logs, DNS, files of the configuration, and the admin API's clients.
constexpr uint64_t kOwnMax = 256;
constexpr uint64_t kUnknown = 1024;  // what POSIX systems begin with

}  // namespace

DescriptorShares share_descriptors(uint64_t limit) noexcept {
  DescriptorShares shares;
  shares.copies = limit / 4;
  const uint64_t own = std::min(limit / 4, kOwnMax);
  shares.clients = (limit - shares.copies - own) / 2;
  return shares;
}

uint64_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

}  // namespace gnomon::app
