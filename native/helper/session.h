// One client's conversation: JSON requests in, replies and reports out, over a SOCK_SEQPACKET socket.
#pragma once
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reconciler.h"

namespace agile::helper {

constexpr int kProtocolVersion = 2;
constexpr size_t kMaxMessage = 128 * 1024;

class Session {
 public:
  /// Asked once, before the first request that changes anything. false: why not.
  using Authorize = std::function<bool(std::string* why)>;

  /// Takes the socket over. `authorize` empty: somebody has judged already.
  Session(int fd, uid_t client, const Surroundings& surroundings, Authorize authorize);
  ~Session();

  /// Handles one message. false: the client is gone.
  bool receive();
  /// Looks for drift, repairs it and tells the client. true when something had to be repaired.
  bool check();
  /// Puts everything back, for a client that ended (or was ended) without asking.
  void abandon();
  bool applied() const { return reconciler_.applied(); }
  bool authorized() const { return !authorize_; }

 private:
  nlohmann::json handle(const nlohmann::json& request, const std::vector<int>& received, int* descriptor);
  /// Throws ApplyError (827).
  void requireAuthorization();
  bool send(const nlohmann::json& message, int descriptor = -1);

  int fd_;
  Reconciler reconciler_;
  std::vector<char> buffer_;
  /// A descriptor to close once it was sent; -1: none.
  int sent_ = -1;
  bool greeted_ = false;
  Authorize authorize_;
};

}  // namespace agile::helper
