// What a server's session says about some bytes, as text that does not depend on how the bytes were
// cut. For tests and fuzzers.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/h2_session.h"

namespace gnomon::http {

class H2Transcript final : private H2Events {
 public:
  using Visit = std::function<void(const RequestHead&)>;

  explicit H2Transcript(Visit visit = {}) : visit_(std::move(visit)) {}

  // Feeds all bytes in pieces of `piece`; then lets it say what it has to say.
  void feed(std::string_view bytes, size_t piece) {
    while (!bytes.empty() && going_) {
      const std::string_view part = bytes.substr(0, piece);
      going_ = session_.feed(Chunk::copy_of(part), TimePoint());
      bytes.remove_prefix(part.size());
    }
    for (int i = 0; i < 1000 && session_.wants_write(); ++i) {
      if (!session_.pull(said_, size_t{1} << 20)) break;
    }
  }

  H2Session& session() noexcept { return session_; }
  const ByteQueue& said() const noexcept { return said_; }
  std::string text() const {
    std::string out;
    for (const auto& [id, story] : stories_) {
      out += fmt::format("{}: {}", id, story.head);
      // How much came of a body that broke off depends on the cuts.
      if (!story.body.empty() && story.end.starts_with(" end"))
        out += fmt::format(" body {}", story.body);
      out += story.end + "\n";
    }
    return out;
  }

 private:
  struct Story {
    std::string head;
    std::string body;
    std::string end;
  };
  struct Stream final : H2Stream {};

  static std::string fields(const Headers& headers) {
    std::string out;
    for (const Field& field : headers) out += fmt::format(" {}={}", field.name, field.value);
    return out;
  }

  std::unique_ptr<H2Stream> on_stream_begun() override { return std::make_unique<Stream>(); }
  void on_head(H2Stream& stream, bool end) override {
    Story& story = stories_[stream.id()];
    ProtocolError error;
    if (session_.fields(stream).too_large()) {
      story.head = "too large";
    } else if (const auto head = session_.fields(stream).take_request(end, rules_, error)) {
      if (visit_) visit_(*head);
      story.head = fmt::format("{} {} {} {}{}", head->method_name, head->authority, head->path,
                               static_cast<int>(head->body), fields(head->headers));
      return;
    } else {
      story.head = fmt::format("{} {}", error.status, error.detail);
    }
    session_.reset(stream, 1);
  }
  void on_data(H2Stream& stream, Chunk chunk) override {
    stories_[stream.id()].body += chunk.view();
  }
  void on_end(H2Stream& stream, Headers trailers) override {
    stories_[stream.id()].end += " end" + fields(trailers);
  }
  void on_writable(H2Stream& /*stream*/) override {}
  void on_sent_end(H2Stream& /*stream*/) override {}
  void on_stream_closed(H2Stream& stream, uint32_t code) override {
    stories_[stream.id()].end += fmt::format(" closed {}", code);
  }
  void on_goaway(int32_t /*last_id*/, uint32_t /*code*/) override {}

  const H1RequestRules rules_;
  Visit visit_;
  H2Session session_{H2Session::Role::server, {}, *this};
  ByteQueue said_;
  std::map<int32_t, Story> stories_;
  bool going_ = true;
};

}  // namespace gnomon::http
