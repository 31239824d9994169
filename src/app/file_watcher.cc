#include "app/file_watcher.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace gnomon::app {
namespace {

namespace fs = std::filesystem;

// Several events belong to one change; the reload waits until they have stopped coming.
constexpr Millis kSettle{50};
constexpr Millis kSettleMax{500};
constexpr size_t kDirectoriesMax = 10'000;
constexpr int kLinksMax = 40;  // as the kernel follows
constexpr uint32_t kMask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                           IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

FileWatcher::FileWatcher(net::EventLoop& loop, std::string path, std::function<void()> changed)
    : loop_(loop),
      path_(std::move(path)),
      changed_(std::move(changed)),
      fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      settle_timer_(loop.timers(), [this] { changed_(); }) {
  if (fd_ < 0) return;
  token_ = loop_.add(fd_, *this, net::Lane::live);
  refresh();
}

FileWatcher::~FileWatcher() {
  if (token_ != 0) loop_.remove(token_, fd_);
  if (fd_ >= 0) ::close(fd_);
}

void FileWatcher::watch_directory(const std::string& directory) {
  // Adding a directory that is watched already only sets its mask again.
  const int watch = inotify_add_watch(fd_, directory.empty() ? "." : directory.c_str(), kMask);
  if (watch >= 0) tree_.insert(watch);
}

void FileWatcher::refresh() {
  if (fd_ < 0) return;
  tree_.clear();
  names_.clear();
  for (const std::string& other : others_) watch_way(other, kLinksMax);
  std::error_code error;
  if (fs::is_directory(path_, error)) {
    watch_tree();
  } else {
    watch_way(path_, kLinksMax);
  }
}

void FileWatcher::watch_way(const fs::path& way, int links_left) {
  fs::path directory = way.is_absolute() ? way.root_path() : fs::path(".");
  const fs::path relative = way.relative_path();
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    const fs::path here = directory / *part;
    std::error_code error;
    const bool is_link = fs::is_symlink(here, error);
    if (is_link || std::next(part) == relative.end()) watch_name(directory, part->string());
    if (!is_link) {
      directory = here;
      continue;
    }
    fs::path led = fs::read_symlink(here, error);
    if (error || links_left == 0) return;
    if (led.is_relative()) led = directory / led;
    for (auto rest = std::next(part); rest != relative.end(); ++rest) led /= *rest;
    return watch_way(led, links_left - 1);
  }
}

void FileWatcher::watch_name(const fs::path& directory, const std::string& name) {
  const int watch = inotify_add_watch(fd_, directory.c_str(), kMask);
  if (watch >= 0) names_[watch].insert(name);
}

void FileWatcher::watch_tree() {
  const fs::path path(path_);
  std::error_code error;
  watch_directory(path_);
  size_t seen = 0;
  auto it = fs::recursive_directory_iterator(path,
                                             fs::directory_options::follow_directory_symlink |
                                                 fs::directory_options::skip_permission_denied,
                                             error);
  for (; !error && it != fs::recursive_directory_iterator() && seen < kDirectoriesMax;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      watch_directory(it->path().string());
      ++seen;
      if (it.depth() > 16) it.disable_recursion_pending();
    }
  }
}

bool FileWatcher::matters(const inotify_event& event) const {
  if (tree_.contains(event.wd) || (event.mask & IN_Q_OVERFLOW) != 0) return true;
  const auto watched = names_.find(event.wd);
  if (watched == names_.end()) return false;
  return event.len == 0 || watched->second.contains(event.name);
}

void FileWatcher::on_io(uint32_t /*events*/) {
  alignas(inotify_event) char buffer[4096];
  bool any = false;
  for (ssize_t size = 0; (size = ::read(fd_, buffer, sizeof(buffer))) > 0;) {
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      any |= matters(event);
      at += sizeof(inotify_event) + event.len;
    }
  }
  if (!any) return;
  // Something that never stops being written must not put the reload off for ever.
  if (!settle_timer_.armed()) latest_ = loop_.now() + kSettleMax;
  const Duration left = std::max(latest_ - loop_.now(), Duration::zero());
  settle_timer_.arm(std::min<Millis>(kSettle, std::chrono::ceil<Millis>(left)));
}

}  // namespace gnomon::app
