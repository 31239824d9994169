#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace gnomon::store {
namespace {

std::unexpected<std::string> refused(const char* what, const std::string& path) {
  return std::unexpected(
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(errno)));
}

std::expected<void, std::string> make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) return {};
  if (auto made = make_folders(folder.parent_path()); !made) return made;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return refused("make the folder", folder.string());
  }
  ::chmod(folder.c_str(), 0700);  // whatever the umask is
  return {};
}

// Not opened for that: to close it again would take the locks of this process off it.
std::expected<void, std::string> take_rights_of_others(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return refused("look at", path);
  if (!S_ISREG(info.st_mode)) return std::unexpected(path + " is not a plain file");
  if ((info.st_mode & 0077) != 0 && ::chmod(path.c_str(), 0600) != 0) {
    return refused("take rights of others from", path);
  }
  return {};
}

FileIdentity identity_of(int fd) noexcept {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

// The number alone would mislead where processes of several containers share a volume.
void write_holder(int fd) noexcept {
  char host[HOST_NAME_MAX + 1] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  char text[HOST_NAME_MAX + 32];
  const int length = std::snprintf(text, sizeof text, "%d %s\n", ::getpid(), host);
  // Without it the lock holds as well, only that nobody is told by whom it is held.
  const bool written = ::ftruncate(fd, 0) == 0 && ::pwrite(fd, text, length, 0) == length;
  static_cast<void>(written);
}

std::string read_holder(int fd) {
  char text[HOST_NAME_MAX + 32];
  const ssize_t read = ::pread(fd, text, sizeof text, 0);
  std::string_view line(text, read > 0 ? static_cast<size_t>(read) : 0);
  line = line.substr(0, line.find('\n'));
  const std::string_view pid = line.substr(0, line.find(' '));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (pid.empty() || !std::ranges::all_of(pid, is_digit)) return "another process";
  const std::string_view host = line.substr(std::min(line.size(), pid.size() + 1));
  return host.empty() ? fmt::format("process {}", pid) : fmt::format("process {} on {}", pid, host);
}

}  // namespace

FileIdentity identity_of(const std::string& path) noexcept {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

std::expected<void, std::string> make_private_file(const std::string& path) {
  if (auto made = make_folders(std::filesystem::path(path).parent_path()); !made) return made;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::fchmod(fd, 0600);  // whatever the umask is
    ::close(fd);
    return {};
  }
  if (errno != EEXIST) return refused("make", path);
  // What belongs to it holds the same: it is made with the rights that the database has by then.
  for (const char* const ending : {"", "-wal", "-shm"}) {
    const std::string name = path + ending;
    if (*ending != '\0' && ::access(name.c_str(), F_OK) != 0) continue;
    if (auto taken = take_rights_of_others(name); !taken) return taken;
  }
  return {};
}

std::expected<void, std::string> move_aside(const std::string& path, const std::string& suffix) {
  // The log goes along: what it holds belongs to that database, and would break a new one.
  const std::string aside = path + suffix;
  ::unlink((path + "-shm").c_str());
  if (::rename((path + "-wal").c_str(), (aside + "-wal").c_str()) != 0 && errno != ENOENT) {
    return refused("move aside", path + "-wal");
  }
  if (::rename(path.c_str(), aside.c_str()) != 0) return refused("move aside", path);
  return {};
}

WriterLock::~WriterLock() { release(); }

void WriterLock::release() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::expected<void, std::string> WriterLock::acquire(const std::string& path) {
  // Of a file that somebody has removed, a lock keeps nobody out.
  if (fd_ >= 0 && identity_of(path) == identity_of(fd_)) return {};
  release();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return refused("open", path);
  ::fchmod(fd, 0600);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = read_holder(fd);
    ::close(fd);
    return std::unexpected(
        fmt::format("{} is locked by {}, which writes to this store", path, holder));
  }
  write_holder(fd);
  fd_ = fd;
  return {};
}

}  // namespace gnomon::store
