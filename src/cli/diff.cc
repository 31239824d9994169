#include "cli/diff.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <ostream>

#include "cli/admin_client.h"
#include "cli/diff_report.h"
#include "cli/diff_side.h"
#include "compare/body_capture.h"
#include "compare/comparer.h"
#include "compare/content_decoding.h"
#include "compare/endpoint_learner.h"

namespace gnomon::cli {
namespace {

constexpr int kEqual = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;

constexpr uint16_t kSomeStatus = 200;
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kGrpc = "application/grpc";

using Form = DiffSide::Form;

std::string_view type_of(const DiffSide& side) noexcept { return side.dump.message.content_type(); }

void decode(compare::Answer& message) {
  const compare::DecodingLimits limits;
  const std::string_view name = message.headers.get("content-encoding");
  const auto coding = compare::parse_content_encoding(name, limits.codings);
  if (message.decoded || coding.identity()) return;
  std::string body;
  for (const Chunk& chunk : message.body.chunks) body += chunk.view();
  compare::DecodedContent content = compare::decode_content(coding, body, limits);
  if (content.state != compare::DecodingState::decoded) return;
  message.body = {};
  message.body.append(Chunk::copy_of(content.bytes));
}

// Where one side is nothing but a body, the other is looked at as such too.
void compare_as_bodies(DiffSide& left, DiffSide& right, std::string_view type) {
  if (left.form != Form::body && right.form != Form::body) return;
  std::string name(type);
  for (const DiffSide* side : {&left, &right}) {
    if (name.empty()) name = type_of(*side);
  }
  for (const DiffSide* side : {&left, &right}) {
    if (name.empty() && left.form == right.form) name = type_of_name(side->name);
  }
  for (DiffSide* side : {&left, &right}) {
    compare::Answer& message = side->dump.message;
    decode(message);
    compare::Answer body;
    body.status = kSomeStatus;
    body.body = std::move(message.body);
    if (!name.empty()) body.headers.add("content-type", name);
    message = std::move(body);
  }
}

// One comparison: two sides, and the rules.
class Diff {
 public:
  Diff(const DiffSide& left, const DiffSide& right, const DiffRules& rules)
      : left_(left), right_(right), rules_(rules) {}

  // `request` is that which was answered: "[METHOD] PATH", or empty.
  DiffReport run(std::string_view request) {
    const bool requests = left_.form == Form::request;
    if (requests) {
      method_ = left_.dump.method;
      path_ = path_of_target(left_.dump.target);
    } else if (!request.empty()) {
      const size_t space = request.rfind(' ');
      method_ = space == std::string_view::npos ? "GET" : request.substr(0, space);
      path_ = request.substr(space == std::string_view::npos ? 0 : space + 1);
    }
    const std::string endpoint = name_endpoint();
    compare_messages(endpoint, requests);
    if (requests) compare_lines();
    return std::move(report_);
  }

 private:
  // As the gateway would name it, if this were the first request that it sees.
  std::string name_endpoint() const {
    if (path_.empty()) return {};
    compare::EndpointOptions options;
    options.templates = rules_.trial->endpoints;
    const bool grpc = type_of(left_).starts_with(kGrpc);
    return std::string(compare::EndpointLearner(options).learn({method_, path_, grpc}));
  }

  void compare_messages(const std::string& endpoint, bool requests) {
    const compare::Rules& rules = rules_.trial->rules.for_endpoint(endpoint);
    compare::RuleHits hits(rules_.trial->rules.size());
    using Side = compare::ProtoSchema::Side;
    const compare::RequestFacts facts{path_, rules_.trial->schema.get(),
                                      requests ? Side::request : Side::response};
    comparer_.compare(left_.dump.message, right_.dump.message, rules, hits, report_.result, facts);
    report_.rules = rules_.trial->rule_texts;
    tell_unused(rules, hits, rules_.trial->rule_texts, endpoint);
  }

  // Method, path and query, as members of one form.
  void compare_lines() {
    const compare::Rules& rules = rules_.request_line->rules.for_endpoint("");
    const std::vector<std::string>& texts = rules_.request_line->rule_texts;
    compare::RuleHits hits(rules_.request_line->rules.size());
    compare::Result found;
    comparer_.compare_bodies(line_form(left_), line_form(right_), kForm, rules, hits, found);
    std::vector<std::string> names;
    std::ranges::transform(texts, std::back_inserter(names), from_line_path);
    tell_unused(rules, hits, names, "");
    take_line(std::move(found), std::move(names));
  }

  static std::string line_form(const DiffSide& side) {
    std::string out = fmt::format("method={}&path={}", percent_encoded(side.dump.method),
                                  percent_encoded(path_of_target(side.dump.target)));
    std::string_view query = query_of_target(side.dump.target);
    while (!query.empty()) {
      const std::string_view pair = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(pair.size() + 1, query.size()));
      if (!pair.empty()) out.append("&query:").append(pair);
    }
    return out;
  }

  // To what was found in the messages, before it.
  void take_line(compare::Result found, std::vector<std::string> rules) {
    compare::Result& all = report_.result;
    for (compare::Difference& each : found.differences) rename(each);
    for (compare::Difference& each : found.excused) {
      rename(each);
      if (each.rule >= 0) each.rule += static_cast<int32_t>(report_.rules.size());
    }
    std::ranges::move(rules, std::back_inserter(report_.rules));
    all.differences.insert(all.differences.begin(), found.differences.begin(),
                           found.differences.end());
    all.excused.insert(all.excused.begin(), found.excused.begin(), found.excused.end());
    all.left_out += found.left_out;
    all.excused_left_out += found.excused_left_out;
    all.limits.add(found.limits);
  }
  static void rename(compare::Difference& found) {
    found.path = from_line_path(found.path);
    found.where = found.where.empty() ? std::string() : from_line_path(found.where);
  }

  void tell_unused(const compare::Rules& rules, const compare::RuleHits& hits,
                   const std::vector<std::string>& texts, const std::string& endpoint) {
    // A success and an error: nothing else was looked at.
    const bool stopped =
        std::ranges::any_of(report_.result.differences, [&](const compare::Difference& found) {
          return found.kind == compare::Kind::status &&
                 left_.dump.message.status / 100 != right_.dump.message.status / 100;
        });
    std::vector<bool> holds(rules.size(), false);
    for (size_t area = 0; area <= static_cast<size_t>(compare::Area::cookie); ++area) {
      for (const uint32_t id : rules.of(static_cast<compare::Area>(area))) holds[id] = true;
    }
    size_t elsewhere = 0;
    for (size_t id = 0; id < holds.size(); ++id) {
      if (!holds[id]) ++elsewhere;
      if (holds[id] && !stopped && hits.counts()[id].selected == 0) {
        report_.unused_rules.push_back(texts[id]);
      }
    }
    if (elsewhere == 0 || !endpoint.empty()) return;
    report_.notes.push_back(
        fmt::format("rules for single endpoints: {}, none of which holds; --request says what was "
                    "asked",
                    elsewhere));
  }

  const DiffSide& left_;
  const DiffSide& right_;
  const DiffRules& rules_;
  compare::Comparer comparer_;
  std::string method_;
  std::string path_;
  DiffReport report_;
};

std::vector<std::string> notes_of(const DiffSide& left, const DiffSide& right) {
  std::vector<std::string> out;
  for (const DiffSide* side : {&left, &right}) {
    for (const std::string& note : side->dump.notes) out.push_back(side->name + ": " + note);
  }
  if (left.form != right.form) {
    const DiffSide& bare = left.form == Form::body ? left : right;
    out.push_back(bare.name + " is no HTTP message: only bodies are compared");
  }
  return out;
}

// As a worker of the gateway would.
void capture(DiffSide& side, uint64_t limit) {
  compare::CapturedBody& body = side.dump.message.body;
  compare::BodyCapture captured(limit);
  for (const Chunk& chunk : body.chunks) captured.append(chunk);
  body = captured.take();
}

void add_rule_flags(CLI::App& verb, RuleFlags& rules) {
  verb.add_option("--rules", rules.file,
                  "Rules of a file: a manifest with a ShadowTest, or `compare: ...` as in one")
      ->type_name("FILE");
  verb.add_option("--test", rules.test, "Which ShadowTest of it, if there are several")
      ->type_name("NAME")
      ->needs("--rules");
  // One value each time, so that files may stand behind it.
  const auto add = [&verb](const char* name, std::vector<std::string>& to, const char* form,
                           const char* what) {
    verb.add_option(name, to, what)->type_name(form)->take_all()->allow_extra_args(false);
  };
  add("--ignore", rules.ignore, "PATH", "What may differ; this and the next may be repeated");
  add("--ignore-value", rules.ignore_value, "PATH", "A value that may be another of its type");
  add("--ignore-header", rules.ignore_headers, "NAME", "A header; a name may end in *");
  add("--tolerance", rules.tolerance, "PATH=SHARE",
      "Numbers may differ by this share of themselves; also PATH=absolute:0.01, and PATH=time:2s "
      "for times");
  add("--class", rules.value_class, "PATH=CLASS",
      "Values may differ if both are one of uuid, timestamp, ip, etag, host");
  add("--regex", rules.regex, "PATH=PATTERN",
      "Values may differ if both match the pattern as a whole");
  add("--set", rules.set, "PATH", "A list whose order does not matter");
  add("--key", rules.key, "PATH=MEMBER,...", "Pair a list's elements by members");
  add("--subset-at", rules.subset_at, "PATH", "The right side may have more there");
  verb.add_flag("--subset", rules.subset, "The right side may have more everywhere");
  verb.add_option("--descriptor-set", rules.descriptor_set,
                  "Names of the fields of gRPC messages, by protoc")
      ->type_name("FILE");
}

}  // namespace

void add_diff_flags(CLI::App& verb, DiffOptions& options) {
  verb.add_option("left", options.left,
                  "A file, or an HTTP request or response in one; - is standard input")
      ->type_name("FILE")
      ->required();
  verb.add_option("right", options.right, "Another one")->type_name("FILE")->required();
  verb.add_option("--type", options.type,
                  "Content-Type of files; else told by their names and contents")
      ->type_name("TYPE");
  verb.add_option("--request", options.request,
                  "What was answered, for rules of an endpoint and for gRPC")
      ->type_name("[METHOD] PATH");
  add_rule_flags(verb, options.rules);
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.footer(
      "Examples:\n"
      "  gnomon diff old.json new.json\n"
      "  gnomon diff old.json new.json --ignore '$.at' --key '$.pets=id' --tolerance "
      "'$.price=0.001'\n"
      "  curl -si http://v1/pets > 1; curl -si http://v2/pets > 2; gnomon diff 1 2\n"
      "  gnomon diff <(curl -si http://v1/pets/7) <(curl -si http://v2/pets/7) --rules "
      "shadow-test.yaml --request /pets/7\n"
      "\n"
      "Exit codes: 0 equal, 1 different, 2 a file or a rule cannot be read.");
}

int diff(const DiffOptions& options, std::ostream& out, std::ostream& err) {
  const auto fail = [&](std::string_view why) {
    err << "gnomon: " << why << "\n";
    return kTrouble;
  };
  auto left = read_diff_side(options.left);
  if (!left) return fail(left.error());
  auto right = read_diff_side(options.right);
  if (!right) return fail(right.error());
  if (left->form != right->form && left->form != Form::body && right->form != Form::body) {
    return fail("a request and a response cannot be compared");
  }
  config::DiskFiles files;
  const auto rules = read_diff_rules(options.rules, files);
  if (!rules) {
    err << rules.error();
    return kTrouble;
  }
  std::vector<std::string> notes = notes_of(*left, *right);
  compare_as_bodies(*left, *right, options.type);
  if (rules->body_bytes) {
    capture(*left, *rules->body_bytes);
    capture(*right, *rules->body_bytes);
  }
  DiffReport report = Diff(*left, *right, *rules).run(options.request);
  report.notes.insert(report.notes.begin(), notes.begin(), notes.end());
  print_diff_notes(report, err);
  if (options.json) {
    print_diff_json(report, out);
  } else {
    print_diff_text(report, out);
  }
  return report.result.equal() ? kEqual : kDifferent;
}

}  // namespace gnomon::cli
