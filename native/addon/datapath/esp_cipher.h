// The cryptography of one direction of a CHILD SA over libcrypto. One context is made and keyed once; a packet changes
// only the IV.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace agile::esp {

enum class Cipher : uint8_t { AesGcm16, ChaCha20Poly1305, AesCbc, Null };
enum class Integrity : uint8_t { None, HmacSha1_96, HmacSha2_256_128, HmacSha2_384_192, HmacSha2_512_256 };

struct Suite {
  Cipher cipher = Cipher::AesGcm16;
  /// 128, 192 or 256; 0 for NULL.
  int keyBits = 128;
  Integrity integrity = Integrity::None;
  bool esn = false;
};

/// SPI and sequence number.
inline constexpr size_t kHeaderLength = 8;
/// Pad length and next header (RFC 4303 section 2).
inline constexpr size_t kTrailerLength = 2;
inline constexpr uint8_t kNextHeaderIpv4 = 4, kNextHeaderIpv6 = 41, kNextHeaderDummy = 59;
/// Largest IV of any suite.
inline constexpr size_t kMaxIvLength = 16;
/// Most octets any suite adds behind a payload: padding, trailer and ICV.
inline constexpr size_t kMaxTailLength = 16 + 2 + 32;

/// A packet lies whole in one buffer: SPI 4 | sequence number 4 | IV | plaintext or ciphertext | ICV.
/// Not thread-safe: its owner serialises.
class EspCipher {
 public:
  /// Copies the keys into libcrypto's contexts. Null with `*error` naming what does not fit.
  static std::unique_ptr<EspCipher> Create(const Suite& suite, bool encrypt, const uint8_t* encryptionKey,
                                           size_t encryptionKeyLength, const uint8_t* integrityKey,
                                           size_t integrityKeyLength, std::string* error);
  virtual ~EspCipher() = default;

  size_t ivLength() const { return ivLength_; }
  size_t icvLength() const { return icvLength_; }
  /// Payload and trailer together are a multiple of this (RFC 4303 section 2.4).
  size_t alignment() const { return alignment_; }
  /// The IV must not be predictable (RFC 3602 section 3).
  bool randomIv() const { return randomIv_; }

  /// Encrypts in place and writes the ICV. `length` is that of the whole packet. `high`: the unsent half of the
  /// sequence number, used with ESN.
  virtual bool seal(uint8_t* packet, size_t length, uint32_t high) = 0;
  /// Verifies, then decrypts in place. false: the ICV is wrong and the packet's content undefined.
  virtual bool open(uint8_t* packet, size_t length, uint32_t high) = 0;

 protected:
  EspCipher(size_t iv, size_t icv, size_t alignment, bool randomIv, bool esn)
      : ivLength_(iv), icvLength_(icv), alignment_(alignment), randomIv_(randomIv), esn_(esn) {}

  const size_t ivLength_;
  const size_t icvLength_;
  const size_t alignment_;
  const bool randomIv_;
  const bool esn_;
};

/// Unpredictable octets; false when the system's generator fails.
bool RandomOctets(uint8_t* out, size_t length);

/// Version string of the libcrypto that this addon really runs.
const char* CryptoVersion();

}  // namespace agile::esp
