// One HTTP/2 connection without I/O: bytes in, events out, bytes to send pulled out. Framing, HPACK
// and the state of streams are nghttp2's; flow control, limits and what of a message is let through
// are decided here.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "base/clock.h"
#include "http/h2_calm.h"
#include "http/h2_common.h"
#include "http/h2_fields.h"
#include "msg/head.h"

struct nghttp2_session;

namespace gnomon::http {

class H2Session;

// One stream as the session sees it. Owned by the session; server and client derive from it.
class H2Stream {
 public:
  virtual ~H2Stream() = default;
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  int32_t id() const noexcept { return id_; }
  // Bytes that were given to be sent and have not been put into a frame.
  size_t unsent_bytes() const noexcept { return head_bytes_ + out_.size(); }
  size_t unsent_pinned() const noexcept { return head_bytes_ + out_.pinned_bytes(); }
  void compact_unsent_bytes() { out_.compact(); }
  bool head_sent() const noexcept { return head_sent_; }
  bool end_sent() const noexcept { return end_sent_; }
  bool end_received() const noexcept { return end_received_; }
  bool end_asked() const noexcept { return end_asked_; }
  bool was_reset() const noexcept { return reset_; }
  bool was_reset_by_peer() const noexcept { return peer_reset_; }
  // All that it has received waits here for one who has paused it.
  bool holds_whole() const noexcept { return end_held_ && !reset_; }

 protected:
  H2Stream() = default;

 private:
  friend class H2Session;
  friend struct H2Callbacks;

  H2Fields fields_;   // the section being received
  ByteQueue out_;     // to be sent
  ByteQueue held_;    // received while paused
  Headers trailers_;  // to be sent; and, with held_, those received
  Headers held_trailers_;
  size_t head_bytes_ = 0;  // of the head that waits to be sent
  size_t index_ = 0;       // among the session's streams
  int32_t id_ = 0;
  uint32_t interim_ = 0;
  bool started_ = false;  // a head was received (or, 1xx aside, sent by the peer)
  bool head_sent_ = false;
  bool end_asked_ = false;
  bool end_sent_ = false;
  bool end_received_ = false;
  bool end_held_ = false;
  bool deferred_ = false;  // nghttp2 waits to be told that there is something to send
  bool was_full_ = false;
  bool paused_ = false;
  bool reset_ = false;
  bool peer_reset_ = false;
  bool detached_ = false;  // over for nghttp2, and not for the one who has paused it
};

// What a session tells. None may destroy the session.
class H2Events {
 public:
  // A server's: a request begins. Null refuses it.
  virtual std::unique_ptr<H2Stream> on_stream_begun() { return nullptr; }
  virtual void on_head(H2Stream& stream, bool end) = 0;  // take_request() or take_response() next
  virtual void on_data(H2Stream& stream, Chunk chunk) = 0;
  virtual void on_end(H2Stream& stream, Headers trailers) = 0;
  virtual void on_writable(H2Stream& stream) = 0;
  virtual void on_data_sent(H2Stream& /*stream*/) {}
  virtual void on_sent_end(H2Stream& stream) = 0;
  // The stream is destroyed right after.
  virtual void on_stream_closed(H2Stream& stream, uint32_t code) = 0;
  virtual void on_goaway(int32_t last_id, uint32_t code) = 0;
  virtual void on_settings() {}
  virtual void on_notice_answered() {}
  // A head is being received, or has been; also one that is refused on the way.
  virtual void on_head_progress(bool /*begun*/) {}

 protected:
  ~H2Events() = default;
};

class H2Session {
 public:
  enum class Role : uint8_t { server, client };

  struct Limits {
    H2Limits h2;
    uint32_t head_bytes = 61'440;
    uint32_t fields = 100;
    uint32_t trailer_bytes = 16'384;
    uint32_t trailer_fields = 32;
    uint32_t interim_responses = 100;
    size_t unsent_low_bytes = size_t{32} * 1024;
  };
  // Of the settings of either side.
  template <typename Settings>
  static Limits limits_of(const Settings& from) {
    return {.h2 = from.h2,
            .head_bytes = from.h1.head_bytes,
            .fields = from.h1.fields,
            .trailer_bytes = from.h1.trailer_bytes,
            .trailer_fields = from.h1.trailer_fields,
            .interim_responses = from.h1.interim_responses,
            .unsent_low_bytes = from.unsent_low_bytes};
  }

  H2Session(Role role, const Limits& limits, H2Events& events);
  ~H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  // Takes all of `in`. False: the connection is over once what pull() gives has been sent.
  bool feed(const Chunk& in, TimePoint now);
  // Appends frames until `out` holds about `enough` bytes or there is nothing more to say. False as
  // above.
  bool pull(ByteQueue& out, size_t enough);
  bool wants_write() const noexcept;
  // Nothing more will be said or listened to.
  bool over() const noexcept;

  // Of the stream whose on_head is being told.
  H2Fields& fields(H2Stream& stream) noexcept { return stream.fields_; }

  // A server's. A response without a body ends its stream.
  void send_response(H2Stream& stream, const ResponseHead& head, bool end);
  void send_interim(H2Stream& stream, const ResponseHead& head);
  // A client's: on success the stream is the session's from here on. False: none can be begun.
  bool send_request(std::unique_ptr<H2Stream>& stream, const RequestHead& head, bool end);

  void send_body(H2Stream& stream, Chunk chunk);
  void send_end(H2Stream& stream, const Headers& trailers);
  // Drops what is unsent. on_stream_closed follows from a later pull().
  void reset(H2Stream& stream, uint32_t code);
  void pause(H2Stream& stream) noexcept { stream.paused_ = true; }
  // Delivers what came in the meantime, before it returns.
  void resume(H2Stream& stream);
  // The connection is lost, which those that hold all they have to tell need no more. Returns how
  // many these are.
  size_t outlive_connection();
  // Destroys those that were reset after that.
  void drop_detached();

  // Asks for a sign of life.
  void send_ping();
  // Says that no stream will be served soon; on_notice_answered() tells that the peer has heard it.
  void send_shutdown_notice();
  // No stream beyond those begun will be served.
  void send_goaway(uint32_t code);

  size_t open_streams() const noexcept { return streams_.size(); }
  template <typename Visit>
  void for_each_stream(Visit&& visit) {
    // From the back: a visit may close the stream it is at.
    for (size_t i = streams_.size(); i > 0; --i) {
      if (i <= streams_.size()) visit(*streams_[i - 1]);
    }
  }
  bool settings_received() const noexcept { return settings_received_; }
  uint32_t peer_streams_max() const noexcept;
  bool peer_takes_extended_connect() const noexcept;
  // Whether a client may begin a further stream.
  bool may_begin() const noexcept;
  H2Flood flood() const noexcept { return flood_; }

 private:
  friend struct H2Callbacks;

  void deliver(H2Stream& stream, Chunk chunk);
  void deliver_end(H2Stream& stream, Headers trailers);
  void adopt(std::unique_ptr<H2Stream> stream);
  void drop(H2Stream& stream);
  void kick(H2Stream& stream);
  void tell_writable();
  void check_order(int32_t id);
  bool fail(int error);
  void calm_down(H2Flood kind);
  void put_raw_goaway(uint32_t code);

  const Limits limits_;
  H2Events& events_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<H2Stream>> streams_;
  std::vector<int32_t> writable_;
  H2Calm calm_;
  H2Stream* receiving_ = nullptr;  // whose fields come in; finding it anew for each field is dear
  const Chunk* input_ = nullptr;   // while it is fed
  ByteQueue* output_ = nullptr;    // while it is pulled
  size_t enough_ = 0;
  ByteQueue last_words_;
  H2Flood flood_ = H2Flood::none;
  int32_t head_of_ = 0;  // the stream whose head is being received
  int32_t last_begun_ = -1;
  int32_t skipped_from_ = 0;  // the last run of ids that the client passed over
  int32_t skipped_to_ = 0;
  const Role role_;
  bool settings_received_ = false;
  bool peer_leaves_ = false;  // it has said GOAWAY
  bool notice_given_ = false;
  bool cancelled_detached_ = false;
  bool failed_ = false;
};

}  // namespace gnomon::http
