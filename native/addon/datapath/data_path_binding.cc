// JavaScript face of esp_data_path.h; native/datapath.ts gives it the DataPath interface.
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../system_error.h"
#include "../udp_socket.h"
#include "esp_data_path.h"
#include "init.h"

namespace {

using namespace agile;
using namespace agile::esp;

/// A data path with its way to JavaScript. It lives until close() or the end of the environment.
class BoundDataPath {
 public:
  BoundDataPath(Napi::Env env, Napi::Function listener) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "ESP data path", kQueue, 1);
    call_.Unref(env);
    path_ = std::make_shared<EspDataPath>([this](const DataPathEvent& event) { deliver(event); });
  }
  ~BoundDataPath() { close(); }

  /// Null after close.
  const std::shared_ptr<EspDataPath>& path() const { return path_; }
  /// Null: no capture.
  std::shared_ptr<PacketTap> tap;

  void close() {
    if (!path_) return;
    path_->close();
    path_.reset();
    call_.Abort();
  }

 private:
  static constexpr size_t kQueue = 256;

  void deliver(const DataPathEvent& event) {
    auto* copy = new DataPathEvent(event);
    const napi_status status = call_.NonBlockingCall(copy, [](Napi::Env env, Napi::Function listener,
                                                              DataPathEvent* data) {
      const std::unique_ptr<DataPathEvent> owned(data);
      if (env == nullptr) return;
      static const char* const names[] = {"sequence-soft-limit", "sequence-hard-limit", "send-error", "unknown-spi"};
      listener.Call({Napi::String::New(env, names[static_cast<int>(owned->type)]), Napi::Number::New(env, owned->spi),
                     owned->code == 0 ? env.Null() : Napi::String::New(env, ErrorName(owned->code)).As<Napi::Value>()});
    });
    if (status != napi_ok) delete copy;
  }

  std::shared_ptr<EspDataPath> path_;
  Napi::ThreadSafeFunction call_;
};

using Bound = std::shared_ptr<BoundDataPath>;

Napi::Error FieldError(Napi::Env env, const std::string& field) {
  Napi::Error error = Napi::TypeError::New(env, field + ": does not fit");
  error.Set("field", field);
  return error;
}

Napi::Value Get(const Napi::Object& object, const char* name) { return object.Get(name); }

uint32_t Number(const Napi::Object& object, const char* name, uint32_t most) {
  const Napi::Value value = Get(object, name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= most)) throw FieldError(object.Env(), name);
  return static_cast<uint32_t>(number);
}

Napi::Uint8Array Bytes(const Napi::Object& object, const char* name) {
  const Napi::Value value = Get(object, name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw FieldError(object.Env(), name);
  return value.As<Napi::Uint8Array>();
}

std::vector<TrafficSelector> Selectors(const Napi::Object& sa, const char* name) {
  const Napi::Value value = Get(sa, name);
  if (!value.IsArray()) throw FieldError(sa.Env(), name);
  const auto list = value.As<Napi::Array>();
  std::vector<TrafficSelector> selectors;
  for (uint32_t i = 0; i < list.Length() && i < 1024; i++) {
    const Napi::Value item = list.Get(i);
    if (!item.IsObject()) throw FieldError(sa.Env(), name);
    const auto object = item.As<Napi::Object>();
    TrafficSelector selector{};
    selector.family = static_cast<int>(Number(object, "family", 6));
    selector.protocol = static_cast<uint8_t>(Number(object, "protocol", 255));
    selector.startPort = static_cast<uint16_t>(Number(object, "startPort", 65535));
    selector.endPort = static_cast<uint16_t>(Number(object, "endPort", 65535));
    const Napi::Uint8Array start = Bytes(object, "start");
    const Napi::Uint8Array end = Bytes(object, "end");
    const size_t length = selector.family == 4 ? 4 : 16;
    if ((selector.family != 4 && selector.family != 6) || start.ByteLength() != length || end.ByteLength() != length)
      throw FieldError(sa.Env(), name);
    memcpy(selector.start, start.Data(), length);
    memcpy(selector.end, end.Data(), length);
    selectors.push_back(selector);
  }
  return selectors;
}

Suite SuiteOf(const Napi::Object& sa) {
  Suite suite;
  suite.cipher = static_cast<Cipher>(Number(sa, "cipher", 3));
  suite.keyBits = static_cast<int>(Number(sa, "keyBits", 256));
  suite.integrity = static_cast<Integrity>(Number(sa, "integrity", 4));
  suite.esn = Get(sa, "esn").ToBoolean();
  return suite;
}

uint32_t SpiOf(const Napi::Object& sa) {
  const uint32_t spi = Number(sa, "spi", UINT32_MAX);
  // Values 0 to 255 are reserved (RFC 4303 section 2.1).
  if (spi < 256) throw FieldError(sa.Env(), "spi");
  return spi;
}

std::unique_ptr<EspCipher> CipherOf(const Napi::Object& sa, const Suite& suite, bool encrypt) {
  const Napi::Uint8Array encryptionKey = Bytes(sa, "encryptionKey");
  const Napi::Uint8Array integrityKey = Bytes(sa, "integrityKey");
  std::string field;
  auto cipher = EspCipher::Create(suite, encrypt, encryptionKey.Data(), encryptionKey.ByteLength(), integrityKey.Data(),
                                  integrityKey.ByteLength(), &field);
  if (!cipher) throw FieldError(sa.Env(), field);
  return cipher;
}

Napi::Object ObjectArgument(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "an SA is expected");
  return info[0].As<Napi::Object>();
}

uint32_t NumberArgument(const Napi::CallbackInfo& info, size_t index) {
  if (info.Length() <= index || !info[index].IsNumber()) throw Napi::TypeError::New(info.Env(), "a number is expected");
  return info[index].As<Napi::Number>().Uint32Value();
}

Napi::Value InstallInbound(const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Object sa = ObjectArgument(info);
  const Suite suite = SuiteOf(sa);
  auto cipher = CipherOf(sa, suite, false);
  auto inbound = std::make_unique<InboundSa>(SpiOf(sa), suite.esn, std::move(cipher),
                                             SelectorPair{Selectors(sa, "local"), Selectors(sa, "remote")});
  if (bound->path() && !bound->path()->inbound().install(std::move(inbound))) throw FieldError(info.Env(), "spi");
  return info.Env().Undefined();
}

Napi::Value InstallOutbound(const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Object sa = ObjectArgument(info);
  const Suite suite = SuiteOf(sa);
  auto cipher = CipherOf(sa, suite, true);
  uint64_t first = 1;
  if (Get(sa, "firstSequence").IsBigInt()) {
    bool lossless = false;
    first = Get(sa, "firstSequence").As<Napi::BigInt>().Uint64Value(&lossless);
    if (!lossless || first == 0 || (!suite.esn && first > UINT32_MAX)) throw FieldError(info.Env(), "firstSequence");
  }
  auto outbound = std::make_unique<OutboundSa>(SpiOf(sa), suite.esn, std::move(cipher),
                                               SelectorPair{Selectors(sa, "local"), Selectors(sa, "remote")}, first);
  if (bound->path() && !bound->path()->outbound().install(std::move(outbound))) throw FieldError(info.Env(), "spi");
  return info.Env().Undefined();
}

/// attachTunnel(fd, assumeHeader?)
Napi::Value AttachTunnel(const Bound& bound, const Napi::CallbackInfo& info) {
  auto tunnel = Tunnel::Open(static_cast<int>(NumberArgument(info, 0)), info.Length() > 1 && info[1].ToBoolean());
  if (!tunnel) throw SystemError(info.Env(), errno, "tunnel descriptor");
  if (bound->path()) bound->path()->attachTunnel(std::move(tunnel));
  return info.Env().Undefined();
}

/// setPath(fd, address, port, segmentation) or setPath(null)
Napi::Value SetPath(const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!bound->path()) return env.Undefined();
  if (info.Length() >= 1 && info[0].IsNull()) {
    bound->path()->outbound().setPath(nullptr);
    return env.Undefined();
  }
  const int fd = static_cast<int>(NumberArgument(info, 0));
  if (info.Length() < 3 || !info[1].IsString()) throw Napi::TypeError::New(env, "setPath(fd, address, port)");
  const uint32_t port = NumberArgument(info, 2);
  const auto remote = ParseSocketAddress(info[1].As<Napi::String>().Utf8Value(), static_cast<uint16_t>(port));
  if (!remote || port == 0 || port > 65535) throw SystemError(env, EINVAL, "remote");
  auto socket = Descriptor::Duplicate(fd);
  if (!socket) throw SystemError(env, errno, "socket");
  auto path = std::make_shared<OuterPath>(std::move(socket), *remote);
  if (info.Length() >= 4 && info[3].IsBoolean()) path->segmentation = info[3].As<Napi::Boolean>().Value();
  // Without a reader its ESP comes through JavaScript and receive().
  AttachEspReceiver(fd, bound->path());
  bound->path()->outbound().setPath(std::move(path));
  return env.Undefined();
}

Napi::Value Receive(const Bound& bound, const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "receive(datagram)");
  if (!bound->path()) return info.Env().Undefined();
  const auto datagram = info[0].As<Napi::Uint8Array>();
  // It is decrypted in place, and the datagram is the caller's.
  std::vector<uint8_t> copy(datagram.Data(), datagram.Data() + datagram.ByteLength());
  const Octets octets{copy.data(), copy.size()};
  bound->path()->receive(&octets, 1);
  return info.Env().Undefined();
}

/// setTap(on)
Napi::Value SetTap(const Bound& bound, const Napi::CallbackInfo& info) {
  bound->tap = info.Length() > 0 && info[0].ToBoolean() ? std::make_shared<PacketTap>() : nullptr;
  if (bound->path()) bound->path()->setTap(bound->tap);
  return info.Env().Undefined();
}

/// takeTapped() -> {records, dropped}, or null where nothing is tapped
Napi::Value TakeTapped(const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!bound->tap) return env.Null();
  uint64_t dropped = 0;
  const std::vector<uint8_t> records = bound->tap->take(&dropped);
  Napi::Uint8Array copy = Napi::Uint8Array::New(env, records.size());
  if (!records.empty()) memcpy(copy.Data(), records.data(), records.size());
  Napi::Object out = Napi::Object::New(env);
  out.Set("records", copy);
  out.Set("dropped", Napi::Number::New(env, static_cast<double>(dropped)));
  return out;
}

double Milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

Napi::Value TimeOrNull(Napi::Env env, uint64_t nanoseconds) {
  if (nanoseconds == 0) return env.Null();
  return Napi::Number::New(env, Milliseconds(nanoseconds));
}

Napi::Object CountersObject(Napi::Env env, const SaCounters& c) {
  const auto read = [](const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  Napi::Object out = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::atomic<uint64_t>& counter) {
    out.Set(name, Napi::Number::New(env, static_cast<double>(read(counter))));
  };
  set("bytes", c.bytes);
  set("packets", c.packets);
  out.Set("lastPacketAt", TimeOrNull(env, read(c.lastPacketAt)));
  set("droppedReplay", c.droppedReplay);
  set("droppedAuth", c.droppedAuth);
  set("droppedPolicy", c.droppedPolicy);
  set("droppedMalformed", c.droppedMalformed);
  out.Set("sequence", Napi::BigInt::New(env, read(c.sequence)));
  return out;
}

template <typename Direction>
Napi::Value Counters(Direction& (EspDataPath::*direction)(), const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const uint32_t spi = NumberArgument(info, 0);
  if (!bound->path()) return env.Null();
  Napi::Value out = env.Null();
  ((*bound->path()).*direction)().counters(spi,
                                           [&](const SaCounters& counters) { out = CountersObject(env, counters); });
  return out;
}

Napi::Value StatisticsObject(const Bound& bound, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!bound->path()) return env.Null();
  const DataPathStatistics& s = bound->path()->statistics();
  Napi::Object out = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::atomic<uint64_t>& counter) {
    out.Set(name, Napi::Number::New(env, static_cast<double>(counter.load(std::memory_order_relaxed))));
  };
  set("tunReads", s.tunReads);
  set("sendCalls", s.sendCalls);
  set("datagramsSent", s.datagramsSent);
  set("receiveBatches", s.receiveBatches);
  set("tunWriteDrops", s.tunWriteDrops);
  set("sendDrops", s.sendDrops);
  set("waits", s.waits);
  set("heldDropped", s.heldDropped);
  set("superPacketsRead", s.superPacketsRead);
  set("coalescedWrites", s.coalescedWrites);
  set("coalescedPackets", s.coalescedPackets);
  return out;
}

/// createDataPath(listener(type, spi, code | null)) -> object of functions; see NativeDataPathHandle in
/// native/datapath.ts.
Napi::Value CreateDataPath(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsFunction()) throw Napi::TypeError::New(env, "createDataPath(listener)");
  const Bound bound = std::make_shared<BoundDataPath>(env, info[0].As<Napi::Function>());
  const int code = bound->path()->start();
  if (code != 0) throw SystemError(env, code, "data path thread");
  // The environment ends what nobody closed before; it owns a reference until then.
  auto* const owned = new Bound(bound);
  auto hook = env.AddCleanupHook(
      [](Bound* last) {
        (*last)->close();
        delete last;
      },
      owned);
  Napi::Object out = Napi::Object::New(env);
  const auto method = [&](const char* name, auto body) {
    out.Set(name,
            Napi::Function::New(
                env, [bound, body](const Napi::CallbackInfo& call) -> Napi::Value { return body(bound, call); }, name));
  };
  method("attachTunnel", AttachTunnel);
  method("installInbound", InstallInbound);
  method("installOutbound", InstallOutbound);
  method("removeInbound", [](const Bound& b, const Napi::CallbackInfo& call) {
    const uint32_t spi = NumberArgument(call, 0);
    if (b->path()) b->path()->inbound().remove(spi);
    return call.Env().Undefined();
  });
  method("expectInbound", [](const Bound& b, const Napi::CallbackInfo& call) {
    const uint32_t spi = NumberArgument(call, 0);
    if (b->path()) b->path()->inbound().expect(spi);
    return call.Env().Undefined();
  });
  method("removeOutbound", [](const Bound& b, const Napi::CallbackInfo& call) {
    const uint32_t spi = NumberArgument(call, 0);
    if (b->path()) b->path()->outbound().remove(spi);
    return call.Env().Undefined();
  });
  method("setPath", SetPath);
  method("receive", Receive);
  method("setInnerMtu", [](const Bound& b, const Napi::CallbackInfo& call) {
    const uint32_t mtu = NumberArgument(call, 0);
    if (mtu < 68 || mtu > 65535) throw FieldError(call.Env(), "mtu");
    if (b->path()) b->path()->outbound().setInnerMtu(mtu);
    return call.Env().Undefined();
  });
  method("inboundCounters",
         [](const Bound& b, const Napi::CallbackInfo& call) { return Counters(&EspDataPath::inbound, b, call); });
  method("outboundCounters",
         [](const Bound& b, const Napi::CallbackInfo& call) { return Counters(&EspDataPath::outbound, b, call); });
  method("lastSentAt", [](const Bound& b, const Napi::CallbackInfo& call) {
    return b->path() ? TimeOrNull(call.Env(), b->path()->outbound().lastSentAt()) : call.Env().Null();
  });
  method("statistics", StatisticsObject);
  method("setTap", SetTap);
  method("takeTapped", TakeTapped);
  out.Set("close", Napi::Function::New(
                       env,
                       [bound, owned, hook](const Napi::CallbackInfo& call) mutable -> Napi::Value {
                         if (bound->path()) {
                           hook.Remove(call.Env());
                           bound->close();
                           delete owned;
                         }
                         return call.Env().Undefined();
                       },
                       "close"));
  return out;
}

}  // namespace

void InitDataPath(Napi::Env env, Napi::Object exports) {
  exports.Set("createDataPath", Napi::Function::New(env, CreateDataPath, "createDataPath"));
  exports.Set("cryptoVersion", Napi::String::New(env, CryptoVersion()));
}
