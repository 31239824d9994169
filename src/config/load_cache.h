// What was read last, so that a reload parses only the files that have changed. Kept by whoever
// loads the same path again and again; belongs to one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/resources.h"

namespace gnomon::config {

class LoadCache {
 public:
  struct Entry {
    uint32_t file = 0;  // in sources()
    ResourceLists lists;
    Diagnostics::Slice problems;
  };

  LoadCache() : sources_(std::make_shared<Sources>()) {}

  // Texts of all loads; grows with every change, and begins anew when most of it is out of date.
  const std::shared_ptr<Sources>& sources();
  // A file whose text is what it was. It is gone from here until keep() brings it back.
  std::optional<Entry> take(const std::string& path, std::string_view text);
  // Takes what `from` was loaded with; only its sources and diagnostics are left. Files with errors
  // are read again the next time, as are those that name a resource which another file names too.
  void keep(Resources& from);
  // Whether the last load read the same files with the same texts as the one before it, and all of
  // them without an error.
  bool unchanged() const noexcept { return unchanged_; }

 private:
  std::shared_ptr<Sources> sources_;
  std::map<std::string, Entry> entries_;
  size_t kept_ = 0;   // entries after the last load
  size_t taken_ = 0;  // of those, by the one under way
  bool complete_ = false;
  bool unchanged_ = false;
};

}  // namespace gnomon::config
