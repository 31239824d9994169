// A pattern whose every match in a path is replaced.
#pragma once

#include <optional>
#include <string>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

struct SubstitutionPattern {
  Located<std::string> regex;
};

struct RegexSubstitution {
  Position at;
  SubstitutionPattern pattern;
  Located<std::string> substitution;  // \1 to \9 stand for the pattern's groups
};

void describe(Schema<SubstitutionPattern>& s);
void describe(Schema<RegexSubstitution>& s);

}  // namespace gnomon::config
