#include "config/scope.h"

#include <fmt/format.h>

namespace gnomon::config {

std::string Scope::path() const {
  if (parent_ == nullptr) return std::string(name_);
  std::string out = parent_->path();
  if (index_ != kNoIndex) return fmt::format("{}[{}]", out, index_);
  if (!out.empty()) out.push_back('.');
  out += name_;
  return out;
}

}  // namespace gnomon::config
