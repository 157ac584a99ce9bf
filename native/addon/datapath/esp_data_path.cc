#include "esp_data_path.h"

namespace agile::esp {

void EspDataPath::close() {
  report_.silence();
  DetachEspReceiver(this);
  outbound_.stop();
  inbound_.clear();
}

void EspDataPath::attachTunnel(std::shared_ptr<Tunnel> tunnel) {
  inbound_.attachTunnel(tunnel);
  outbound_.attachTunnel(std::move(tunnel));
}

void EspDataPath::setTap(std::shared_ptr<PacketTap> tap) {
  inbound_.setTap(tap);
  outbound_.setTap(std::move(tap));
}

}  // namespace agile::esp
