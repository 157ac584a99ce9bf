// Reads one UDP socket on a thread of its own: ESP goes to the data path that was attached to the socket and is
// finished on this very thread; IKE, and everything while no data path is attached, goes to the owner (RFC 3948
// section 2).
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "esp_receiver.h"
#include "socket_address.h"
#include "wakeable_thread.h"

namespace agile {

struct Arrival {
  std::vector<uint8_t> datagram;
  SocketAddress from;
  /// An errno: then it is an error, not a datagram.
  int error = 0;
  uint32_t mtu = 0;
};

class UdpReader {
 public:
  /// Called on the reader's thread. false: nobody listens any more, and the reader ends.
  using Deliver = std::function<bool(std::unique_ptr<Arrival>)>;

  /// `fd` stays the caller's, and stays open until stop() has returned.
  UdpReader(int fd, Deliver deliver);
  ~UdpReader() { stop(); }

  /// 0 or errno.
  int start();
  /// Ends and joins the thread, lets go of the data path. Idempotent.
  void stop();

  int fd() const { return fd_; }

  /// Both return the receiver that was attached before. Whoever drops the last reference to it must hold no lock of the
  /// readers: its destructor may want them.
  std::shared_ptr<EspReceiver> attach(std::shared_ptr<EspReceiver> receiver);
  std::shared_ptr<EspReceiver> detach(const EspReceiver* receiver);

 private:
  static constexpr size_t kMessages = 16;
  /// A whole joined datagram, and not a multiple of a page: buffers at equal page offsets would share cache sets.
  static constexpr size_t kStride = 65536 + 2112;

  bool drain();
  bool demultiplex(uint8_t* data, size_t length, const SocketAddress& from, bool toDataPath);
  bool deliverError(int code, uint32_t mtu);
  std::shared_ptr<EspReceiver> receiver();

  const int fd_;
  const Deliver deliver_;
  bool stopped_ = false;
  /// Not initialised: pages that no datagram needs are never touched.
  const std::unique_ptr<uint8_t[]> buffer_;
  std::vector<Octets> esp_;
  std::mutex receiverMutex_;
  std::shared_ptr<EspReceiver> receiver_;
  WakeableThread thread_;
};

}  // namespace agile
