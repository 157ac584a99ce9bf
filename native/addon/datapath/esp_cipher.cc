#include "esp_cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

#include "octet_order.h"

namespace agile::esp {

namespace {

constexpr size_t kSaltLength = 4;
constexpr size_t kTagLength = 16;

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
struct FreeMacContext {
  void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

/// Fetched once a process: fetching costs more than a packet.
EVP_CIPHER* FetchCipher(const char* name) { return EVP_CIPHER_fetch(nullptr, name, nullptr); }

const EVP_CIPHER* GcmCipher(int bits) {
  static EVP_CIPHER* const c128 = FetchCipher("AES-128-GCM");
  static EVP_CIPHER* const c192 = FetchCipher("AES-192-GCM");
  static EVP_CIPHER* const c256 = FetchCipher("AES-256-GCM");
  return bits == 128 ? c128 : bits == 192 ? c192 : c256;
}

const EVP_CIPHER* CbcCipher(int bits) {
  static EVP_CIPHER* const c128 = FetchCipher("AES-128-CBC");
  static EVP_CIPHER* const c192 = FetchCipher("AES-192-CBC");
  static EVP_CIPHER* const c256 = FetchCipher("AES-256-CBC");
  return bits == 128 ? c128 : bits == 192 ? c192 : c256;
}

const EVP_CIPHER* ChaChaCipher() {
  static EVP_CIPHER* const c = FetchCipher("ChaCha20-Poly1305");
  return c;
}

/// AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634): 4 octets of salt, 8 of IV, 16 of tag.
class AeadCipher final : public EspCipher {
 public:
  AeadCipher(CipherContext context, const uint8_t* salt, bool esn)
      : EspCipher(8, kTagLength, 4, false, esn), context_(std::move(context)) {
    memcpy(nonce_, salt, kSaltLength);
  }
  ~AeadCipher() override { OPENSSL_cleanse(nonce_, sizeof nonce_); }

  bool seal(uint8_t* packet, size_t length, uint32_t high) override {
    EVP_CIPHER_CTX* const c = context_.get();
    uint8_t* const text = packet + kHeaderLength + 8;
    const int textLength = static_cast<int>(length - kHeaderLength - 8 - kTagLength);
    int done = 0;
    memcpy(nonce_ + kSaltLength, packet + kHeaderLength, 8);
    return EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce_) == 1 &&
           associate(packet, high, EVP_EncryptUpdate) && EVP_EncryptUpdate(c, text, &done, text, textLength) == 1 &&
           EVP_EncryptFinal_ex(c, text + done, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kTagLength, text + textLength) == 1;
  }

  bool open(uint8_t* packet, size_t length, uint32_t high) override {
    EVP_CIPHER_CTX* const c = context_.get();
    uint8_t* const text = packet + kHeaderLength + 8;
    const int textLength = static_cast<int>(length - kHeaderLength - 8 - kTagLength);
    int done = 0;
    memcpy(nonce_ + kSaltLength, packet + kHeaderLength, 8);
    return EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, nonce_) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kTagLength, text + textLength) == 1 &&
           associate(packet, high, EVP_DecryptUpdate) && EVP_DecryptUpdate(c, text, &done, text, textLength) == 1 &&
           EVP_DecryptFinal_ex(c, text + done, &done) == 1;
  }

 private:
  /// SPI | sequence number, or SPI | high half | low half with ESN (RFC 4106 section 5).
  template <typename Update>
  bool associate(const uint8_t* packet, uint32_t high, Update update) {
    uint8_t data[12];
    int done = 0;
    if (!esn_) return update(context_.get(), nullptr, &done, packet, kHeaderLength) == 1;
    memcpy(data, packet, 4);
    PutUint32(data + 4, high);
    memcpy(data + 8, packet + 4, 4);
    return update(context_.get(), nullptr, &done, data, sizeof data) == 1;
  }

  CipherContext context_;
  uint8_t nonce_[kSaltLength + 8];
};

/// AES-CBC (RFC 3602) or, without a cipher context, NULL (RFC 2410), under an HMAC.
class EncryptThenMac final : public EspCipher {
 public:
  EncryptThenMac(CipherContext cipher, MacContext mac, size_t icvLength, bool esn)
      : EspCipher(cipher ? 16 : 0, icvLength, cipher ? 16 : 4, cipher != nullptr, esn),
        cipher_(std::move(cipher)),
        mac_(std::move(mac)) {}

  bool seal(uint8_t* packet, size_t length, uint32_t high) override {
    const size_t end = length - icvLength_;
    uint8_t icv[EVP_MAX_MD_SIZE];
    if (!crypt(packet, end) || !authenticate(packet, end, high, icv)) return false;
    memcpy(packet + end, icv, icvLength_);
    return true;
  }

  bool open(uint8_t* packet, size_t length, uint32_t high) override {
    const size_t end = length - icvLength_;
    uint8_t icv[EVP_MAX_MD_SIZE];
    return authenticate(packet, end, high, icv) && CRYPTO_memcmp(icv, packet + end, icvLength_) == 0 &&
           crypt(packet, end);
  }

 private:
  /// The direction is the context's.
  bool crypt(uint8_t* packet, size_t end) {
    if (!cipher_) return true;
    EVP_CIPHER_CTX* const c = cipher_.get();
    uint8_t* const text = packet + kHeaderLength + 16;
    int done = 0;
    return EVP_CipherInit_ex(c, nullptr, nullptr, nullptr, packet + kHeaderLength, -1) == 1 &&
           EVP_CipherUpdate(c, text, &done, text, static_cast<int>(end - kHeaderLength - 16)) == 1;
  }

  /// Over SPI to ciphertext; with ESN the high half follows as if it were sent (RFC 4303 section 2.2.1).
  bool authenticate(const uint8_t* packet, size_t end, uint32_t high, uint8_t* icv) {
    EVP_MAC_CTX* const m = mac_.get();
    uint8_t unsent[4];
    size_t length = 0;
    PutUint32(unsent, high);
    return EVP_MAC_init(m, nullptr, 0, nullptr) == 1 && EVP_MAC_update(m, packet, end) == 1 &&
           (!esn_ || EVP_MAC_update(m, unsent, sizeof unsent) == 1) &&
           EVP_MAC_final(m, icv, &length, EVP_MAX_MD_SIZE) == 1;
  }

  CipherContext cipher_;
  MacContext mac_;
};

struct Hmac {
  const char* digest;
  size_t keyLength;
  size_t icvLength;
};

/// RFC 2404, RFC 4868 section 2.
Hmac HmacOf(Integrity integrity) {
  switch (integrity) {
    case Integrity::HmacSha1_96:
      return {"SHA1", 20, 12};
    case Integrity::HmacSha2_256_128:
      return {"SHA256", 32, 16};
    case Integrity::HmacSha2_384_192:
      return {"SHA384", 48, 24};
    case Integrity::HmacSha2_512_256:
      return {"SHA512", 64, 32};
    case Integrity::None:
      break;
  }
  return {nullptr, 0, 0};
}

CipherContext KeyedContext(const EVP_CIPHER* cipher, bool encrypt, const uint8_t* key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !context ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, key, nullptr, encrypt ? 1 : 0) != 1)
    return nullptr;
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

}  // namespace

std::unique_ptr<EspCipher> EspCipher::Create(const Suite& suite, bool encrypt, const uint8_t* encryptionKey,
                                             size_t encryptionKeyLength, const uint8_t* integrityKey,
                                             size_t integrityKeyLength, std::string* error) {
  const bool aead = suite.cipher == Cipher::AesGcm16 || suite.cipher == Cipher::ChaCha20Poly1305;
  const bool bitsFit = suite.cipher == Cipher::Null ? suite.keyBits == 0
                       : suite.cipher == Cipher::ChaCha20Poly1305
                           ? suite.keyBits == 256
                           : suite.keyBits == 128 || suite.keyBits == 192 || suite.keyBits == 256;
  if (!bitsFit) return *error = "suite.keyBits", nullptr;
  if (aead != (suite.integrity == Integrity::None)) return *error = "suite.integrity", nullptr;
  if (encryptionKeyLength != static_cast<size_t>(suite.keyBits) / 8 + (aead ? kSaltLength : 0))
    return *error = "encryptionKey", nullptr;
  const Hmac hmac = HmacOf(suite.integrity);
  if (integrityKeyLength != hmac.keyLength) return *error = "integrityKey", nullptr;
  *error = "suite.cipher";
  if (aead) {
    CipherContext context = KeyedContext(suite.cipher == Cipher::AesGcm16 ? GcmCipher(suite.keyBits) : ChaChaCipher(),
                                         encrypt, encryptionKey);
    if (!context) return nullptr;
    return std::make_unique<AeadCipher>(std::move(context), encryptionKey + encryptionKeyLength - kSaltLength,
                                        suite.esn);
  }
  CipherContext cipher;
  if (suite.cipher == Cipher::AesCbc) {
    cipher = KeyedContext(CbcCipher(suite.keyBits), encrypt, encryptionKey);
    if (!cipher) return nullptr;
  }
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  MacContext mac(EVP_MAC_CTX_new(algorithm));
  char digest[8];
  strncpy(digest, hmac.digest, sizeof digest);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (!mac || EVP_MAC_init(mac.get(), integrityKey, integrityKeyLength, parameters) != 1) return nullptr;
  return std::make_unique<EncryptThenMac>(std::move(cipher), std::move(mac), hmac.icvLength, suite.esn);
}

bool RandomOctets(uint8_t* out, size_t length) { return RAND_bytes(out, static_cast<int>(length)) == 1; }

const char* CryptoVersion() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace agile::esp
