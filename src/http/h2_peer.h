// The other end of an HTTP/2 connection in tests of one side: says frames made by hand and notes
// those that it gets. Its framing and flow control are its own, so that nghttp2 is not its own
// judge; fields are decoded by nghttp2.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h2_frames.h"
#include "net/stream.h"

namespace gnomon::http {

struct H2Frame {
  uint8_t type;
  uint8_t flags;
  uint32_t stream;
  std::string payload;
  H2TestFields fields;  // of a head

  uint32_t number(size_t at = 0) const {
    uint32_t value = 0;
    for (size_t i = at; i < at + 4; ++i) {
      value = (value << 8) | static_cast<unsigned char>(payload.at(i));
    }
    return value;
  }
  bool ends() const noexcept { return (flags & kH2EndStream) != 0; }
};

class H2Peer final : private net::StreamHandler {
 public:
  enum class Role : uint8_t { client, server };

  H2Peer(Role role, std::unique_ptr<net::Stream> stream)
      : stream_(std::move(stream)), preface_(role == Role::server ? kPrefaceBytes : 0) {
    nghttp2_hd_inflate_new(&inflater_);
    stream_->set_handler(this);
    say(role == Role::client ? h2_hello() : h2_frame(kH2Settings, 0, 0));
  }
  ~H2Peer() { nghttp2_hd_inflate_del(inflater_); }
  H2Peer(const H2Peer&) = delete;
  H2Peer& operator=(const H2Peer&) = delete;

  // Leaves as fast as the other side takes it.
  void say(std::string_view bytes) {
    unsaid_ += bytes;
    on_stream_ready();
  }
  void abort() { stream_->abort(); }
  void read(bool on) {
    reading_ = on;
    on_stream_ready();
  }
  void answer_pings(bool on) noexcept { answers_pings_ = on; }
  // Opens windows for what it gets, of streams and of the connection.
  void open_windows(bool on) noexcept { opens_windows_ = on; }

  bool closed() const noexcept { return closed_; }
  size_t unsaid() const noexcept { return unsaid_.size(); }
  const std::vector<H2Frame>& frames() const noexcept { return frames_; }
  void forget_frames() { frames_.clear(); }
  size_t bytes_read() const noexcept { return bytes_read_; }

  const H2Frame* last(H2FrameType type, uint32_t stream = kAny) const {
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), [&](const H2Frame& frame) {
      return frame.type == type && (stream == kAny || frame.stream == stream);
    });
    return found == frames_.rend() ? nullptr : &*found;
  }
  size_t count(H2FrameType type, uint32_t stream = kAny) const {
    return static_cast<size_t>(std::ranges::count_if(frames_, [&](const H2Frame& frame) {
      return frame.type == type && (stream == kAny || frame.stream == stream);
    }));
  }
  // What was granted on top of the first window.
  uint64_t window_opened(uint32_t stream) const {
    uint64_t bytes = 0;
    for (const H2Frame& frame : frames_) {
      if (frame.type == kH2WindowUpdate && frame.stream == stream) bytes += frame.number();
    }
    return bytes;
  }
  std::string status(uint32_t stream) const {
    const H2Frame* head = last(kH2Headers, stream);
    return head == nullptr || head->fields.empty() ? "" : head->fields.front().second;
  }
  std::string body(uint32_t stream) const {
    std::string all;
    for (const H2Frame& frame : frames_) {
      if (frame.type == kH2Data && frame.stream == stream) all += frame.payload;
    }
    return all;
  }
  bool ended(uint32_t stream) const {
    return std::ranges::any_of(frames_, [&](const H2Frame& frame) {
      return frame.stream == stream && frame.type <= kH2Headers && frame.ends();
    });
  }

 private:
  static constexpr size_t kPrefaceBytes = 24;
  static constexpr size_t kHeaderBytes = 9;
  static constexpr uint8_t kAck = 1;
  static constexpr uint32_t kAny = UINT32_MAX;

  void on_stream_ready() override {
    while (!unsaid_.empty() && stream_->writable()) {
      const struct iovec part{unsaid_.data(), unsaid_.size()};
      const net::IoResult io = stream_->write(&part, 1);
      if (io.status != net::IoResult::Status::ok) break;
      unsaid_.erase(0, io.bytes);
    }
    char buffer[16384];
    while (reading_ && !closed_ && stream_->readable()) {
      const net::IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status != net::IoResult::Status::ok) {
        closed_ = io.status != net::IoResult::Status::would_block;
        return;
      }
      bytes_read_ += io.bytes;
      in_.append(buffer, io.bytes);
      take_frames();
    }
  }

  void take_frames() {
    if (preface_ > 0) {
      if (in_.size() < preface_) return;
      in_.erase(0, std::exchange(preface_, 0));
    }
    while (in_.size() >= kHeaderBytes) {
      const H2Frame header{0, 0, 0, in_.substr(0, kHeaderBytes), {}};
      const size_t size = header.number() >> 8;
      if (in_.size() < kHeaderBytes + size) return;
      H2Frame frame{static_cast<uint8_t>(in_[3]),
                    static_cast<uint8_t>(in_[4]),
                    header.number(5),
                    in_.substr(kHeaderBytes, size),
                    {}};
      in_.erase(0, kHeaderBytes + size);
      if (frame.type == kH2Headers) decode(frame);
      answer(frame);
      frames_.push_back(std::move(frame));
    }
  }

  void decode(H2Frame& frame) {
    const auto* at = reinterpret_cast<const uint8_t*>(frame.payload.data());
    size_t left = frame.payload.size();
    for (;;) {
      nghttp2_nv nv{};
      int flags = 0;
      const ssize_t n = nghttp2_hd_inflate_hd2(inflater_, &nv, &flags, at, left, 1);
      if (n < 0) return;
      at += n;
      left -= static_cast<size_t>(n);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        frame.fields.emplace_back(
            std::string(reinterpret_cast<const char*>(nv.name), nv.namelen),
            std::string(reinterpret_cast<const char*>(nv.value), nv.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
  }

  void answer(const H2Frame& frame) {
    const bool ack = (frame.flags & kAck) != 0;
    if (frame.type == kH2Settings && !ack) unsaid_ += h2_frame(kH2Settings, kAck, 0);
    if (frame.type == kH2Ping && !ack && answers_pings_) {
      unsaid_ += h2_frame(kH2Ping, kAck, 0, frame.payload);
    }
    if (frame.type == kH2Data && opens_windows_ && !frame.payload.empty()) {
      const std::string size = h2_u32(static_cast<uint32_t>(frame.payload.size()));
      unsaid_ += h2_frame(kH2WindowUpdate, 0, 0, size);
      if (!frame.ends()) unsaid_ += h2_frame(kH2WindowUpdate, 0, frame.stream, size);
    }
    while (!unsaid_.empty() && stream_->writable()) {
      const struct iovec part{unsaid_.data(), unsaid_.size()};
      const net::IoResult io = stream_->write(&part, 1);
      if (io.status != net::IoResult::Status::ok) return;
      unsaid_.erase(0, io.bytes);
    }
  }

  std::unique_ptr<net::Stream> stream_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string unsaid_;
  std::string in_;
  std::vector<H2Frame> frames_;
  size_t preface_;
  size_t bytes_read_ = 0;
  bool reading_ = true;
  bool closed_ = false;
  bool answers_pings_ = true;
  bool opens_windows_ = true;
};

}  // namespace gnomon::http
