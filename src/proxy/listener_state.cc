#include "proxy/listener_state.h"

#include <algorithm>
#include <utility>

#include "proxy/access_filter.h"
#include "proxy/substitution.h"

namespace gnomon::proxy {

const routing::ListenerSettings& listener_settings(const routing::Snapshot& snapshot,
                                                   size_t listener) noexcept {
  static const routing::ListenerSettings kDefaults;
  const auto listeners = snapshot.listeners();
  return listener < listeners.size() ? listeners[listener].settings : kDefaults;
}

void ListenerState::install(Installed installed) {
  snapshot_ = std::move(installed.snapshot);
  index_ = installed.index;
  port_ = installed.port;
  limits_ = std::move(installed.limits);
  outlets_ = std::move(installed.outlets);
  const auto& plans = listener_settings(*snapshot_, index_).access_logs;
  outlets_.resize(std::min(outlets_.size(), plans.size()));
  logs_responses_ = std::ranges::any_of(
      plans, [](const routing::AccessLogPlan& plan) { return plan.reads_response; });
}

TokenBucket* ListenerState::request_bucket(const routing::ListenerSettings& settings,
                                           http::ConnectionScope& connection) const {
  if (!settings.request_rate) return nullptr;
  if (!settings.request_rate->per_connection) return limits_.request_rate.get();
  const TokenBucketSettings& wanted = settings.request_rate->bucket;
  if (connection.request_rate == nullptr || connection.request_rate->settings() != wanted) {
    connection.request_rate = std::make_unique<TokenBucket>(wanted);
  }
  return connection.request_rate.get();
}

void ListenerState::log(const StreamFacts& facts) noexcept {
  if (outlets_.empty()) return;
  const auto& plans = listener_settings(*snapshot_, index_).access_logs;
  for (size_t i = 0; i < outlets_.size(); ++i) {
    if (plans[i].filter && !passes(*plans[i].filter, facts)) continue;
    line_.clear();
    append_line(plans[i], facts);
    outlets_[i].queue->write_line(line_);
  }
}

void ListenerState::append_line(const routing::AccessLogPlan& plan, const StreamFacts& facts) {
  if (plan.json.empty()) return append_log_text(line_, plan.text, facts);
  for (const routing::JsonPiece& piece : plan.json) {
    line_ += piece.before;
    if (piece.value) append_log_json(line_, *piece.value, facts);
  }
}

}  // namespace gnomon::proxy
