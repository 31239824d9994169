#include "backend.h"

#include <fmt/format.h>

#include <charconv>

namespace gnomon::sim {

const std::vector<Behaviour> kFaults = {
    Behaviour::hung,          Behaviour::never_read,     Behaviour::reset_at_once,
    Behaviour::close_at_once, Behaviour::reset_mid_body, Behaviour::garbage,
    Behaviour::endless_body,  Behaviour::endless_head,   Behaviour::interim_flood,
    Behaviour::trickle,       Behaviour::truncated,      Behaviour::early_answer,
    Behaviour::two_answers};

const char* name_of(Behaviour behaviour) {
  switch (behaviour) {
    case Behaviour::echo:
      return "echo";
    case Behaviour::hung:
      return "hung";
    case Behaviour::never_read:
      return "never_read";
    case Behaviour::reset_at_once:
      return "reset_at_once";
    case Behaviour::close_at_once:
      return "close_at_once";
    case Behaviour::reset_mid_body:
      return "reset_mid_body";
    case Behaviour::garbage:
      return "garbage";
    case Behaviour::endless_body:
      return "endless_body";
    case Behaviour::endless_head:
      return "endless_head";
    case Behaviour::interim_flood:
      return "interim_flood";
    case Behaviour::trickle:
      return "trickle";
    case Behaviour::truncated:
      return "truncated";
    case Behaviour::early_answer:
      return "early_answer";
    case Behaviour::two_answers:
      return "two_answers";
    case Behaviour::large:
      return "large";
    case Behaviour::half:
      return "half";
    case Behaviour::stalls_at_the_second:
      return "stalls_at_the_second";
    case Behaviour::closes_after_the_second:
      return "closes_after_the_second";
    case Behaviour::closes_at_random:
      return "closes_at_random";
  }
  return "?";
}

// Reads requests with a small parser of its own, so that the product's codec is not its own judge.
class Backend::Connection final : private net::StreamHandler {
 public:
  Connection(Backend& backend, std::unique_ptr<net::Stream> stream)
      : backend_(backend),
        behaviour_(backend.behaviour_),
        stream_(std::move(stream)),
        drip_(backend.world_.loop.timers(), [this] { drip(); }) {
    stream_->set_handler(this);
    if (behaviour_ == Behaviour::reset_at_once) stream_->abort();
    if (behaviour_ == Behaviour::close_at_once) stream_.reset();
    if (behaviour_ == Behaviour::early_answer) {
      say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
  }
  size_t partial_bytes() const { return in_.size(); }

 private:
  void on_stream_ready() override {
    if (stream_ == nullptr || behaviour_ == Behaviour::never_read) return;
    char buffer[65536];
    while (stream_->readable()) {
      const net::IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status != net::IoResult::Status::ok) break;
      in_.append(buffer, io.bytes);
      if (behaviour_ == Behaviour::reset_mid_body && in_.size() > 200) return stream_->abort();
    }
    while (take_request()) {
    }
    flush();
  }

  // Length of the body that starts at `from`, or npos while it is incomplete.
  size_t body_end(const std::string& head, size_t from) {
    body_bytes_ = 0;
    const size_t length_at = head.find("\r\ncontent-length: ");
    if (length_at != std::string::npos) {
      size_t length = 0;
      std::from_chars(head.data() + length_at + 18, head.data() + head.size(), length);
      body_bytes_ = length;
      return in_.size() >= from + length ? from + length : std::string::npos;
    }
    if (head.find("\r\ntransfer-encoding: chunked") == std::string::npos) return from;
    for (size_t at = from;;) {
      const size_t line = in_.find("\r\n", at);
      if (line == std::string::npos) return std::string::npos;
      size_t size = 0;
      std::from_chars(in_.data() + at, in_.data() + line, size, 16);
      if (size == 0) {
        const size_t end =
            in_.compare(line, 4, "\r\n\r\n") == 0 ? line : in_.find("\r\n\r\n", line);
        return end == std::string::npos ? end : end + 4;
      }
      body_bytes_ += size;
      at = line + 2 + size + 2;
      if (at > in_.size()) return std::string::npos;
    }
  }

  bool take_request() {
    const size_t head_end = in_.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    std::string head = in_.substr(0, head_end + 2);
    for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const size_t end = body_end(head, head_end + 4);
    if (end == std::string::npos) return false;
    const std::string request = in_.substr(0, end);
    in_.erase(0, end);
    backend_.requests_.push_back(request);
    backend_.world_.served.push_back(backend_.at_);
    answer(request);
    return true;
  }

  void answer(const std::string& request) {
    const std::string body =
        fmt::format("{} {}", request.substr(0, request.find(" HTTP/")), body_bytes_);
    const std::string good = fmt::format(
        "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    switch (behaviour_) {
      case Behaviour::echo:
        return say(good);
      case Behaviour::large:
        return say(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", kLargeBytes,
                               std::string(kLargeBytes, 'l')));
      case Behaviour::half:
        return say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
      case Behaviour::garbage:
        return say("\x01\x02 not a response\r\n\r\n");
      case Behaviour::endless_body:
        endless_ = std::string(16384, 'z');
        return say("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
      case Behaviour::endless_head:
        endless_ = "X-Filler: abcdefghij\r\n";
        return say("HTTP/1.1 200 OK\r\n");
      case Behaviour::interim_flood:
        endless_ = "HTTP/1.1 103 Early Hints\r\n\r\n";
        return say(endless_);
      case Behaviour::trickle:
        dripping_ = good;
        return drip();
      case Behaviour::truncated:
        say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
        flush();
        if (stream_ != nullptr) stream_->shutdown_write();
        return;
      case Behaviour::stalls_at_the_second:
        return ++answers_ == 1 ? say(good) : void();
      case Behaviour::closes_after_the_second:
        if (++answers_ == 1) return say(good);
        say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return leave();
      case Behaviour::closes_at_random:
        if (backend_.world_.rng.below(10) > 0) return say(good);
        say(good.substr(0, backend_.world_.rng.below(static_cast<uint32_t>(good.size() + 1))));
        return leave();
      case Behaviour::two_answers:
        return say(good + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL");
      default:
        return;
    }
  }

  void leave() {
    flush();
    stream_.reset();
    in_.clear();
  }

  void drip() {
    if (dripping_.empty() || stream_ == nullptr) return;
    say(dripping_.substr(0, 1));
    dripping_.erase(0, 1);
    drip_.arm(std::chrono::seconds(1));
  }

  void say(const std::string& bytes) {
    out_ += bytes;
    flush();
  }

  void flush() {
    while (stream_ != nullptr && stream_->writable()) {
      if (out_.size() < 16384 && !endless_.empty()) out_ += endless_;
      if (out_.empty()) return;
      const struct iovec part{out_.data(), out_.size()};
      const net::IoResult io = stream_->write(&part, 1);
      if (io.status != net::IoResult::Status::ok) return;
      out_.erase(0, io.bytes);
    }
  }

  Backend& backend_;
  const Behaviour behaviour_;
  std::unique_ptr<net::Stream> stream_;
  std::string in_;
  int answers_ = 0;
  size_t body_bytes_ = 0;  // of the request looked at last, without framing
  std::string out_;
  std::string endless_;
  std::string dripping_;
  net::Timer drip_;
};

Backend::Backend(World& world, const net::Address& at, Behaviour behaviour)
    : world_(world), at_(at), behaviour_(behaviour) {
  auto acceptor = world.network.listen(at, [this](std::unique_ptr<net::Stream> stream) {
    connections_.push_back(std::make_unique<Connection>(*this, std::move(stream)));
  });
  acceptor_ = std::move(*acceptor);
}

Backend::~Backend() = default;

size_t Backend::partial_bytes() const {
  size_t bytes = 0;
  for (const auto& connection : connections_) bytes += connection->partial_bytes();
  return bytes;
}

}  // namespace gnomon::sim
