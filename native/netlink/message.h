// Netlink messages: building with correct alignment and lengths, and bounds-checked reading. No sockets here.
#pragma once
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace agile::netlink {

/// A request under construction: nlmsghdr, one fixed header, attributes. Grows as needed.
class Message {
 public:
  Message(uint16_t type, uint16_t flags) {
    data_.resize(NLMSG_HDRLEN);
    header()->nlmsg_type = type;
    header()->nlmsg_flags = flags;
  }

  template <class T>
  void append(const T& fixed) {
    const size_t at = data_.size();
    data_.resize(at + NLMSG_ALIGN(sizeof(T)));
    memcpy(data_.data() + at, &fixed, sizeof(T));
  }

  void attribute(uint16_t type, const void* value, size_t length) {
    const size_t at = data_.size();
    data_.resize(at + RTA_SPACE(length));
    auto* attribute = reinterpret_cast<rtattr*>(data_.data() + at);
    attribute->rta_type = type;
    attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(length));
    if (length > 0) memcpy(RTA_DATA(attribute), value, length);
  }
  void u8(uint16_t type, uint8_t value) { attribute(type, &value, sizeof value); }
  void u32(uint16_t type, uint32_t value) { attribute(type, &value, sizeof value); }
  /// With its terminating zero, as the kernel expects names.
  void text(uint16_t type, const std::string& value) { attribute(type, value.c_str(), value.size() + 1); }
  void bytes(uint16_t type, const std::vector<uint8_t>& value) { attribute(type, value.data(), value.size()); }

  /// Opens a nested attribute; pass the result to `close`.
  size_t open(uint16_t type) {
    const size_t at = data_.size();
    attribute(static_cast<uint16_t>(type | NLA_F_NESTED), nullptr, 0);
    return at;
  }
  void close(size_t at) {
    reinterpret_cast<rtattr*>(data_.data() + at)->rta_len = static_cast<uint16_t>(data_.size() - at);
  }

  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(data_.data()); }
  /// The finished message.
  const std::vector<uint8_t>& finish(uint32_t sequence) {
    header()->nlmsg_len = static_cast<uint32_t>(data_.size());
    header()->nlmsg_seq = sequence;
    return data_;
  }

 private:
  std::vector<uint8_t> data_;
};

/// The attributes of a received message by type; later ones win. Values are checked for length when read.
template <size_t Max>
class Attributes {
 public:
  Attributes(const void* begin, size_t length) {
    const auto* at = static_cast<const uint8_t*>(begin);
    while (length >= sizeof(rtattr)) {
      rtattr attribute;
      memcpy(&attribute, at, sizeof attribute);
      if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > length) break;
      const uint16_t type = attribute.rta_type & NLA_TYPE_MASK;
      if (type <= Max) found_[type] = {at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0)};
      const size_t step = RTA_ALIGN(attribute.rta_len);
      if (step >= length) break;
      at += step;
      length -= step;
    }
  }

  bool has(size_t type) const { return found_[type].data != nullptr; }
  const uint8_t* data(size_t type) const { return found_[type].data; }
  size_t size(size_t type) const { return found_[type].length; }

  template <class T>
  std::optional<T> read(size_t type) const {
    if (!has(type) || size(type) < sizeof(T)) return std::nullopt;
    T value;
    memcpy(&value, data(type), sizeof value);
    return value;
  }
  std::optional<uint32_t> u32(size_t type) const { return read<uint32_t>(type); }
  std::optional<uint8_t> u8(size_t type) const { return read<uint8_t>(type); }
  std::string text(size_t type) const {
    if (!has(type)) return {};
    const auto* value = reinterpret_cast<const char*>(data(type));
    return std::string(value, strnlen(value, size(type)));
  }

 private:
  struct View {
    const uint8_t* data = nullptr;
    size_t length = 0;
  };
  std::array<View, Max + 1> found_{};
};

/// The fixed header behind nlmsghdr, or nullptr when the message is too short for it.
template <class T>
const T* Payload(const nlmsghdr* message) {
  return message->nlmsg_len >= NLMSG_LENGTH(sizeof(T)) ? static_cast<const T*>(NLMSG_DATA(message)) : nullptr;
}

/// The attributes that follow the fixed header T.
template <size_t Max, class T>
Attributes<Max> ReadAttributes(const nlmsghdr* message) {
  const size_t offset = NLMSG_SPACE(sizeof(T));
  if (message->nlmsg_len <= offset) return Attributes<Max>(nullptr, 0);
  return Attributes<Max>(reinterpret_cast<const uint8_t*>(message) + offset, message->nlmsg_len - offset);
}

}  // namespace agile::netlink
