#include "compare/redaction_policy.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

// One bit each, and one for the end, while a tree is walked.
constexpr size_t kMaxSteps = 62;
constexpr size_t kMaxName = 64;

// In lower case and without separators.
constexpr std::string_view kSecretNames[] = {
    "accesstoken",   "apikey",       "authorization", "authtoken",      "clientassertion",
    "clientsecret",  "cookie",       "csrftoken",     "idtoken",        "jsessionid",
    "passwd",        "password",     "phpsessid",     "privatekey",     "proxyauthorization",
    "pwd",           "refreshtoken", "secret",        "secretkey",      "sessionid",
    "setcookie",     "signature",    "token",         "xamzcredential", "xamzsecuritytoken",
    "xamzsignature", "xapikey",      "xauthtoken",    "xcsrftoken",     "xsrftoken",
    "xxsrftoken"};

// What a longer name that is called so ends in: newPassword, x-vault-token, aws_secret_access_key.
constexpr std::string_view kSecretEndings[] = {
    "accesskey",  "apikey",     "authorization", "credential", "credentials",
    "jwt",        "passphrase", "passwd",        "password",   "passwordconfirmation",
    "privatekey", "secret",     "secretkey",     "sessionid",  "signature",
    "token"};

bool contains_ignoring_case(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::ranges::any_of(
      names, [&](const std::string& known) { return equals_ignore_case(known, name); });
}

}  // namespace

bool RedactionPolicy::is_secret_name(std::string_view name) noexcept {
  char plain[kMaxName];
  size_t size = 0;
  if (name.starts_with('@')) name.remove_prefix(1);  // attributes in a tree
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    if (size == kMaxName) return false;
    plain[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string_view whole(plain, size);
  return std::ranges::find(kSecretNames, whole) != std::end(kSecretNames) ||
         std::ranges::any_of(kSecretEndings,
                             [&](std::string_view ending) { return whole.ends_with(ending); });
}

bool RedactionPolicy::is_value_name(std::string_view name) noexcept {
  return name == "value" || name == "Value" || name == "@value" || name == "@content";
}

bool RedactionPolicy::is_naming_name(std::string_view name) noexcept {
  return name == "name" || name == "Name" || name == "key" || name == "Key" || name == "@name" ||
         name == "@type";
}

bool RedactionPolicy::covers_header(std::string_view name) const noexcept {
  return is_secret_name(name) ||
         std::ranges::any_of(headers_, [&](const PathPattern& h) { return h.matches_name(name); });
}

bool RedactionPolicy::covers_parameter(std::string_view name) const noexcept {
  return is_secret_name(name) || contains_ignoring_case(parameters_, name);
}

bool RedactionPolicy::covers_field(std::string_view name) const noexcept {
  return is_secret_name(name) || contains_ignoring_case(fields_, name);
}

std::expected<std::shared_ptr<const RedactionPolicy>, std::string> RedactionPolicy::compile(
    std::span<const RedactionSpec> specs, RedactionMode mode) {
  auto policy = std::make_shared<RedactionPolicy>();
  policy->mode_ = mode;
  for (const RedactionSpec& spec : specs) {
    const std::string problem = policy->add(spec);
    if (!problem.empty()) return std::unexpected("\"" + spec.text + "\": " + problem);
  }
  return policy;
}

std::string RedactionPolicy::add(const RedactionSpec& spec) {
  if (spec.text.empty()) return "empty";
  switch (spec.place) {
    case RedactionSpec::Place::header:
      return add_path("header:" + spec.text);
    case RedactionSpec::Place::path:
      return add_path(spec.text);
    case RedactionSpec::Place::query:
      parameters_.push_back(spec.text);
      return {};
    case RedactionSpec::Place::form:
      fields_.push_back(spec.text);
      return {};
    case RedactionSpec::Place::regex:
      break;
  }
  return add_expression(spec.text);
}

std::string RedactionPolicy::add_path(std::string_view text) {
  auto path = PathPattern::parse(text);
  if (!path) return path.error().message;
  switch (path->area) {
    case Area::tree:
      if (path->steps.size() > kMaxSteps) return "more than 62 steps";
      trees_.push_back(*std::move(path));
      return {};
    case Area::header:
    case Area::trailer:
      headers_.push_back(*std::move(path));
      return {};
    case Area::cookie:  // of all cookies only the names are kept
      return {};
    case Area::body:
      bodies_ = true;
      return {};
    case Area::status:
      break;
  }
  return "a status is no secret";
}

std::string RedactionPolicy::add_expression(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto expression = std::make_shared<const re2::RE2>(text, options);
  if (!expression->ok()) return expression->error();
  if (re2::RE2::FullMatch("", *expression)) return "it matches nothing at all";
  expressions_.push_back(std::move(expression));
  return {};
}

}  // namespace gnomon::compare
