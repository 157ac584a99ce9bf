#include "session.h"

#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sockets.h"

namespace agile::helper {

namespace {

using nlohmann::json;

/// Settings nest four levels.
constexpr int kDeepest = 8;

json ToJson(const Report& report) {
  json concerns = json::array();
  for (const char* name : {"tunnel", "addresses", "routes", "rules", "dns", "firewall"}) {
    const auto found = report.find(name);
    if (found == report.end()) continue;
    concerns.push_back({{"concern", name}, {"inForce", found->second.inForce}, {"detail", found->second.detail}});
  }
  return {{"concerns", std::move(concerns)}};
}

json ToJson(const std::optional<KillSwitchInForce>& killSwitch) {
  if (!killSwitch) return nullptr;
  json endpoints = json::array();
  for (const Endpoint& endpoint : killSwitch->endpoints)
    endpoints.push_back({{"address", endpoint.address.address()}, {"port", endpoint.port}});
  const bool live = if_nametoindex(killSwitch->tunnelName.c_str()) != 0;
  return {{"owner", killSwitch->owner},
          {"tunnelName", killSwitch->tunnelName},
          {"live", live},
          {"endpoints", std::move(endpoints)}};
}

}  // namespace

Session::Session(int fd, uid_t client, const Surroundings& surroundings, Authorize authorize)
    : fd_(fd), reconciler_(client, surroundings), buffer_(kMaxMessage), authorize_(std::move(authorize)) {
  // A client that does not read must not hold up the repair of its network.
  const timeval limit{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (authorized()) reconciler_.removeLeftovers();
}

void Session::requireAuthorization() {
  if (authorized()) return;
  std::string why;
  if (!authorize_(&why))
    throw ApplyError(827, "IPSEC_SERVICE_STOPPED",
                     "You may not change the network of this computer for a VPN connection.", why);
  authorize_ = nullptr;
  reconciler_.removeLeftovers();
}

Session::~Session() { close(fd_); }

bool Session::send(const json& message, int descriptor) {
  const std::string text = message.dump(-1, ' ', true, json::error_handler_t::replace);
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  }
  for (int attempt = 0; attempt < 8; attempt++) {
    if (sendmsg(fd_, &header, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
  return false;
}

json Session::handle(const json& request, const std::vector<int>& received, int* descriptor) {
  const auto method = request.find("method");
  if (method == request.end() || !method->is_string()) throw InvalidRequest("method", "is missing");
  const std::string name = method->get<std::string>();
  if (!greeted_ && name != "hello") throw InvalidRequest("method", "hello comes first");

  if (name == "hello") {
    CheckMembers(request, "", {"id", "method", "version"});
    const auto version = request.find("version");
    if (version == request.end() || !version->is_number_unsigned() || version->get<uint64_t>() != kProtocolVersion) {
      throw InvalidRequest("version", "must be " + std::to_string(kProtocolVersion));
    }
    greeted_ = true;
    // Whether traffic is blocked is no secret: everybody here notices.
    return {{"version", kProtocolVersion}, {"killSwitch", ToJson(reconciler_.killSwitch())}};
  }
  requireAuthorization();
  if (name == "mark") {
    CheckMembers(request, "", {"id", "method"});
    if (received.empty() || received.size() > kMaxSockets)
      throw InvalidRequest("descriptors", "1 to " + std::to_string(kMaxSockets) + " sockets come with this request");
    for (const int socket : received) {
      const int code = MarkSocket(socket);
      if (code == ENOTSOCK || code == EPROTOTYPE) throw InvalidRequest("descriptors", "one is no UDP socket");
      if (code != 0)
        throw ApplyError(827, "IPSEC_SERVICE_STOPPED", "The system refused to mark a socket.", strerror(code));
    }
    return json::object();
  }
  if (name == "open-dhcp") {
    CheckMembers(request, "", {"id", "method"});
    *descriptor = sent_ = reconciler_.openDhcp();
    return json::object();
  }
  if (name == "open-tunnel" || name == "adopt-tunnel") {
    CheckMembers(request, "", {"id", "method", "name", "mtu", "offload"});
    for (const char* required : {"name", "mtu", "offload"}) {
      if (!request.contains(required)) throw InvalidRequest(required, "is missing");
    }
    if (!request["offload"].is_boolean()) throw InvalidRequest("offload", "must be true or false");
    const std::string tunnel = ParseTunnelName(request["name"], "name");
    const uint32_t mtu = ParseMtu(request["mtu"], "mtu");
    const bool offload = request["offload"].get<bool>();
    if (name == "open-tunnel") {
      *descriptor = reconciler_.openTunnel(tunnel, mtu, offload);
    } else {
      if (received.size() != 1) throw InvalidRequest("descriptors", "exactly one comes with this request");
      reconciler_.adoptTunnel(received[0], tunnel, mtu, offload);
    }
    return {{"name", request["name"]}, {"offload", request["offload"]}};
  }
  if (name == "apply") {
    CheckMembers(request, "", {"id", "method", "settings"});
    if (!request.contains("settings")) throw InvalidRequest("settings", "is missing");
    return {{"report", ToJson(reconciler_.apply(ParseSettings(request["settings"], "settings")))}};
  }
  if (name == "withdraw") {
    CheckMembers(request, "", {"id", "method", "keepKillSwitch"});
    const auto keep = request.find("keepKillSwitch");
    if (keep != request.end() && !keep->is_boolean()) throw InvalidRequest("keepKillSwitch", "must be true or false");
    reconciler_.withdraw(keep != request.end() && keep->get<bool>());
    return json::object();
  }
  if (name == "lift") {
    CheckMembers(request, "", {"id", "method", "owner"});
    if (!request.contains("owner")) throw InvalidRequest("owner", "is missing");
    return {{"lifted",
             reconciler_.lift(request["owner"].is_null() ? std::string() : ParseOwner(request["owner"], "owner"))}};
  }
  throw InvalidRequest("method", "is not known");
}

bool Session::receive() {
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxSockets)];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(fd_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  std::vector<int> received;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      received.push_back(fd);
    }
  }
  // What was handed over is looked at, never kept.
  struct Closing {
    const std::vector<int>& all;
    ~Closing() {
      for (const int fd : all) close(fd);
    }
  } const closing{received};
  if (got == 0) return false;

  json id = nullptr;
  json reply;
  int descriptor = -1;
  try {
    if (header.msg_flags & MSG_TRUNC)
      throw InvalidRequest("request", "is longer than " + std::to_string(kMaxMessage) + " octets");
    if (header.msg_flags & MSG_CTRUNC)
      throw InvalidRequest("descriptors", "are more than " + std::to_string(kMaxSockets));
    const auto shallow = [](int depth, json::parse_event_t, json&) {
      if (depth > kDeepest) throw InvalidRequest("request", "is nested too deeply");
      return true;
    };
    const json request = json::parse(buffer_.data(), buffer_.data() + got, shallow, false);
    if (!request.is_object()) throw InvalidRequest("request", "is not a JSON object");
    const auto given = request.find("id");
    if (given == request.end() || !given->is_number_unsigned()) throw InvalidRequest("id", "must be a whole number");
    id = *given;
    reply = {{"id", id}, {"result", handle(request, received, &descriptor)}};
  } catch (const InvalidRequest& error) {
    reply = {{"id", id},
             {"error",
              {{"code", 827},
               {"symbol", "IPSEC_SERVICE_STOPPED"},
               {"message", "The helper refused the request."},
               {"detail", error.what()},
               {"field", error.field}}}};
  } catch (const ApplyError& error) {
    reply = {{"id", id},
             {"error",
              {{"code", error.code},
               {"symbol", error.symbol},
               {"message", error.what()},
               {"detail", error.detail},
               {"field", nullptr}}}};
  } catch (const std::exception& error) {
    reply = {{"id", id},
             {"error",
              {{"code", 827},
               {"symbol", "IPSEC_SERVICE_STOPPED"},
               {"message", "The helper failed."},
               {"detail", error.what()},
               {"field", nullptr}}}};
  }
  const bool sent = send(reply, descriptor);
  // The tunnel's descriptor stays ours as well; a DHCP socket is the client's alone.
  if (sent_ >= 0) close(sent_);
  sent_ = -1;
  return sent;
}

bool Session::check() {
  const std::optional<Report> report = reconciler_.check();
  if (!report) return false;
  send({{"event", "report"}, {"report", ToJson(*report)}});
  return true;
}

void Session::abandon() { reconciler_.withdraw(true); }

}  // namespace agile::helper
