#include "base/temporary_folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace gnomon {

TemporaryFolder::TemporaryFolder() {
  std::error_code none;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(none);
  if (none) return;
  std::string pattern = (parent / "gnomon-XXXXXX").string();
  if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace gnomon
