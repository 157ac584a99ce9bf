// The part of PKCS#11 (OASIS, "Cryptographic Token Interface Base Specification" 2.40) that signing needs: types as on
// Unix, native alignment, and the places of the functions in CK_FUNCTION_LIST.
#pragma once
#include <cstddef>

namespace agile::pkcs11 {

using Ulong = unsigned long;
using Rv = Ulong;
using Byte = unsigned char;

constexpr Rv kOk = 0x0, kSlotIdInvalid = 0x3, kDeviceError = 0x30, kDeviceRemoved = 0x32, kPinIncorrect = 0xA0,
             kPinInvalid = 0xA1, kPinLenRange = 0xA2, kPinLocked = 0xA4, kSessionClosed = 0xB0,
             kSessionHandleInvalid = 0xB3, kTokenNotPresent = 0xE0, kTokenNotRecognized = 0xE1,
             kUserAlreadyLoggedIn = 0x100, kAlreadyInitialized = 0x191, kBufferTooSmall = 0x150;
constexpr Ulong kFlagLoginRequired = 0x4, kFlagPinCountLow = 0x10000, kFlagPinFinalTry = 0x20000,
                kFlagPinLocked = 0x40000, kFlagTokenPresent = 0x1, kFlagTokenInitialized = 0x400;
// More than any computer has.
constexpr Ulong kMostSlots = 4096;
constexpr Ulong kSerialSession = 0x4, kUser = 1, kOsLocking = 0x2;
constexpr Ulong kAttributeClass = 0x0, kAttributeValue = 0x11, kAttributeId = 0x102, kClassCertificate = 0x1,
                kClassPrivateKey = 0x3;
constexpr Ulong kRsaPkcs = 0x1, kRsaX509 = 0x3, kRsaPss = 0xD, kSha256 = 0x250, kSha384 = 0x260, kSha512 = 0x270,
                kMgf1Sha256 = 2, kMgf1Sha384 = 3, kMgf1Sha512 = 4, kEcdsa = 0x1041, kEddsa = 0x1057;

struct Version {
  Byte major, minor;
};
struct Attribute {
  Ulong type;
  void* value;
  Ulong length;
};
struct Mechanism {
  Ulong mechanism;
  const void* parameter;
  Ulong length;
};
struct PssParameters {
  Ulong hash, mgf, salt;
};
struct MechanismInfo {
  Ulong min_key_size, max_key_size, flags;
};
struct InitializeArguments {
  void *create, *destroy, *lock, *unlock;
  Ulong flags;
  void* reserved;
};
struct SlotInfo {
  Byte description[64], manufacturer[32];
  Ulong flags;
  Version hardware, firmware;
};
struct TokenInfo {
  Byte label[32], manufacturer[32], model[16], serial[16];
  Ulong flags, max_sessions, sessions, max_rw_sessions, rw_sessions, max_pin, min_pin, public_total, public_free,
      private_total, private_free;
  Version hardware, firmware;
  Byte time[16];
};

// CK_FUNCTION_LIST: the version, then pointers in the order of the specification.
enum Function : size_t {
  kInitialize = 0,
  kGetSlotList = 4,
  kGetSlotInfo = 5,
  kGetTokenInfo = 6,
  kGetMechanismInfo = 8,
  kOpenSession = 12,
  kCloseSession = 13,
  kGetSessionInfo = 15,
  kLogin = 18,
  kGetAttributeValue = 24,
  kFindObjectsInit = 26,
  kFindObjects = 27,
  kFindObjectsFinal = 28,
  kSignInit = 42,
  kSign = 43,
};
struct FunctionList {
  Version version;
  void* functions[68];
};

}  // namespace agile::pkcs11
