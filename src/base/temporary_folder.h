// A folder of our own that is gone, with all that is in it, when its owner is.
#pragma once

#include <string>

namespace gnomon {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Empty: none could be made.
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace gnomon
