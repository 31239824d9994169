// Tells when something in a file or a tree of files may have changed (inotify). Directories are
// watched, not files: editors replace files, and a mounted ConfigMap changes by swapping a symlink.
// Of a single file, and of a certificate that the configuration names, only what happens under its
// own name counts, or under that of a link on the way to it.
#pragma once

#include <sys/inotify.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

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
  void set_others(std::vector<std::string> paths) { others_ = std::move(paths); }
  // Looks again at which directories there are. Called after each reload.
  void refresh();
  bool working() const noexcept { return fd_ >= 0; }

 private:
  void on_io(uint32_t events) override;
  void watch_directory(const std::string& directory);
  void watch_tree();
  // Every link on the way to a file, and the file, each in the directory it lies in.
  void watch_way(const std::filesystem::path& way, int links_left);
  void watch_name(const std::filesystem::path& directory, const std::string& name);
  bool matters(const inotify_event& event) const;

  net::EventLoop& loop_;
  const std::string path_;
  std::vector<std::string> others_;
  const std::function<void()> changed_;
  int fd_;
  uint64_t token_ = 0;
  std::set<int> tree_;  // watches of directories in which everything matters
  std::map<int, std::set<std::string>> names_;  // that matter, by the watch of their directory
  net::Timer settle_timer_;
  TimePoint latest_{};  // when a change that has begun to settle is reported in any case
};

}  // namespace gnomon::app
