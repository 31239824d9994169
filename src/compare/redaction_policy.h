// What is not to be kept of requests and answers: what always is a secret, and what rules name.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compare/path.h"

namespace re2 {
class RE2;
}

namespace gnomon::compare {

enum class RedactionMode : uint8_t {
  rules,        // values that rules name, and those that always are secrets
  hash_values,  // every value, so that only equality is kept
  names_only,   // every value, and not even equality is kept
};

struct RedactionSpec {
  enum class Place : uint8_t {
    header,  // of requests and answers, trailers among them; a name may end in *
    path,    // "$.owner.email" in bodies of every kind that has a tree; "header:NAME", "body"
    query,   // a parameter of a URL, wherever one stands
    form,    // a field of a form
    regex,   // every match, in whatever is kept
  };
  Place place = Place::path;
  std::string text;
};

// Immutable once compiled; threads may share it.
class RedactionPolicy {
 public:
  // The error names the rule that cannot be.
  static std::expected<std::shared_ptr<const RedactionPolicy>, std::string> compile(
      std::span<const RedactionSpec> specs, RedactionMode mode);

  RedactionMode mode() const noexcept { return mode_; }
  bool covers_header(std::string_view name) const noexcept;
  bool covers_parameter(std::string_view name) const noexcept;
  bool covers_field(std::string_view name) const noexcept;
  bool covers_bodies() const noexcept { return bodies_; }
  // Whether the name alone says that its value is a secret: "password", "accessToken", "X-Api-Key".
  static bool is_secret_name(std::string_view name) noexcept;
  // What a member is called that holds the value of whatever a member beside it names, and that
  // one: "value" and "name", in HTML "@value" or "@content" and "@name".
  static bool is_value_name(std::string_view name) noexcept;
  static bool is_naming_name(std::string_view name) noexcept;

  std::span<const PathPattern> trees() const noexcept { return trees_; }
  std::span<const std::shared_ptr<const re2::RE2>> expressions() const noexcept {
    return expressions_;
  }

 private:
  // Empty, or why the rule cannot be.
  std::string add(const RedactionSpec& spec);
  std::string add_path(std::string_view text);
  std::string add_expression(const std::string& text);

  RedactionMode mode_ = RedactionMode::rules;
  std::vector<PathPattern> headers_;
  std::vector<PathPattern> trees_;
  std::vector<std::string> parameters_;
  std::vector<std::string> fields_;
  std::vector<std::shared_ptr<const re2::RE2>> expressions_;
  bool bodies_ = false;
};

}  // namespace gnomon::compare
