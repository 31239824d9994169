#include "app/access_files.h"

#include <utility>

namespace gnomon::app {

std::expected<const AccessFiles::File*, std::string> AccessFiles::open(const std::string& path) {
  if (const auto found = files_.find(path); found != files_.end()) return &found->second;
  proxy::AccessLog::Settings settings;
  settings.path = path;
  auto opened = proxy::AccessLog::open(std::move(settings), log_);
  if (!opened) return std::unexpected(std::move(opened.error()));
  File file;
  file.log = std::move(*opened);
  for (Counter* dropped : dropped_) file.queues.push_back(&file.log->add_sink(*dropped));
  file.log->start();
  return &files_.emplace(path, std::move(file)).first->second;
}

std::expected<AccessFiles::Outlets, std::string> AccessFiles::prepare(
    const routing::Snapshot& snapshot) {
  Outlets out;
  for (const routing::Listener& listener : snapshot.listeners()) {
    auto& workers = out.emplace_back(dropped_.size());
    for (const routing::AccessLogPlan& plan : listener.settings.access_logs) {
      const auto file = open(plan.path);
      if (!file) {
        close_unused();
        return std::unexpected("listener " + listener.name + ": " + file.error());
      }
      for (size_t i = 0; i < workers.size(); ++i) {
        workers[i].push_back({(*file)->log, (*file)->queues[i]});
      }
    }
  }
  return out;
}

void AccessFiles::close_unused() {
  std::erase_if(files_, [](const auto& entry) { return entry.second.log.use_count() == 1; });
}

void AccessFiles::reopen() noexcept {
  for (auto& [path, file] : files_) file.log->reopen();
}

void AccessFiles::stop() {
  for (auto& [path, file] : files_) file.log->stop();
}

}  // namespace gnomon::app
