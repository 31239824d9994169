#include "cli/verdict_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/answer_json.h"
#include "cli/printable.h"
#include "cli/text_table.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFieldsShown = 8;
constexpr size_t kEndpointsShown = 8;

std::string words(std::string_view check) {
  if (check == "errors") return "fails more often";
  if (check == "mismatch") return "answers differ";
  if (check == "first_byte_tail") return "slow first bytes";
  if (check == "total_tail") return "slow answers";
  if (check == "first_byte_median") return "later first byte";
  if (check == "total_median") return "later last byte";
  return std::string(check);
}

uint64_t whole(const Json& object, const char* name) { return read_count(object, name); }

// Evidence as people read it: how many times likelier than nothing being wrong.
std::string times(const Json& log_evidence) {
  if (!log_evidence.is_number()) return "-";
  const double log_e = log_evidence.get<double>();
  if (log_e < -4.6) return "<0.01";
  if (log_e > 13.8) return ">1000000";
  const double evidence = std::exp(log_e);
  return evidence < 10 ? fmt::format("{:.2f}", evidence) : fmt::format("{:.0f}", evidence);
}

std::string text_of(const Json& object, const char* name) {
  return printable(read_text(object, name));
}

struct Row {
  std::string check;
  std::string pairs;
  std::string candidate;
  std::string control;
  std::string evidence;
  std::string state;
};

std::vector<Row> rows(const Json& verdict) {
  std::vector<Row> out;
  for (const Json& check : read_list(verdict, "checks")) {
    if (!read_flag(check, "enabled")) continue;
    const Json& counts = read_object(check, "counts");
    out.push_back({words(read_text(check, "check")), fmt::format("{}", whole(check, "pairs")),
                   fmt::format("{}", whole(counts, "candidateOnly")),
                   fmt::format("{}", whole(counts, "controlOnly")),
                   times(read_member(check, "logEvidenceFail")),
                   read_flag(check, "proven") ? "WORSE" : ""});
  }
  return out;
}

std::string share_of(const Json& coverage) {
  return fmt::format("{} of {} requests compared ({:.1f} %)", whole(coverage, "compared"),
                     whole(coverage, "seen"), 100 * read_number(coverage, "share"));
}

// How varied the requests were; empty as long as there are none.
std::string variety(const Json& coverage) {
  const uint64_t requests = whole(coverage, "differentRequests");
  if (requests == 0) return "";
  return fmt::format("about {} different request{}, {:.0f} % by the busiest client", requests,
                     requests == 1 ? "" : "s", 100 * read_number(coverage, "busiestClientShare"));
}

std::string excluded(const Json& coverage) {
  std::string out;
  for (const auto& [reason, count] : read_object(coverage, "excluded").items()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", printable(reason), as_count(count));
  }
  return out;
}

// What comparing reached, and in what share of the comparisons; empty: nothing.
std::string limits(const Json& verdict) {
  std::string out;
  for (const auto& [limit, found] : read_object(verdict, "limits").items()) {
    out += fmt::format("{}{} in {} ({:.2g} %)", out.empty() ? "" : ", ", printable(limit),
                       whole(found, "count"), 100 * read_number(found, "share"));
    if (const uint64_t control = whole(found, "control"); control > 0) {
      out += fmt::format(" and in {} of the control", control);
    }
  }
  return out.empty() ? out : "a limit of comparing was reached: " + out;
}

// Rules that are most likely misspelt. What they matched is known since the process began, and in
// bodies only where they were read: most that are the same, byte by byte, are not.
std::vector<std::string> idle_rules(const Json& verdict) {
  std::vector<std::string> out;
  if (whole(read_object(verdict, "coverage"), "compared") == 0) return out;
  for (const Json& rule : read_list(verdict, "rules")) {
    if (whole(rule, "selected") > 0) continue;
    const std::string path = text_of(rule, "path");
    out.push_back(fmt::format(
        "the rule for {} has matched nothing {}", path,
        path.starts_with('$')
            ? "that was read since the gateway started; bodies that are equal are seldom read"
            : "since the gateway started"));
  }
  return out;
}

// The candidate of an epoch, as far as it has a name.
std::string who(const Json& epoch) {
  std::string out;
  for (const char* const name : {"candidate", "version"}) {
    const std::string value = text_of(epoch, name);
    if (value.empty()) continue;
    out += fmt::format("{}{} {}", out.empty() ? " (" : ", ", name, value);
  }
  return out.empty() ? out : out + ")";
}

std::string noise_of(const Json& field) { return fmt::format("{}", whole(field, "noise")); }

// Where something failed, as far as there is room.
std::vector<std::vector<std::string>> failing_endpoints(const Json& verdict) {
  std::vector<std::vector<std::string>> out;
  for (const Json& each : read_list(verdict, "endpoints")) {
    const Json& failed = read_object(each, "failed");
    const uint64_t all =
        whole(failed, "candidate") + whole(failed, "live") + whole(failed, "control");
    if (all == 0 || out.size() == kEndpointsShown) continue;
    std::vector<std::string> row{read_text(each, "endpoint")};
    for (const uint64_t n :
         {whole(each, "sampled"), whole(each, "compared"), whole(failed, "candidate"),
          whole(failed, "live"), whole(failed, "control")}) {
      row.push_back(fmt::format("{}", n));
    }
    out.push_back(std::move(row));
  }
  return out;
}

// For XML.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no way to write most control characters.
        out.push_back(static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c);
    }
  }
  // Nor U+FFFE and U+FFFF.
  for (const std::string_view none : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (size_t at = out.find(none); at != std::string::npos; at = out.find(none, at)) {
      out.replace(at, none.size(), "\xEF\xBF\xBD");
    }
  }
  return out;
}

// Names may hold what Markdown or HTML would act upon.
std::string in_markdown(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("\\`*_[]|~").contains(c)) out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

// As code, where only two characters mean something.
std::string code_in_markdown(std::string_view text) {
  std::string out = "`";
  for (const char c : printable(text)) {
    if (c == '|') out.push_back('\\');
    out.push_back(c == '`' ? '\'' : c);
  }
  return out + "`";
}

}  // namespace

std::string verdict_text(const Json& verdict) {
  const Json& coverage = read_object(verdict, "coverage");
  std::string out =
      fmt::format("{}  {}\n\n{}\n{}\n", text_of(verdict, "ruling"), text_of(verdict, "test"),
                  text_of(verdict, "reason"), text_of(verdict, "change"));
  const Json& epoch = read_object(verdict, "epoch");
  fmt::format_to(std::back_inserter(out), "\n{}; epoch {}{}, {:.0f} s on trial\n",
                 share_of(coverage), whole(epoch, "number"), who(epoch),
                 read_number(verdict, "elapsedSeconds"));
  if (const std::string text = variety(coverage); !text.empty()) out += text + "\n";
  if (const std::string reasons = excluded(coverage); !reasons.empty()) {
    fmt::format_to(std::back_inserter(out), "no evidence, by reason: {}\n", reasons);
  }
  if (const std::string reached = limits(verdict); !reached.empty()) out += reached + "\n";
  if (const std::string why = text_of(verdict, "notKeptBecause"); !why.empty()) {
    fmt::format_to(std::back_inserter(out), "kept in memory only: {}\n", why);
  }
  TextTable checks({"CHECK", "PAIRS", "CANDIDATE ONLY", "CONTROL ONLY", "EVIDENCE", ""});
  for (const Row& row : rows(verdict)) {
    checks.add({row.check, row.pairs, row.candidate, row.control, row.evidence, row.state});
  }
  out += "\n" + checks.render();
  if (auto failing = failing_endpoints(verdict); !failing.empty()) {
    TextTable endpoints(
        {"ENDPOINT", "SAMPLED", "COMPARED", "CANDIDATE FAILED", "LIVE FAILED", "CONTROL FAILED"});
    for (auto& row : failing) {
      row[0] = printable(row[0]);
      endpoints.add(std::move(row));
    }
    out += "\n" + endpoints.render();
  }
  if (!read_list(verdict, "fields").empty()) {
    TextTable fields({"ENDPOINT", "FIELD", "KIND", "DIFFERS", "NOISE", "EVIDENCE", ""});
    size_t shown = 0;
    for (const Json& field : read_list(verdict, "fields")) {
      if (++shown > kFieldsShown) continue;
      fields.add({text_of(field, "endpoint"), text_of(field, "path"), text_of(field, "kind"),
                  fmt::format("{}", whole(field, "count")), noise_of(field),
                  times(read_member(field, "logEvidence")),
                  read_flag(field, "proven") ? "CHANGED" : ""});
    }
    out += "\n" + fields.render();
    if (shown > kFieldsShown) {
      fmt::format_to(std::back_inserter(out), "and {} more; `gnomon differences` lists them\n",
                     shown - kFieldsShown);
    }
  }
  for (const std::string& idle : idle_rules(verdict)) out += idle + "\n";
  return out;
}

std::string verdict_markdown(const Json& verdict) {
  std::string out = fmt::format(
      "## {}: {}\n\n{} {}\n\n{}.\n\n", in_markdown(read_text(verdict, "test")),
      in_markdown(read_text(verdict, "ruling")), in_markdown(read_text(verdict, "reason")),
      in_markdown(read_text(verdict, "change")), share_of(read_object(verdict, "coverage")));
  if (const std::string text = variety(read_object(verdict, "coverage")); !text.empty()) {
    fmt::format_to(std::back_inserter(out), "It rests on {}.\n\n", text);
  }
  if (const std::string reached = limits(verdict); !reached.empty()) {
    fmt::format_to(std::back_inserter(out), "Note: {}.\n\n", in_markdown(reached));
  }
  if (const std::string why = read_text(verdict, "notKeptBecause"); !why.empty()) {
    fmt::format_to(std::back_inserter(out), "Kept in memory only: {}.\n\n", in_markdown(why));
  }
  for (const std::string& idle : idle_rules(verdict)) {
    fmt::format_to(std::back_inserter(out), "Note: {}.\n\n", in_markdown(idle));
  }
  out +=
      "| check | pairs | candidate only | control only | evidence | |\n|---|---|---|---|---|---|\n";
  for (const Row& row : rows(verdict)) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} |\n", row.check,
                   row.pairs, row.candidate, row.control, row.evidence, row.state);
  }
  if (const auto failing = failing_endpoints(verdict); !failing.empty()) {
    out +=
        "\n| endpoint | sampled | compared | candidate failed | live failed | control failed |\n"
        "|---|---|---|---|---|---|\n";
    for (const auto& row : failing) {
      fmt::format_to(std::back_inserter(out), "| {} | {} |\n", code_in_markdown(row[0]),
                     fmt::join(row.begin() + 1, row.end(), " | "));
    }
  }
  if (read_list(verdict, "fields").empty()) return out;
  out += "\n| endpoint | field | kind | differs | noise | evidence |\n|---|---|---|---|---|---|\n";
  size_t shown = 0;
  for (const Json& field : read_list(verdict, "fields")) {
    if (++shown > kFieldsShown) break;
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} |\n",
                   code_in_markdown(read_text(field, "endpoint")),
                   code_in_markdown(read_text(field, "path")),
                   in_markdown(read_text(field, "kind")), whole(field, "count"), noise_of(field),
                   times(read_member(field, "logEvidence")));
  }
  return out;
}

std::string verdict_junit(const Json& verdict) {
  const std::string name = escaped(read_text(verdict, "test"));
  const std::string ruling = read_text(verdict, "ruling");
  size_t failures = ruling == "PASS" ? 0 : 1;
  size_t cases = 1;
  std::string body;
  for (const Row& row : rows(verdict)) {
    ++cases;
    const bool worse = !row.state.empty();
    failures += worse ? 1 : 0;
    fmt::format_to(std::back_inserter(body), "  <testcase classname=\"{}\" name=\"{}\"", name,
                   escaped(row.check));
    body += worse ? fmt::format(
                        ">\n    <failure message=\"{} pairs: candidate only {}, control only "
                        "{}, evidence {}\"/>\n  </testcase>\n",
                        row.pairs, row.candidate, row.control, escaped(row.evidence))
                  : "/>\n";
  }
  fmt::format_to(std::back_inserter(body), "  <testcase classname=\"{}\" name=\"ruling\"", name);
  body += ruling == "PASS"
              ? "/>\n"
              : fmt::format(">\n    <failure message=\"{}\">{}</failure>\n  </testcase>\n",
                            escaped(ruling), escaped(read_text(verdict, "reason")));
  std::string notes;
  for (const std::string& idle : idle_rules(verdict)) notes += escaped(idle) + "\n";
  if (!notes.empty()) body += fmt::format("  <system-out>{}</system-out>\n", notes);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"gnomon\" tests=\"{}\" failures=\"{}\">\n{}</testsuite>\n",
      cases, failures, body);
}

}  // namespace gnomon::cli
