// A backend that behaves well or badly, in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "world.h"

namespace gnomon::sim {

class Backend {
 public:
  Backend(World& world, const net::Address& at, Behaviour behaviour);
  ~Backend();

  // Applies to connections made from now on.
  void behave(Behaviour behaviour) noexcept { behaviour_ = behaviour; }
  // Complete requests, as they came, head and body.
  const std::vector<std::string>& requests() const noexcept { return requests_; }
  size_t connections() const noexcept { return connections_.size(); }
  // Bytes of requests that never became complete.
  size_t partial_bytes() const;

 private:
  class Connection;
  World& world_;
  const net::Address at_;
  Behaviour behaviour_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::string> requests_;
};

}  // namespace gnomon::sim
