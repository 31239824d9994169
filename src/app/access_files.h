// The files of the Gateways' access logs. One that stays in the configuration stays open over
// reloads, with whatever is still queued for it.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "proxy/listener_state.h"
#include "routing/snapshot.h"

namespace gnomon::app {

// Lives on the control thread, where files are opened and closed; outlives the workers.
class AccessFiles {
 public:
  explicit AccessFiles(Log& log) : log_(log) {}

  // Of each worker the counter of lines that it had to drop.
  void add_worker(Counter& dropped) { dropped_.push_back(&dropped); }

  // For each listener of the snapshot and each worker its outlets, in the order of the plans. Files
  // that are not open yet are opened; an error says which cannot be.
  using Outlets = std::vector<std::vector<std::vector<proxy::AccessOutlet>>>;
  std::expected<Outlets, std::string> prepare(const routing::Snapshot& snapshot);

  // Closes files that nobody refers to any more.
  void close_unused();
  void reopen() noexcept;
  void stop();

 private:
  struct File {
    std::shared_ptr<proxy::AccessLog> log;
    std::vector<proxy::AccessLog::Outlet*> queues;  // one per worker
  };
  std::expected<const File*, std::string> open(const std::string& path);

  Log& log_;
  std::vector<Counter*> dropped_;
  std::map<std::string, File> files_;  // by path
};

}  // namespace gnomon::app
