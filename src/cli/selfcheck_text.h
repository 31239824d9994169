// What `gnomon selfcheck` prints.
#pragma once

#include <span>
#include <string>

#include "selfcheck/selfcheck.h"

namespace gnomon::cli {

// A table, line by line as results come in.
class SelfcheckTable {
 public:
  explicit SelfcheckTable(std::span<const selfcheck::Scenario* const> scenarios);

  std::string heading() const;
  std::string line(const selfcheck::Result& result) const;

 private:
  size_t name_width_ = 8;  // of the headings
  size_t text_width_ = 8;
};

std::string selfcheck_summary(const selfcheck::Report& report);
std::string selfcheck_json(const selfcheck::Report& report, uint64_t seed);
std::string selfcheck_list(std::span<const selfcheck::Scenario* const> scenarios);

}  // namespace gnomon::cli
