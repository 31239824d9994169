#include "cli/diff_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/printable.h"
#include "cli/text_table.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

// Empty where no rule did, but the mode.
std::string rule_name(const DiffReport& report, const compare::Difference& found) {
  if (found.rule == compare::kSubsetMode) return {};
  return report.rules.at(static_cast<size_t>(found.rule));
}

Json to_json(const compare::Difference& found) {
  return {{"path", found.path},
          {"kind", to_string(found.kind)},
          {"risk", to_string(found.risk)},
          {"count", found.count},
          {"where", found.where.empty() ? found.path : found.where},
          {"left", found.left},
          {"right", found.right}};
}

void print_excused(const DiffReport& report, std::ostream& out) {
  for (const compare::Difference& found : report.result.excused) {
    const std::string rule = rule_name(report, found);
    out << fmt::format("excused: {} {}, by {}\n", printable(found.path), to_string(found.kind),
                       rule.empty() ? "the mode subset" : "the rule for " + printable(rule));
  }
  if (report.result.excused_left_out > 0) {
    out << fmt::format("excused: {} more\n", report.result.excused_left_out);
  }
}

void print_table(const compare::Result& result, std::ostream& out) {
  TextTable table({"PATH", "KIND", "RISK", "COUNT", "LEFT", "RIGHT"});
  for (const compare::Difference& found : result.differences) {
    table.add({printable(found.path), std::string(to_string(found.kind)),
               std::string(to_string(found.risk)), fmt::format("{}", found.count),
               printable(found.left), printable(found.right)});
  }
  out << table.render();
  if (result.left_out > 0) out << fmt::format("and {} more\n", result.left_out);
}

}  // namespace

void print_diff_json(const DiffReport& report, std::ostream& out) {
  const compare::Result& result = report.result;
  Json list = Json::array();
  for (const compare::Difference& found : result.differences) list.push_back(to_json(found));
  Json excused = Json::array();
  for (const compare::Difference& found : result.excused) {
    excused.push_back(to_json(found));
    const std::string rule = rule_name(report, found);
    excused.back()["rule"] = rule.empty() ? Json(nullptr) : Json(rule);
  }
  const Json all{{"equal", result.equal()},
                 {"differences", std::move(list)},
                 {"leftOut", result.left_out},
                 {"excused", std::move(excused)},
                 {"unusedRules", report.unused_rules},
                 {"limits", result.limits.names()},
                 {"comparedBy", to_string(result.settled)},
                 {"notes", report.notes}};
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void print_diff_notes(const DiffReport& report, std::ostream& err) {
  for (const std::string& note : report.notes) err << "gnomon: " << printable(note) << "\n";
  for (const std::string& path : report.unused_rules) {
    err << fmt::format("gnomon: the rule for {} matched nothing\n", printable(path));
  }
  err.flush();
}

void print_diff_text(const DiffReport& report, std::ostream& out) {
  const compare::Result& result = report.result;
  if (result.equal()) {
    out << "equal\n";
  } else {
    print_table(result, out);
  }
  print_excused(report, out);
  if (!result.limits.empty()) {
    out << fmt::format("reached a limit of comparing: {}\n",
                       fmt::join(result.limits.names(), ", "));
  }
}

}  // namespace gnomon::cli
