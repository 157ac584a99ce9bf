// One client's conversation: JSON requests in, replies and reports out, over a SOCK_SEQPACKET socket.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "reconciler.h"

namespace agile::helper {

constexpr int kProtocolVersion = 1;
constexpr size_t kMaxMessage = 128 * 1024;

class Session {
 public:
  /// Takes the socket over.
  Session(int fd, uid_t client, const Surroundings& surroundings);
  ~Session();

  /// Handles one message. false: the client is gone.
  bool receive();
  /// Looks for drift, repairs it and tells the client. true when something had to be repaired.
  bool check();
  /// Puts everything back, for a client that ended (or was ended) without asking.
  void abandon();
  bool applied() const { return reconciler_.applied(); }

 private:
  nlohmann::json handle(const nlohmann::json& request, int* descriptor);
  bool send(const nlohmann::json& message, int descriptor = -1);

  int fd_;
  Reconciler reconciler_;
  std::vector<char> buffer_;
  bool greeted_ = false;
};

}  // namespace agile::helper
