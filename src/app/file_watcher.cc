#include "app/file_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace gnomon::app {
namespace {

namespace fs = std::filesystem;

// Several events belong to one change; the reload waits until they have stopped coming.
constexpr Millis kSettle{50};
constexpr Millis kSettleMax{500};
constexpr size_t kDirectoriesMax = 10'000;
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
  inotify_add_watch(fd_, directory.empty() ? "." : directory.c_str(), kMask);
}

// Every directory in which a change can give the path another meaning: its own, and that of each
// symbolic link on the way.
void FileWatcher::watch_file(const std::string& path) {
  constexpr int kLinksMax = 40;
  std::error_code error;
  fs::path rest = fs::absolute(path, error).lexically_normal();
  for (int links = 0; links < kLinksMax; ++links) {
    watch_directory(rest.parent_path().string());
    fs::path walked;
    fs::path next;
    for (auto part = rest.begin(); part != rest.end(); ++part) {
      walked /= *part;
      if (!next.empty()) {
        next /= *part;
      } else if (fs::is_symlink(walked, error)) {
        watch_directory(walked.parent_path().string());
        next = walked.parent_path() / fs::read_symlink(walked, error);
      }
    }
    if (next.empty()) return;
    rest = next.lexically_normal();
  }
}

void FileWatcher::refresh() {
  if (fd_ < 0) return;
  for (const std::string& other : others_) watch_file(other);
  std::error_code error;
  const fs::path path(path_);
  if (!fs::is_directory(path, error)) {
    watch_directory(path.parent_path().string());
    const fs::path target = fs::canonical(path, error);
    if (!error) watch_directory(target.parent_path().string());
    return;
  }
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

void FileWatcher::on_io(uint32_t /*events*/) {
  alignas(inotify_event) char buffer[4096];
  bool any = false;
  while (::read(fd_, buffer, sizeof(buffer)) > 0) any = true;
  if (!any) return;
  // Something that never stops being written must not put the reload off for ever.
  if (!settle_timer_.armed()) latest_ = loop_.now() + kSettleMax;
  const Duration left = std::max(latest_ - loop_.now(), Duration::zero());
  settle_timer_.arm(std::min<Millis>(kSettle, std::chrono::ceil<Millis>(left)));
}

}  // namespace gnomon::app
