#include <doctest/doctest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>

#include <memory>

#include "netlink/routes.h"
#include "packets.h"

using namespace agile;
using namespace agile::testing;

namespace {

/// Calls `read` with the message whole, cut short at every length it might claim, and with octets changed.
template <typename Read>
void Disturb(netlink::Message& message, Chance& chance, Read read) {
  const std::vector<uint8_t> good = message.finish(1);
  for (int count = 0; count < 4000; count++) {
    std::vector<uint8_t> bytes = good;
    if (count > 0)
      bytes.resize(sizeof(nlmsghdr) + chance.below(static_cast<uint32_t>(bytes.size() - sizeof(nlmsghdr) + 1)));
    for (uint32_t change = count == 0 ? 0 : chance.below(4); change > 0; change--)
      bytes[chance.below(static_cast<uint32_t>(bytes.size()))] = chance.octet();
    // As NLMSG_OK demands of what is read.
    const uint32_t length = static_cast<uint32_t>(bytes.size());
    memcpy(bytes.data(), &length, sizeof length);
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[bytes.size()]);
    memcpy(exact.get(), bytes.data(), bytes.size());
    read(reinterpret_cast<const nlmsghdr*>(exact.get()), count == 0);
  }
}

}  // namespace

TEST_CASE("no link message is read past its end") {
  netlink::Message message(RTM_NEWLINK, 0);
  ifinfomsg info{};
  info.ifi_index = 3;
  message.append(info);
  message.text(IFLA_IFNAME, "eth0");
  message.u32(IFLA_MTU, 1500);
  message.u8(IFLA_OPERSTATE, 6);
  const size_t kinds = message.open(IFLA_LINKINFO);
  message.text(IFLA_INFO_KIND, "veth");
  message.close(kinds);
  Chance chance(5);
  Disturb(message, chance, [](const nlmsghdr* each, bool whole) {
    netlink::Link link;
    const bool good = netlink::ParseLink(each, &link);
    if (whole) CHECK((good && link.name == "eth0" && link.mtu == 1500 && link.kind == "veth"));
  });
}

TEST_CASE("no address message is read past its end") {
  netlink::Message message(RTM_NEWADDR, 0);
  ifaddrmsg info{};
  info.ifa_family = AF_INET;
  info.ifa_prefixlen = 24;
  message.append(info);
  message.bytes(IFA_ADDRESS, {10, 0, 0, 1});
  message.bytes(IFA_LOCAL, {10, 0, 0, 2});
  message.u32(IFA_FLAGS, IFA_F_PERMANENT);
  Chance chance(6);
  Disturb(message, chance, [](const nlmsghdr* each, bool whole) {
    netlink::Address address;
    const bool good = netlink::ParseAddress(each, &address);
    if (whole) CHECK((good && address.address == "10.0.0.2" && address.prefixLength == 24));
  });
}

TEST_CASE("what the kernel really says is read") {
  netlink::Socket socket;
  std::vector<netlink::Link> links;
  std::vector<netlink::Address> addresses;
  REQUIRE(netlink::DumpLinks(socket, &links).ok());
  REQUIRE(netlink::DumpAddresses(socket, &addresses).ok());
  CHECK_FALSE(links.empty());
  netlink::RouteAnswer answer;
  netlink::LookupRoute(socket, "192.0.2.1", 0, "", &answer);
  netlink::LookupRoute(socket, "2001:db8::1", 0, "", &answer);
  CHECK(netlink::LookupRoute(socket, "nowhere", 0, "", &answer).code == EINVAL);
}
