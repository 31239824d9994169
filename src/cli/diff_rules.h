// The rules that `gnomon diff` compares by: those of a file, read as a configuration is, and those
// of its flags.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/files.h"
#include "routing/trial.h"

namespace gnomon::cli {

// As they were written; lists of paths, or of "PATH=VALUE".
struct RuleFlags {
  std::string file;  // with a ShadowTest, or with what stands in its `compare`
  std::string test;  // which of several
  std::vector<std::string> ignore;
  std::vector<std::string> ignore_value;
  std::vector<std::string> ignore_headers;  // names
  std::vector<std::string> set;
  std::vector<std::string> key;
  std::vector<std::string> tolerance;
  std::vector<std::string> value_class;
  std::vector<std::string> regex;
  std::vector<std::string> subset_at;
  std::string descriptor_set;  // a file
  bool subset = false;
};

struct DiffRules {
  std::shared_ptr<const routing::Trial> trial;
  // For what stands in the first line of a request, `method`, `path` and `query:NAME`, which are
  // members of one object there. No trial looks at these, so only flags name them.
  std::shared_ptr<const routing::Trial> request_line;
  std::optional<uint64_t> body_bytes;  // what is longer is compared by length and digest
};

// As a path of one of DiffRules::request_line's rules, and back.
std::optional<std::string> to_line_path(std::string_view path);
std::string from_line_path(std::string_view path);

// The error is for a person, and ends in a line break.
std::expected<DiffRules, std::string> read_diff_rules(const RuleFlags& flags, config::Files& files);

}  // namespace gnomon::cli
