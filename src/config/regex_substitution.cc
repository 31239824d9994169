#include "config/regex_substitution.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<SubstitutionPattern>& s) {
  s.field("regex", &SubstitutionPattern::regex, kRequired, kNotEmpty);
  // RE2 runs in linear time whatever the pattern, so that its limits are not needed.
  s.ignored({"googleRe2"});
}

void describe(Schema<RegexSubstitution>& s) {
  s.field("pattern", &RegexSubstitution::pattern, kRequired);
  s.field("substitution", &RegexSubstitution::substitution);
}

}  // namespace gnomon::config
