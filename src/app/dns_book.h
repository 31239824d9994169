// Keeps the addresses of all DNS names that the configuration uses, and publishes a new book when
// one changes. A name that stops resolving keeps its last addresses.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/resolver.h"
#include "proxy/cluster.h"
#include "routing/snapshot.h"

namespace gnomon::app {

class DnsBook {
 public:
  DnsBook(net::EventLoop& loop, Log& log, std::function<void(proxy::AddressBookPtr)> changed);

  // Sets which names are needed. `ready` is called once all of them have been asked for at least
  // once, or after a few seconds; at once when there is nothing to wait for.
  void want(const routing::Snapshot& snapshot, std::function<void()> ready);
  proxy::AddressBookPtr book() const { return book_; }

 private:
  struct Name {
    explicit Name(net::EventLoop& loop, std::function<void()> ask)
        : timer(loop.timers(), std::move(ask)) {}
    net::Timer timer;
    Millis refresh{5'000};
    bool respect_ttl = false;
    bool asked = false;  // an answer, good or bad, has come
    bool asking = false;
    bool failing = false;
    std::vector<net::Address> addresses;
  };

  void ask(const std::string& name);
  void on_answer(const std::string& name, net::Resolution resolution);
  void publish();
  void check_ready();

  net::EventLoop& loop_;
  Log& log_;
  std::function<void(proxy::AddressBookPtr)> changed_;
  std::map<std::string, std::unique_ptr<Name>> names_;
  proxy::AddressBookPtr book_ = std::make_shared<proxy::AddressBook>();
  std::function<void()> ready_;
  net::Timer ready_timer_;
  net::Resolver resolver_;  // last: its destructor still calls back
};

}  // namespace gnomon::app
