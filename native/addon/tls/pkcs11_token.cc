// One PKCS#11 token: found by its label, opened read-only, signing with keys that stay on it. A module is loaded once a
// process and stays.
#include <dlfcn.h>
#include <napi.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "init.h"
#include "pkcs11_api.h"

namespace {

using namespace agile::pkcs11;

/// A module takes its own libraries first: Node exports the symbols of another OpenSSL. The address sanitizer replaces
/// functions of libc for the whole program and refuses this.
#ifdef __SANITIZE_ADDRESS__
constexpr int kOwnLibrariesFirst = 0;
#else
constexpr int kOwnLibrariesFirst = RTLD_DEEPBIND;
#endif

struct Failure {
  const char* reason;
  std::string what;
};

const char* ReasonOf(Rv value) {
  switch (value) {
    case kPinIncorrect:
    case kPinInvalid:
    case kPinLenRange:
      return "pin-incorrect";
    case kPinLocked:
      return "pin-locked";
    case kDeviceError:
    case kDeviceRemoved:
    case kSessionClosed:
    case kSessionHandleInvalid:
    case kTokenNotPresent:
    case kTokenNotRecognized:
    case kSlotIdInvalid:
      return "removed";
    default:
      return "failed";
  }
}

void Check(Rv value, const char* function) {
  if (value == kOk) return;
  char text[64];
  snprintf(text, sizeof text, "%s: 0x%lx", function, value);
  throw Failure{ReasonOf(value), text};
}

// Blank padded, not ended by a NUL.
std::string Text(const Byte* text, size_t length) {
  std::string found(reinterpret_cast<const char*>(text), length);
  found.erase(found.find_last_not_of(' ') + 1);
  return found;
}

class Module {
 public:
  // A profile may come from somebody else: it can only name a module that nobody but root or this user could have
  // written.
  static Module& Load(const std::string& path) {
    static std::map<std::string, Module> loaded;
    auto known = loaded.find(path);
    if (known != loaded.end()) return known->second;
    struct stat file{};
    if (path.empty() || path[0] != '/') throw Failure{"module", "the path of the module is not absolute"};
    if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) throw Failure{"module", "there is no such module"};
    if ((file.st_uid != 0 && file.st_uid != geteuid()) || (file.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      throw Failure{"module", "others may write to the module"};
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | kOwnLibrariesFirst);
    if (library == nullptr) throw Failure{"module", dlerror()};
    auto get = reinterpret_cast<Rv (*)(FunctionList**)>(dlsym(library, "C_GetFunctionList"));
    FunctionList* list = nullptr;
    if (get == nullptr || get(&list) != kOk || list == nullptr || list->version.major < 2)
      throw Failure{"module", "this is not a PKCS#11 module"};
    Module module(list);
    InitializeArguments arguments{nullptr, nullptr, nullptr, nullptr, kOsLocking, nullptr};
    Rv value = module.Call<Rv (*)(void*)>(kInitialize)(&arguments);
    if (value != kAlreadyInitialized) Check(value, "C_Initialize");
    return loaded.emplace(path, module).first->second;
  }

  template <typename Signature>
  Signature Call(Function function) const {
    return reinterpret_cast<Signature>(list_->functions[function]);
  }

  TokenInfo Info(Ulong slot) const {
    TokenInfo info{};
    Check(Call<Rv (*)(Ulong, TokenInfo*)>(kGetTokenInfo)(slot, &info), "C_GetTokenInfo");
    return info;
  }

  std::vector<Ulong> SlotsWithToken() const {
    const auto list = Call<Rv (*)(Byte, Ulong*, Ulong*)>(kGetSlotList);
    // A module looks for readers that were plugged in or pulled out since only when it is asked how many there are
    // (PKCS #11 v2.40, C_GetSlotList).
    for (int tries = 0; tries < 4; tries++) {
      Ulong count = 0;
      Check(list(1, nullptr, &count), "C_GetSlotList");
      std::vector<Ulong> slots(std::min<Ulong>(count, kMostSlots));
      if (slots.empty()) return slots;
      count = slots.size();
      const Rv result = list(1, slots.data(), &count);
      // One more came in between.
      if (result == kBufferTooSmall) continue;
      Check(result, "C_GetSlotList");
      slots.resize(std::min<Ulong>(count, slots.size()));
      return slots;
    }
    throw Failure{"failed", "the slots of the token's driver change without end"};
  }

  Ulong SlotOf(const std::string& label) const {
    for (Ulong slot : SlotsWithToken()) {
      TokenInfo info{};
      if (Call<Rv (*)(Ulong, TokenInfo*)>(kGetTokenInfo)(slot, &info) == kOk &&
          Text(info.label, sizeof info.label) == label)
        return slot;
    }
    throw Failure{"absent", "no token has the label " + label};
  }

 private:
  explicit Module(FunctionList* list) : list_(list) {}
  FunctionList* list_;
};

std::string Hex(const std::vector<Byte>& octets) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (Byte octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

std::vector<Byte> FromHex(const std::string& text) {
  std::vector<Byte> octets;
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return {};
    octets.push_back(static_cast<Byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return text.size() % 2 == 0 ? octets : std::vector<Byte>{};
}

Ulong MechanismOf(const std::string& name) {
  if (name == "rsa-pkcs1") return kRsaPkcs;
  if (name == "rsa-raw") return kRsaX509;
  if (name == "ecdsa") return kEcdsa;
  if (name == "eddsa") return kEddsa;
  if (name.rfind("rsa-pss-", 0) == 0) return kRsaPss;
  throw Failure{"failed", "unknown mechanism " + name};
}

// Failures become errors whose `reason` is one of TokenErrorReason.
template <typename Body>
void Guard(Napi::Env env, Body body) {
  try {
    body();
  } catch (const Failure& failure) {
    Napi::Error error = Napi::Error::New(env, failure.what);
    error.Set("reason", Napi::String::New(env, failure.reason));
    throw error;
  }
}

// What is plugged in: label, manufacturer and model of every initialised token of a module.
Napi::Value ListTokens(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  Guard(env, [&] {
    const Module& module = Module::Load(info[0].ToString().Utf8Value());
    for (Ulong slot : module.SlotsWithToken()) {
      TokenInfo token{};
      if (module.Call<Rv (*)(Ulong, TokenInfo*)>(kGetTokenInfo)(slot, &token) != kOk ||
          (token.flags & kFlagTokenInitialized) == 0)
        continue;
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("label", Napi::String::New(env, Text(token.label, sizeof token.label)));
      entry.Set("manufacturer", Napi::String::New(env, Text(token.manufacturer, sizeof token.manufacturer)));
      entry.Set("model", Napi::String::New(env, Text(token.model, sizeof token.model)));
      list.Set(list.Length(), entry);
    }
  });
  return list;
}

class Token : public Napi::ObjectWrap<Token> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Pkcs11Token",
                       {
                           InstanceMethod<&Token::Login>("login"),
                           InstanceMethod<&Token::Certificates>("certificates"),
                           InstanceMethod<&Token::Supports>("supports"),
                           InstanceMethod<&Token::Sign>("sign"),
                           InstanceMethod<&Token::Close>("close"),
                           InstanceAccessor<&Token::PinState>("pinState"),
                           InstanceAccessor<&Token::NeedsPin>("needsPin"),
                           InstanceAccessor<&Token::IsPresent>("isPresent"),
                       });
  }

  explicit Token(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Token>(info) {
    Guard(info.Env(), [&] {
      module_ = &Module::Load(info[0].ToString().Utf8Value());
      slot_ = module_->SlotOf(info[1].ToString().Utf8Value());
      Check(module_->Call<Rv (*)(Ulong, Ulong, void*, void*, Ulong*)>(kOpenSession)(slot_, kSerialSession, nullptr,
                                                                                    nullptr, &session_),
            "C_OpenSession");
      open_ = true;
    });
  }

  ~Token() override { Release(); }

 private:
  void RequireOpen() const {
    if (!open_) throw Failure{"removed", "the token is closed"};
  }

  Napi::Value Login(const Napi::CallbackInfo& info) {
    std::string pin = info[0].ToString().Utf8Value();
    Guard(info.Env(), [&] {
      RequireOpen();
      Rv value =
          module_->Call<Rv (*)(Ulong, Ulong, const char*, Ulong)>(kLogin)(session_, kUser, pin.data(), pin.size());
      explicit_bzero(pin.data(), pin.size());
      if (value != kUserAlreadyLoggedIn) Check(value, "C_Login");
    });
    return info.Env().Undefined();
  }

  std::vector<Ulong> Find(Ulong wanted, const std::vector<Byte>* id) const {
    std::vector<Attribute> filter{{kAttributeClass, &wanted, sizeof wanted}};
    if (id != nullptr) filter.push_back({kAttributeId, const_cast<Byte*>(id->data()), id->size()});
    Check(module_->Call<Rv (*)(Ulong, Attribute*, Ulong)>(kFindObjectsInit)(session_, filter.data(), filter.size()),
          "C_FindObjectsInit");
    Ulong objects[64], count = 0;
    Rv value = module_->Call<Rv (*)(Ulong, Ulong*, Ulong, Ulong*)>(kFindObjects)(session_, objects, 64, &count);
    module_->Call<Rv (*)(Ulong)>(kFindObjectsFinal)(session_);
    Check(value, "C_FindObjects");
    return std::vector<Ulong>(objects, objects + std::min<Ulong>(count, 64));
  }

  std::vector<Byte> Read(Ulong object, Ulong type) const {
    Attribute attribute{type, nullptr, 0};
    auto get = module_->Call<Rv (*)(Ulong, Ulong, Attribute*, Ulong)>(kGetAttributeValue);
    if (get(session_, object, &attribute, 1) != kOk || attribute.length == 0 || attribute.length > 65536) return {};
    std::vector<Byte> octets(attribute.length);
    attribute.value = octets.data();
    if (get(session_, object, &attribute, 1) != kOk || attribute.length > octets.size()) return {};
    octets.resize(attribute.length);
    return octets;
  }

  Napi::Value Certificates(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Array list = Napi::Array::New(env);
    Guard(env, [&] {
      RequireOpen();
      for (Ulong object : Find(kClassCertificate, nullptr)) {
        std::vector<Byte> der = Read(object, kAttributeValue);
        if (der.empty()) continue;
        Napi::Object entry = Napi::Object::New(env);
        Napi::Uint8Array octets = Napi::Uint8Array::New(env, der.size());
        memcpy(octets.Data(), der.data(), der.size());
        entry.Set("id", Napi::String::New(env, Hex(Read(object, kAttributeId))));
        entry.Set("der", octets);
        list.Set(list.Length(), entry);
      }
    });
    return list;
  }

  Napi::Value Supports(const Napi::CallbackInfo& info) {
    bool supported = false;
    Guard(info.Env(), [&] {
      RequireOpen();
      MechanismInfo mechanism{};
      supported = module_->Call<Rv (*)(Ulong, Ulong, MechanismInfo*)>(kGetMechanismInfo)(
                      slot_, MechanismOf(info[0].ToString().Utf8Value()), &mechanism) == kOk;
    });
    return Napi::Boolean::New(info.Env(), supported);
  }

  Napi::Value Sign(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Value result = env.Undefined();
    Guard(env, [&] {
      RequireOpen();
      std::vector<Byte> id = FromHex(info[0].ToString().Utf8Value());
      std::string name = info[1].ToString().Utf8Value();
      if (!info[2].IsTypedArray()) throw Failure{"failed", "input: octets are needed"};
      Napi::Uint8Array input = info[2].As<Napi::Uint8Array>();
      std::vector<Ulong> keys = id.empty() ? std::vector<Ulong>{} : Find(kClassPrivateKey, &id);
      if (keys.empty()) throw Failure{"not-found", "no private key of that id"};
      PssParameters pss = name == "rsa-pss-sha384"   ? PssParameters{kSha384, kMgf1Sha384, 48}
                          : name == "rsa-pss-sha512" ? PssParameters{kSha512, kMgf1Sha512, 64}
                                                     : PssParameters{kSha256, kMgf1Sha256, 32};
      Mechanism mechanism{MechanismOf(name), nullptr, 0};
      if (mechanism.mechanism == kRsaPss) mechanism = {kRsaPss, &pss, sizeof pss};
      Check(module_->Call<Rv (*)(Ulong, Mechanism*, Ulong)>(kSignInit)(session_, &mechanism, keys[0]), "C_SignInit");
      Byte signature[2048];
      Ulong length = sizeof signature;
      Check(module_->Call<Rv (*)(Ulong, Byte*, Ulong, Byte*, Ulong*)>(kSign)(session_, input.Data(), input.ByteLength(),
                                                                             signature, &length),
            "C_Sign");
      Napi::Uint8Array octets = Napi::Uint8Array::New(env, length);
      memcpy(octets.Data(), signature, length);
      result = octets;
    });
    return result;
  }

  Napi::Value PinState(const Napi::CallbackInfo& info) {
    Ulong flags = 0;
    Guard(info.Env(), [&] {
      RequireOpen();
      flags = module_->Info(slot_).flags;
    });
    return Napi::String::New(info.Env(), (flags & kFlagPinLocked) != 0     ? "locked"
                                         : (flags & kFlagPinFinalTry) != 0 ? "final-try"
                                         : (flags & kFlagPinCountLow) != 0 ? "low"
                                                                           : "fine");
  }

  Napi::Value NeedsPin(const Napi::CallbackInfo& info) {
    Ulong flags = 0;
    Guard(info.Env(), [&] {
      RequireOpen();
      flags = module_->Info(slot_).flags;
    });
    return Napi::Boolean::New(info.Env(), (flags & kFlagLoginRequired) != 0);
  }

  // A session ends with its token's removal, also when another token is in the slot meanwhile.
  Napi::Value IsPresent(const Napi::CallbackInfo& info) {
    Ulong state[4];
    SlotInfo slot{};
    bool present = open_ && module_->Call<Rv (*)(Ulong, SlotInfo*)>(kGetSlotInfo)(slot_, &slot) == kOk &&
                   (slot.flags & kFlagTokenPresent) != 0 &&
                   module_->Call<Rv (*)(Ulong, void*)>(kGetSessionInfo)(session_, state) == kOk;
    return Napi::Boolean::New(info.Env(), present);
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    Release();
    return info.Env().Undefined();
  }

  void Release() {
    if (open_) module_->Call<Rv (*)(Ulong)>(kCloseSession)(session_);
    open_ = false;
  }

  Module* module_ = nullptr;
  Ulong slot_ = 0;
  Ulong session_ = 0;
  bool open_ = false;
};

}  // namespace

void InitPkcs11(Napi::Env env, Napi::Object exports) {
  exports.Set("Pkcs11Token", Token::Define(env));
  exports.Set("pkcs11Tokens", Napi::Function::New<&ListTokens>(env, "pkcs11Tokens"));
}
