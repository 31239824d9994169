// Takes out of a request or an answer what is not to be kept, before it is kept anywhere. What
// cannot be read, and so cannot be looked through, is not kept at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compare/body_kind.h"
#include "compare/difference.h"
#include "compare/document.h"
#include "compare/redaction_key.h"
#include "compare/redaction_policy.h"
#include "msg/headers.h"

namespace gnomon::compare {

// Immutable; threads may share it.
class Redactor {
 public:
  Redactor(std::shared_ptr<const RedactionPolicy> policy, const RedactionKey& key)
      : policy_(std::move(policy)), key_(key) {}

  const RedactionPolicy& policy() const noexcept { return *policy_; }
  const RedactionKey& key() const noexcept { return key_; }

  // Path and query of a request. Where only names are kept, words of the path are those that the
  // endpoint's name has: "GET /user/{}/name".
  std::string target(std::string_view target, std::string_view endpoint) const;
  std::string header(std::string_view name, std::string_view value) const;
  // Also of trailers.
  Headers headers(const Headers& fields) const;
  // A value that no rule has named.
  std::string value(std::string_view text) const;
  // A text of lines.
  std::string text(std::string_view text) const;
  // What something is counted under: without matches of the rules, and the same in every run.
  std::string label(std::string_view text) const;
  // The path of a request for an endpoint's name: a word with a match becomes "{}".
  std::string path_label(std::string_view path) const;
  // As the differ found it, in bodies of that kind that were compared in that way.
  Difference difference(const Difference& found, Settled settled, ContentKind kind) const;

  // In place of a value that is not kept.
  std::string stand_in(std::string_view text, RedactionKey::Of of = RedactionKey::Of::text) const;
  std::string stand_in(NodeKind kind, std::string_view text) const;

 private:
  std::string path(std::string_view path, std::string_view endpoint) const;
  std::string segment(std::string_view segment, std::string_view known) const;
  std::string parameters(std::string_view text, std::string_view separators) const;
  std::string parameter(std::string_view pair) const;
  std::string without_named(std::string_view whole) const;
  std::string urls_in(std::string_view text) const;
  std::string user_info(std::string_view& word) const;
  std::string decoded_matches(std::string_view text) const;
  std::string cookies(std::string_view value) const;
  std::string set_cookie(std::string_view value) const;
  std::string credentials(std::string_view value) const;
  std::string without_matches(std::string_view text) const { return without_matches(text, {}); }
  // `instead`: in place of each match; empty: a stand-in of it.
  std::string without_matches(std::string_view text, std::string_view instead) const;
  std::string shown(std::string_view path, std::string_view text, Settled settled) const;
  std::string hidden(std::string_view shown) const;
  bool hides(const PathPattern& place, std::string_view text, Settled settled) const;

  std::shared_ptr<const RedactionPolicy> policy_;
  RedactionKey key_;
};

}  // namespace gnomon::compare
