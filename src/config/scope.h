// Where decoding stands: the path of field names from the resource down, and where problems go.
#pragma once

#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "config/yaml.h"

namespace gnomon::config {

// Lives on the stack, each level pointing to the one above.
class Scope {
 public:
  // `prefix` is the path of the node that decoding starts at, such as "spec"; it may be empty.
  Scope(Diagnostics& diagnostics, std::string_view prefix)
      : diagnostics_(&diagnostics), name_(prefix) {}

  Scope field(std::string_view name) const { return {this, name, kNoIndex}; }
  Scope item(size_t index) const { return {this, {}, index}; }

  // As in spec.virtualHost.routes[0].matchers[0].prefix
  std::string path() const;

  // Whether what stands in this file may not be told.
  bool is_concealed(uint32_t file) const { return diagnostics_->sources().is_concealed(file); }

  void error(Position at, std::string message, std::string hint = {}) const {
    diagnostics_->error(at, std::move(message), path(), std::move(hint));
  }
  void warning(Position at, std::string message, std::string hint = {}) const {
    diagnostics_->warning(at, std::move(message), path(), std::move(hint));
  }

 private:
  static constexpr size_t kNoIndex = SIZE_MAX;
  Scope(const Scope* parent, std::string_view name, size_t index)
      : parent_(parent), diagnostics_(parent->diagnostics_), name_(name), index_(index) {}

  const Scope* parent_ = nullptr;
  Diagnostics* diagnostics_;
  std::string_view name_;
  size_t index_ = kNoIndex;
};

}  // namespace gnomon::config
