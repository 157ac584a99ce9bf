// Where the reader of a UDP socket leaves ESP, so that it never passes through JavaScript.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace agile {

struct Octets {
  uint8_t* data;
  size_t length;
};

class EspReceiver {
 public:
  virtual ~EspReceiver() = default;
  /// ESP packets in the order of their arrival, on a reader's thread. They are decrypted in place. Never throws.
  virtual void receive(const Octets* packets, size_t count) = 0;
};

/// Hands the ESP that arrives on `fd` to `receiver` from now on, until the socket's reader stops or DetachEspReceiver.
/// false: nobody reads this descriptor.
bool AttachEspReceiver(int fd, const std::shared_ptr<EspReceiver>& receiver);

/// No reader begins to call `receiver` any more; one may still be in the midst of it.
void DetachEspReceiver(const EspReceiver* receiver);

}  // namespace agile
