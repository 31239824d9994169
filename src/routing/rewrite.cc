#include "routing/rewrite.h"

#include <re2/re2.h>

#include <algorithm>

namespace gnomon::routing {
namespace {

std::string replace_front(std::string_view path, size_t bytes, std::string_view with) {
  const std::string_view rest = path.substr(std::min(bytes, path.size()));
  std::string out;
  out.reserve(1 + with.size() + rest.size());
  // "/petstore" with the prefix stripped leaves "", and "?a=1" is no path either (RFC 9112 section
  // 3.2.1: origin-form starts with a slash).
  const char first = !with.empty() ? with[0] : rest.empty() ? '\0' : rest[0];
  if (first != '/') out.push_back('/');
  out += with;
  out += rest;
  return out;
}

std::string redirect_authority(const Redirect& redirect, const RequestHead& head) {
  const AuthorityParts own = split_authority(head.authority);
  std::string out(redirect.host.empty() ? own.host : std::string_view(redirect.host));
  if (redirect.port != 0) {
    out = std::string(split_authority(out).host) + ":" + std::to_string(redirect.port);
  } else if (redirect.host.empty() &&
             !(redirect.https && head.scheme != "https" && own.port == ":80")) {
    // A port stays, unless it is the default of the scheme that goes, as in Envoy.
    out += own.port;
  }
  return out;
}

}  // namespace

std::string rewrite_path(const Route& route, const Match& match, std::string_view path_and_query) {
  if (route.prefix_rewrite) {
    return replace_front(path_and_query, match.matched_path_bytes, *route.prefix_rewrite);
  }
  if (!route.regex_rewrite) return std::string(path_and_query);
  const std::string_view path = path_only(path_and_query);
  const std::string out = replace_front(
      "", 0, replace_all(*route.regex_rewrite->pattern, path, route.regex_rewrite->substitution));
  return out + std::string(path_and_query.substr(path.size()));
}

std::optional<std::string> rewrite_host(const HostRewrite& rewrite, const RequestHead& head) {
  switch (rewrite.kind) {
    case HostRewrite::Kind::keep:
    case HostRewrite::Kind::backend:
      return std::nullopt;
    case HostRewrite::Kind::literal:
      return rewrite.text;
    case HostRewrite::Kind::header: {
      const std::string_view value = head.headers.get(std::string_view(rewrite.text));
      return value.empty() ? std::nullopt : std::optional<std::string>(value);
    }
    case HostRewrite::Kind::path_regex:
      return replace_all(*rewrite.regex.pattern, path_only(head.path), rewrite.regex.substitution);
  }
  return std::nullopt;
}

void append_forwarded_host(Headers& headers, std::string_view authority) {
  constexpr std::string_view kName = "x-forwarded-host";
  if (authority.empty()) return;
  const std::string_view before = headers.get(kName);
  if (before == authority || before.ends_with("," + std::string(authority))) return;
  headers.set(kName, before.empty() ? std::string(authority)
                                    : std::string(before) + "," + std::string(authority));
}

void apply_edits(Headers& headers, std::span<const HeaderEdit> edits) {
  for (const HeaderEdit& edit : edits) {
    switch (edit.op) {
      case HeaderEdit::Op::append:
        headers.add(edit.name, edit.value);
        break;
      case HeaderEdit::Op::set:
        headers.set(edit.name, edit.value);
        break;
      case HeaderEdit::Op::remove:
        headers.remove(edit.name);
        break;
    }
  }
}

std::string redirect_location(const Redirect& redirect, const Match& match,
                              const RequestHead& head) {
  const std::string_view path = path_only(head.path);
  const std::string_view query = head.path.substr(path.size());
  std::string target;
  bool own_query = false;
  if (!redirect.path.empty()) {
    target = replace_front("", 0, redirect.path);
    own_query = redirect.path.find('?') != std::string::npos;
  } else if (redirect.prefix) {
    target = replace_front(path, match.matched_path_bytes, *redirect.prefix);
  } else if (redirect.regex != nullptr) {
    target = replace_front("", 0, replace_all(*redirect.regex, path, redirect.substitution));
  } else {
    target = path;
  }
  // A whole path that brings its own query replaces the request's; one made by rewriting does not,
  // as in Envoy.
  if (!redirect.strip_query && !own_query) target += query;
  const std::string_view scheme = redirect.https ? "https" : head.scheme;
  return std::string(scheme) + "://" + redirect_authority(redirect, head) + target;
}

}  // namespace gnomon::routing
