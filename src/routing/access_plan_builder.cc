#include "routing/access_plan_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "routing/request_condition.h"

namespace gnomon::routing {
namespace {

constexpr std::string_view kEnvoysLine =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

FieldName field_name(std::string_view written) {
  FieldName out{to_lower(written), Known::none};
  out.known = known_header(out.name);
  return out;
}

AccessFilter of_kind(AccessFilter::Kind kind) {
  AccessFilter out;
  out.kind = kind;
  return out;
}

class AccessPlanBuilder {
 public:
  AccessPlanBuilder(BuildContext& context, const config::Gateway& gateway)
      : context_(context), owner_(gateway.metadata) {}

  std::optional<AccessLogPlan> build(const config::AccessLogConfig& from, size_t index) {
    path_ = fmt::format("options.accessLoggingService.accessLog[{}]", index);
    if (!from.file) return std::nullopt;  // a warning when it was read
    AccessLogPlan out;
    const std::string& path = from.file->path.value;
    out.path = path == "/dev/stdout" ? "-" : path;
    if (from.file->json_format) {
      build_json(*from.file->json_format, out);
    } else {
      build_text(*from.file, out);
    }
    if (from.filter) out.filter = build_filter(*from.filter, "filter");
    return out;
  }

 private:
  void error(config::Position at, std::string message, std::string_view field) {
    context_.error(owner_, at, std::move(message), fmt::format("{}.{}", path_, field));
  }

  Template parse(std::string_view format, config::Position at, std::string_view field,
                 AccessLogPlan& out) {
    auto made = Template::parse(format);
    if (!made) {
      error(at, fmt::format("{} (at character {})", made.error().message, made.error().offset + 1),
            field);
      return {};
    }
    out.reads_response |= made->reads_response();
    return std::move(*made);
  }

  // A line ends its own line, whether its format says so or not.
  void build_text(const config::FileSink& from, AccessLogPlan& out) {
    std::string format(kEnvoysLine);
    config::Position at = from.path.at;
    if (from.string_format && !from.string_format->value.empty()) {
      format = from.string_format->value;
      at = from.string_format->at;
    }
    if (!format.ends_with('\n')) format += '\n';
    out.text = parse(format, at, "fileSink.stringFormat", out);
  }

  void build_json(const config::FreeValue& from, AccessLogPlan& out) {
    if (from.kind != config::FreeValue::Kind::object) {
      return error(from.at, "must be a mapping", "fileSink.jsonFormat");
    }
    out.json.emplace_back();
    add_json(from, out);
    out.json.back().before += '\n';
  }

  void add_json(const config::FreeValue& from, AccessLogPlan& out) {
    using Kind = config::FreeValue::Kind;
    switch (from.kind) {
      case Kind::null:
        out.json.back().before += "null";
        return;
      case Kind::boolean:
      case Kind::number:
        out.json.back().before += from.text;
        return;
      case Kind::string:
        out.json.back().value = parse(from.text, from.at, "fileSink.jsonFormat", out);
        out.json.emplace_back();
        return;
      case Kind::object:
        return add_members(from, out);
      case Kind::list:
        return add_items(from, out);
    }
  }

  void add_members(const config::FreeValue& from, AccessLogPlan& out) {
    char separator = '{';
    for (size_t i = 0; i < from.items.size(); ++i) {
      std::string& before = out.json.back().before;
      before += separator;
      before += '"';
      append_json_escaped(before, from.keys[i]);
      before += "\":";
      add_json(from.items[i], out);
      separator = ',';
    }
    out.json.back().before += from.items.empty() ? "{}" : "}";
  }

  void add_items(const config::FreeValue& from, AccessLogPlan& out) {
    char separator = '[';
    for (const config::FreeValue& item : from.items) {
      out.json.back().before += separator;
      add_json(item, out);
      separator = ',';
    }
    out.json.back().before += from.items.empty() ? "[]" : "]";
  }

  AccessFilter build_filter(const config::AccessFilter& from, const std::string& field) {
    using Kind = AccessFilter::Kind;
    if (from.status_code) return compare(Kind::status, from.status_code->comparison);
    if (from.duration) return compare(Kind::duration, from.duration->comparison);
    if (from.not_health_check) return of_kind(Kind::not_health_check);
    if (from.runtime) return build_share(*from.runtime);
    if (from.all) return build_list(Kind::all, *from.all, field + ".andFilter");
    if (from.any) return build_list(Kind::any, *from.any, field + ".orFilter");
    if (from.header) return build_header(from.header->header, field + ".headerFilter.header");
    if (from.flags) {
      AccessFilter out = of_kind(Kind::flags);
      out.flags = from.flags->flags;
      return out;
    }
    if (from.grpc_status) return build_grpc(*from.grpc_status);
    context_.warning(owner_, from.at,
                     "has no effect: nothing is traced, so every request is logged",
                     fmt::format("{}.{}.traceableFilter", path_, field));
    return of_kind(Kind::all);
  }

  static AccessFilter compare(AccessFilter::Kind kind, const config::ComparisonFilter& from) {
    AccessFilter out = of_kind(kind);
    out.compare = static_cast<AccessFilter::Compare>(from.op);
    out.number = from.value.value;
    return out;
  }

  // Without a percentage nothing is logged, as in Envoy when the runtime does not know the key.
  static AccessFilter build_share(const config::RuntimeFilter& from) {
    constexpr uint64_t kParts[] = {100, 10'000, 1'000'000};
    AccessFilter out = of_kind(AccessFilter::Kind::share);
    if (from.percent) {
      const uint64_t parts = kParts[static_cast<size_t>(from.percent->denominator)];
      const uint64_t share = uint64_t{from.percent->numerator} * (1'000'000 / parts);
      out.per_million = static_cast<uint32_t>(std::min<uint64_t>(share, 1'000'000));
    }
    out.independent = from.independent;
    out.seed = from.key;
    return out;
  }

  AccessFilter build_list(AccessFilter::Kind kind, const config::FilterList& from,
                          const std::string& field) {
    AccessFilter out = of_kind(kind);
    for (size_t i = 0; i < from.filters.size(); ++i) {
      out.children.push_back(
          build_filter(from.filters[i], fmt::format("{}.filters[{}]", field, i)));
    }
    return out;
  }

  AccessFilter build_header(const config::AccessHeaderMatcher& from, const std::string& field) {
    using Match = AccessFilter::Match;
    AccessFilter out = of_kind(AccessFilter::Kind::header);
    out.field = field_name(from.name);
    out.invert = from.invert;
    const auto text = [&](Match match, const std::optional<std::string>& wanted) {
      if (!wanted) return;
      out.match = match;
      out.text = *wanted;
    };
    text(Match::exact, from.exact);
    text(Match::prefix, from.prefix);
    text(Match::suffix, from.suffix);
    if (from.present && !*from.present) out.invert = !out.invert;
    if (from.range) {
      out.match = Match::range;
      out.range_start = from.range->start;
      out.range_end = from.range->end;
    }
    if (from.regex) {
      Compiled compiled = compile_regex(from.regex->regex.value);
      if (!compiled.error.empty()) error(from.regex->regex.at, compiled.error, field);
      out.match = Match::regex;
      out.regex = std::move(compiled.regex);
    }
    return out;
  }

  static AccessFilter build_grpc(const config::GrpcStatusFilter& from) {
    AccessFilter out = of_kind(AccessFilter::Kind::grpc_status);
    for (const config::GrpcStatus status : from.statuses) {
      out.grpc_statuses |= 1U << static_cast<unsigned>(status);
    }
    out.invert = from.exclude;
    return out;
  }

  BuildContext& context_;
  const config::Metadata& owner_;
  std::string path_;
};

bool reads_response(const AccessFilter& filter) {
  return filter.kind == AccessFilter::Kind::grpc_status ||
         std::ranges::any_of(filter.children, reads_response);
}

}  // namespace

std::vector<AccessLogPlan> build_access_logs(BuildContext& context,
                                             const config::Gateway& gateway) {
  std::vector<AccessLogPlan> out;
  if (!gateway.options || !gateway.options->access_logging) return out;
  AccessPlanBuilder builder(context, gateway);
  const auto& logs = gateway.options->access_logging->logs;
  for (size_t i = 0; i < logs.size(); ++i) {
    auto plan = builder.build(logs[i], i);
    if (!plan) continue;
    if (plan->filter) plan->reads_response |= reads_response(*plan->filter);
    out.push_back(std::move(*plan));
  }
  return out;
}

}  // namespace gnomon::routing
