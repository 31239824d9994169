#include "app/dns_book.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gnomon::app {
namespace {

constexpr Millis kWaitForFirst{5'000};
constexpr Millis kShortestRefresh{1'000};

}  // namespace

DnsBook::DnsBook(net::EventLoop& loop, Log& log, std::function<void(proxy::AddressBookPtr)> changed)
    : loop_(loop),
      log_(log),
      changed_(std::move(changed)),
      ready_timer_(loop.timers(),
                   [this] {
                     if (auto ready = std::exchange(ready_, nullptr)) ready();
                   }),
      resolver_(loop) {}

void DnsBook::want(const routing::Snapshot& snapshot, std::function<void()> ready) {
  std::set<std::string> wanted;
  for (const routing::Cluster& cluster : snapshot.clusters()) {
    for (const routing::Endpoint& endpoint : cluster.endpoints) {
      if (!endpoint.is_name) continue;
      wanted.insert(endpoint.host);
      auto& name = names_[endpoint.host];
      if (name == nullptr) {
        name = std::make_unique<Name>(loop_, [this, host = endpoint.host] { ask(host); });
      }
      name->refresh = std::max(cluster.dns_refresh, kShortestRefresh);
      name->respect_ttl = cluster.respect_dns_ttl;
    }
  }
  std::erase_if(names_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  ready_ = std::move(ready);
  ready_timer_.arm(kWaitForFirst);
  for (const std::string& host : wanted) {
    if (!names_[host]->asked && !names_[host]->asking) ask(host);
  }
  check_ready();
}

void DnsBook::ask(const std::string& name) {
  const auto it = names_.find(name);
  if (it == names_.end() || it->second->asking) return;
  it->second->asking = true;
  resolver_.resolve(
      name, [this, name](net::Resolution resolution) { on_answer(name, std::move(resolution)); });
}

void DnsBook::on_answer(const std::string& name, net::Resolution resolution) {
  const auto it = names_.find(name);
  if (it == names_.end()) return;
  Name& entry = *it->second;
  entry.asked = true;
  entry.asking = false;
  Millis next = entry.refresh;
  if (resolution.addresses.empty()) {
    if (!std::exchange(entry.failing, true)) {
      log_.warn("cannot resolve", {{"name", name},
                                   {"reason", resolution.error},
                                   {"keeps", fmt::format("{}", entry.addresses.size())}});
    }
  } else {
    if (std::exchange(entry.failing, false)) log_.info("resolves again", {{"name", name}});
    if (entry.respect_ttl && resolution.ttl.count() > 0) next = resolution.ttl;
    if (entry.addresses != resolution.addresses) {
      entry.addresses = std::move(resolution.addresses);
      publish();
    }
  }
  entry.timer.arm(std::max(next, kShortestRefresh));
  check_ready();
}

void DnsBook::publish() {
  auto book = std::make_shared<proxy::AddressBook>();
  for (const auto& [host, name] : names_) {
    if (!name->addresses.empty()) book->emplace(host, name->addresses);
  }
  book_ = std::move(book);
  changed_(book_);
}

void DnsBook::check_ready() {
  if (ready_ == nullptr) return;
  for (const auto& [host, name] : names_) {
    if (!name->asked) return;
  }
  ready_timer_.cancel();
  std::exchange(ready_, nullptr)();
}

}  // namespace gnomon::app
