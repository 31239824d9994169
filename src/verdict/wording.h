// A verdict's sentences.
#pragma once

#include <string>

#include "verdict/verdict.h"

namespace gnomon::verdict {

std::string grouped(uint64_t n);             // 12,345
std::string in_words(Duration d);            // 90 s, 10 min, 2.5 h
std::string in_ms(uint64_t us);              // 88 ms, 1.25 ms
std::string percent(double share);           // 0.45 %
std::string name_of(const FieldKey& field);  // $.price (value) at GET /pets/{id}

// One cause of a FAIL; `fields` are those of the verdict.
std::string cause(const CheckEvidence& check, const Verdict& verdict, const Settings& settings);

// The whole sentence, of a verdict whose numbers are complete.
std::string fail_reason(const Verdict& verdict, const Settings& settings);
std::string pass_reason(const Verdict& verdict, const Settings& settings);
std::string nodata_reason(const Verdict& verdict, const Settings& settings);
std::string undecided_reason(const Verdict& verdict, const Settings& settings);

// `clean` more comparisons without a finding would be enough for every check.
std::string what_would_change(const Verdict& verdict, const Settings& settings, uint64_t clean);

}  // namespace gnomon::verdict
