// Which packets an SA carries. The twin of src-core/esp/traffic-selectors.ts.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "inner_packet.h"

namespace agile::esp {

struct TrafficSelector {
  /// 4 or 6.
  int family;
  /// 0: any.
  uint8_t protocol;
  uint16_t startPort;
  uint16_t endPort;
  /// 4 or 16 octets are used.
  uint8_t start[16];
  uint8_t end[16];
};

struct SelectorPair {
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
};

inline bool Matches(const TrafficSelector& selector, const InnerPacket& packet, const uint8_t* address, uint16_t port) {
  if (selector.family != packet.family || (selector.protocol != 0 && selector.protocol != packet.protocol))
    return false;
  const size_t length = packet.addressLength();
  if (memcmp(address, selector.start, length) < 0 || memcmp(address, selector.end, length) > 0) return false;
  if (selector.startPort == 0 && selector.endPort == 65535) return true;
  // OPAQUE (start above end, RFC 7296 section 3.13.1): exactly the packets whose ports cannot be seen.
  if (selector.startPort > selector.endPort) return !packet.hasPorts;
  return packet.hasPorts && port >= selector.startPort && port <= selector.endPort;
}

inline bool MatchesAny(const std::vector<TrafficSelector>& selectors, const InnerPacket& packet, const uint8_t* address,
                       uint16_t port) {
  for (const TrafficSelector& selector : selectors) {
    if (Matches(selector, packet, address, port)) return true;
  }
  return false;
}

inline bool MatchesOutbound(const SelectorPair& selectors, const InnerPacket& packet) {
  return MatchesAny(selectors.local, packet, packet.source, packet.sourcePort) &&
         MatchesAny(selectors.remote, packet, packet.destination, packet.destinationPort);
}

inline bool MatchesInbound(const SelectorPair& selectors, const InnerPacket& packet) {
  return MatchesAny(selectors.remote, packet, packet.source, packet.sourcePort) &&
         MatchesAny(selectors.local, packet, packet.destination, packet.destinationPort);
}

}  // namespace agile::esp
