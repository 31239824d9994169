// The files of a store: only their owner may read them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace gnomon::store {

// Which file a path leads to, so that one that was replaced or removed is noticed. 0: none.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
FileIdentity identity_of(const std::string& path) noexcept;

// Makes the file and the folders that are missing on its way, with modes 0600 and 0700. Takes
// rights from others on a file that exists. An error's text is for a user.
std::expected<void, std::string> make_private_file(const std::string& path);

// Renames the database and what belongs to it, so that a new one can begin. What an earlier call
// left under that name is replaced.
std::expected<void, std::string> move_aside(const std::string& path, const std::string& suffix);

// Held while a process writes to the store. Given back by the kernel, however the process ends, so
// what the file says of its holder only counts while it is locked.
class WriterLock {
 public:
  WriterLock() = default;
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  // An error names the file and, where another process has it, that process.
  std::expected<void, std::string> acquire(const std::string& path);

 private:
  void release() noexcept;

  int fd_ = -1;
};

}  // namespace gnomon::store
