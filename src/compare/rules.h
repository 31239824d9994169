// Rules that excuse differences: as somebody wrote them, and compiled for an endpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compare/path.h"
#include "compare/value_class.h"

namespace re2 {
class RE2;
}

namespace gnomon::compare {

enum class RuleAction : uint8_t {
  ignore,        // whatever is there, and whether anything is
  ignore_value,  // the value may differ; it must be there, and of the same type
  tolerance,     // numbers (absolute, relative) and times (time) may differ this much
  set,           // an array whose order does not matter
  keyed,         // an array whose elements are paired by members of theirs
  value_class,   // both sides must be of the class, and may then differ
  regex,         // both sides must match the pattern as a whole, and may then differ
  subset,        // the right side may have more
};

struct RuleSpec {
  std::string endpoint;  // that it is for; empty: all
  std::string path;
  RuleAction action = RuleAction::ignore;
  double absolute = 0;
  double relative = 0;
  std::chrono::milliseconds time{};
  std::vector<std::string> keys;  // of `keyed`: "id", or below: "owner.id"
  ValueClass value_class = ValueClass::uuid;
  std::string pattern;
  // Learnt from traffic and not written by somebody. Such a rule may only excuse values.
  bool automatic = false;
};

struct RuleError {
  size_t rule = 0;  // index in what was compiled
  // What `column` counts in: "path", "keys" or "pattern"; empty where it is the rule as a whole.
  std::string_view field;
  size_t column = 1;
  std::string message;
};

struct Rule {
  RuleAction action = RuleAction::ignore;
  PathPattern path;
  double absolute = 0;
  double relative = 0;
  std::chrono::nanoseconds time{};
  std::vector<std::vector<std::string>> keys;  // each a way down from an element
  ValueClass value_class = ValueClass::uuid;
  std::shared_ptr<const re2::RE2> regex;

  // Whether the rule excuses that two values of one type, numbers or not, differ.
  bool excuses(std::string_view left, std::string_view right) const noexcept;
  // Whether that may be so for some other value.
  bool may_excuse(std::string_view text) const noexcept;
  // Of a tolerance: what it is about, as a number. Near values have near ones.
  double amount(std::string_view text) const noexcept;
  bool is_about_values() const noexcept {
    return action == RuleAction::ignore_value || action == RuleAction::tolerance ||
           action == RuleAction::value_class || action == RuleAction::regex;
  }
};

// How often each rule, by its index, was of use. Adding up the counts of several comparers is
// exact.
class RuleHits {
 public:
  struct Counts {
    uint64_t selected = 0;  // its path led to something
    uint64_t excused = 0;   // and it excused a difference there
    bool operator==(const Counts&) const = default;
  };

  explicit RuleHits(size_t rules) : counts_(rules) {}

  void select(uint32_t rule) noexcept { ++counts_[rule].selected; }
  void excuse(uint32_t rule) noexcept { ++counts_[rule].excused; }
  void add(const RuleHits& other) noexcept;
  std::span<const Counts> counts() const noexcept { return counts_; }

  // Answers that are the same bytes are not read, but some of them should be, so that a rule in
  // them is not taken for one that matches nothing.
  bool should_look(std::span<const uint32_t> rules) noexcept;

 private:
  static constexpr uint32_t kLooksMax = 64;

  std::vector<Counts> counts_;
  uint32_t looks_ = 0;
};

struct RuleOptions {
  bool subset = false;                      // everywhere the right side may have more
  std::vector<std::string> ignore_headers;  // besides the usual ones; a name may end in *
  bool ignore_usual_headers = true;
};

// The rules that hold for an endpoint. Cheap to copy; valid as long as the book, or a copy of it.
class Rules {
 public:
  Rules() = default;

  const Rule& operator[](uint32_t id) const noexcept { return (*all_)[id]; }
  size_t size() const noexcept { return all_ == nullptr ? 0 : all_->size(); }  // of the whole book
  std::span<const uint32_t> of(Area area) const noexcept {
    return areas_[static_cast<size_t>(area)];
  }
  bool subset() const noexcept { return options_ != nullptr && options_->subset; }
  bool ignores_header(std::string_view name) const noexcept;

 private:
  friend class RuleBook;
  std::shared_ptr<const std::vector<Rule>> all_;
  std::shared_ptr<const RuleOptions> options_;
  std::array<std::vector<uint32_t>, 6> areas_;  // ids in order
};

class RuleBook {
 public:
  static std::expected<RuleBook, RuleError> compile(std::span<const RuleSpec> specs,
                                                    const RuleOptions& options = {});

  const Rules& for_endpoint(std::string_view endpoint) const noexcept;
  size_t size() const noexcept { return general_.size(); }

 private:
  Rules general_;
  std::map<std::string, Rules, std::less<>> special_;
};

// Fields that say when, where and over what an answer came: never compared unless asked for.
std::span<const std::string_view> usually_ignored_headers() noexcept;

}  // namespace gnomon::compare
