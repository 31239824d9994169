// Tells when something in a file or a tree of files may have changed (inotify). Directories are
// watched, not files: editors replace files, and a mounted ConfigMap changes by swapping a symlink.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "net/event_loop.h"

namespace gnomon::app {

class FileWatcher final : private net::IoHandler {
 public:
  // `changed` is called on the loop's thread, once for each burst of changes.
  FileWatcher(net::EventLoop& loop, std::string path, std::function<void()> changed);
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  // Files elsewhere that are to be watched too. Takes effect with the next refresh().
  void set_others(std::set<std::string> paths) { others_ = std::move(paths); }
  // Looks again at which directories there are. Called after each reload.
  void refresh();
  bool working() const noexcept { return fd_ >= 0; }

 private:
  void on_io(uint32_t events) override;
  void watch_directory(const std::string& directory);
  void watch_file(const std::string& path);

  net::EventLoop& loop_;
  const std::string path_;
  std::set<std::string> others_;
  const std::function<void()> changed_;
  int fd_;
  uint64_t token_ = 0;
  net::Timer settle_timer_;
  TimePoint latest_{};  // when a change that has begun to settle is reported in any case
};

}  // namespace gnomon::app
