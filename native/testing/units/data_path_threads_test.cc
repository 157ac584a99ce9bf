#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "addon/udp_reader.h"
#include "packets.h"

using namespace agile;
using namespace agile::testing;

namespace {

struct UdpSocket {
  UdpSocket() : fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    auto* const in = reinterpret_cast<sockaddr_in*>(&address.storage);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.length = sizeof(sockaddr_in);
    if (bind(fd, address.get(), address.length) != 0 || getsockname(fd, address.get(), &address.length) != 0)
      throw std::runtime_error("no UDP socket on loopback");
  }
  ~UdpSocket() { close(fd); }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  const int fd;
  SocketAddress address;
};

/// Calls `work` on a thread until it is destroyed.
class Repeated {
 public:
  explicit Repeated(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          while (!stop_) work();
        }) {}
  ~Repeated() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void WaitReadable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  poll(&wait, 1, 20);
}

/// The whole data path between a gateway and a tunnel that never rest.
struct Busy {
  Busy() : path(std::make_shared<esp::EspDataPath>([this](const esp::DataPathEvent&) { events++; })) {
    for (size_t i = 0; i < 2; i++) {
      readers[i] = std::make_unique<UdpReader>(ours[i].fd, [this](std::unique_ptr<Arrival>) {
        deliveries++;
        return true;
      });
      REQUIRE(readers[i]->start() == 0);
    }
    REQUIRE(path->start() == 0);
  }

  void setPath(size_t which) {
    AttachEspReceiver(ours[which].fd, path);
    path->outbound().setPath(std::make_shared<esp::OuterPath>(esp::Descriptor::Duplicate(ours[which].fd), far.address));
  }

  FakeTun tun, other;
  UdpSocket ours[2], far;
  std::atomic<int> events{0}, deliveries{0}, sent{0}, received{0};
  std::shared_ptr<esp::EspDataPath> path;
  std::unique_ptr<UdpReader> readers[2];
};

/// From the gateway to both sockets: segments of one flow for SPIs that come and go, and IKE in between.
std::function<void()> GatewaySends(Busy& busy) {
  struct State {
    std::vector<Gateway> gateways;
    uint32_t sequence = 0;
    Chance chance{3};
  };
  auto state = std::make_shared<State>();
  for (uint32_t spi = 0x2000; spi < 0x2004; spi++) state->gateways.emplace_back(spi);
  return [&busy, state] {
    Gateway& gateway = state->gateways[state->chance.below(4)];
    for (int i = 0; i < 8; i++) {
      const Packet packet = gateway.seal(TcpSegment(i < 7 ? 4 : 6, state->sequence, 600));
      state->sequence += 600;
      const SocketAddress& to = busy.ours[state->chance.below(8) == 0 ? 1 : 0].address;
      sendto(busy.far.fd, packet.data(), packet.size(), MSG_DONTWAIT, to.get(), to.length);
    }
    const uint8_t ike[8] = {};
    sendto(busy.far.fd, ike, sizeof ike, MSG_DONTWAIT, busy.ours[0].address.get(), busy.ours[0].address.length);
    busy.sent++;
  };
}

}  // namespace

TEST_CASE("everything about a data path may change while its threads work") {
  Busy busy;
  const Packet outgoing = TcpSegment(4, 1, 900);
  Packet framed(esp::kVirtioHeaderLength, 0);
  framed.insert(framed.end(), outgoing.begin(), outgoing.end());
  {
    const Repeated gatewaySends(GatewaySends(busy));
    const Repeated gatewayReads([&] {
      uint8_t buffer[4096];
      WaitReadable(busy.far.fd);
      while (recv(busy.far.fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
      }
    });
    const Repeated programsSend([&] {
      send(busy.tun.far, framed.data(), framed.size(), MSG_DONTWAIT);
      send(busy.other.far, framed.data(), framed.size(), MSG_DONTWAIT);
      pollfd wait{busy.tun.far, POLLOUT, 0};
      poll(&wait, 1, 20);
    });
    const Repeated programsRead([&] {
      WaitReadable(busy.tun.far);
      busy.received += static_cast<int>(ReadPackets(busy.tun.far, true).size());
      ReadPackets(busy.other.far, true);
    });

    Chance chance(11);
    esp::EspDataPath& path = *busy.path;
    path.attachTunnel(esp::Tunnel::Open(busy.tun.near, true));
    busy.setPath(0);
    CHECK(path.outbound().install(Outbound(0x1000)));
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto end = now() + std::chrono::seconds(4);
    while (now() < end) {
      const uint32_t spi = 0x2000 + chance.below(4);
      switch (chance.below(14)) {
        case 0:
          path.inbound().expect(spi);
          break;
        case 1:
        case 2:
          path.inbound().expect(spi);
          std::this_thread::yield();
          path.inbound().install(Inbound(spi));
          break;
        case 3:
          path.inbound().remove(spi);
          break;
        case 4:
          path.outbound().install(Outbound(0x1000 + chance.below(3)));
          break;
        case 5:
          path.outbound().remove(0x1000 + chance.below(3));
          break;
        case 6:
          busy.setPath(chance.below(2));
          break;
        case 7:
          path.outbound().setPath(nullptr);
          break;
        case 8:
          path.attachTunnel(esp::Tunnel::Open(chance.below(4) == 0 ? busy.other.near : busy.tun.near, true));
          break;
        case 9:
          path.outbound().setInnerMtu(576 + chance.below(1000));
          break;
        case 10: {
          const auto tap = std::make_shared<esp::PacketTap>();
          path.setTap(tap);
          uint64_t dropped = 0;
          tap->take(&dropped);
          if (chance.below(2) == 0) path.setTap(nullptr);
          break;
        }
        case 11:
          DetachEspReceiver(busy.path.get());
          break;
        default:
          for (uint32_t each = 0x2000; each < 0x2004; each++)
            path.inbound().counters(each, [](const esp::SaCounters& c) { CHECK(c.bytes <= UINT64_MAX / 2); });
          path.outbound().counters(0x1000, [](const esp::SaCounters& c) { CHECK(c.bytes <= UINT64_MAX / 2); });
          path.outbound().lastSentAt();
          path.statistics().coalescedPackets.load(std::memory_order_relaxed);
      }
      std::this_thread::sleep_for(std::chrono::microseconds(chance.below(400)));
    }
    CHECK(busy.received > 0);
    // In the midst of traffic.
    busy.path->close();
    busy.path.reset();
    busy.readers[0]->stop();
  }
  CHECK(busy.deliveries > 0);
}

TEST_CASE("data paths end in the midst of their packets, whoever lets go of them last") {
  for (int round = 0; round < 30; round++) {
    Busy busy;
    const Repeated gatewaySends(GatewaySends(busy));
    busy.path->attachTunnel(esp::Tunnel::Open(busy.tun.near, true));
    busy.setPath(0);
    busy.path->inbound().install(Inbound(0x2000));
    const int before = busy.sent;
    while (busy.sent < before + 5) std::this_thread::yield();
    switch (round % 4) {
      case 0:
        busy.path->close();
        break;
      case 1:
        // A reader may hold the last reference.
        busy.path.reset();
        break;
      case 2:
        busy.readers[0]->stop();
        busy.path.reset();
        break;
      default:
        // Another data path takes the socket, which lets go of the one before.
        AttachEspReceiver(busy.ours[0].fd, nullptr);
        busy.path.reset();
    }
    busy.readers[1]->stop();
    busy.readers[0]->stop();
  }
}
