#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
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

WriterLock::~WriterLock() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<void, std::string> WriterLock::acquire(const std::string& path) {
  if (fd_ >= 0) return {};
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return refused("open", path);
  ::fchmod(fd, 0600);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return std::unexpected(path + " is locked: another process writes to this store");
  }
  fd_ = fd;
  return {};
}

}  // namespace gnomon::store
