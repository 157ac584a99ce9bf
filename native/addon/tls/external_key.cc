// Custom RSA and EC methods. OpenSSL 3 calls them deprecated in favour of providers, and keeps them: a key with a
// foreign method is never given to a provider.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "external_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <cstring>

namespace agile {
namespace {

int RsaIndex() {
  static int index = RSA_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int EcIndex() {
  static int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int SignRsa(int length, const unsigned char* from, unsigned char* to, RSA* rsa, int padding) {
  auto* signer = static_cast<ExternalSigner*>(RSA_get_ex_data(rsa, RsaIndex()));
  const char* operation = padding == RSA_PKCS1_PADDING ? "rsa-pkcs1" : padding == RSA_NO_PADDING ? "rsa-raw" : nullptr;
  std::vector<unsigned char> signature;
  if (signer == nullptr || operation == nullptr ||
      !(*signer)(operation, from, static_cast<size_t>(length), signature) ||
      signature.size() != static_cast<size_t>(RSA_size(rsa)))
    return -1;
  memcpy(to, signature.data(), signature.size());
  return static_cast<int>(signature.size());
}

// Nothing is decrypted with a key on a token: RSA key exchange is not for clients.
int RefuseRsa(int, const unsigned char*, unsigned char*, RSA*, int) { return -1; }

ECDSA_SIG* SignEc(const unsigned char* hash, int length, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  auto* signer = static_cast<ExternalSigner*>(EC_KEY_get_ex_data(key, EcIndex()));
  std::vector<unsigned char> raw;
  if (signer == nullptr || !(*signer)("ecdsa", hash, static_cast<size_t>(length), raw) || raw.empty() ||
      raw.size() % 2 != 0)
    return nullptr;
  size_t half = raw.size() / 2;
  BIGNUM* r = BN_bin2bn(raw.data(), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + half, static_cast<int>(half), nullptr);
  ECDSA_SIG* signature = ECDSA_SIG_new();
  if (r != nullptr && s != nullptr && signature != nullptr && ECDSA_SIG_set0(signature, r, s) == 1) return signature;
  BN_free(r);
  BN_free(s);
  ECDSA_SIG_free(signature);
  return nullptr;
}

EVP_PKEY* NewRsa(EVP_PKEY* public_key, ExternalSigner* signer) {
  static RSA_METHOD* method = [] {
    RSA_METHOD* made = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    RSA_meth_set1_name(made, "external");
    RSA_meth_set_priv_enc(made, SignRsa);
    RSA_meth_set_priv_dec(made, RefuseRsa);
    return made;
  }();
  const RSA* known = EVP_PKEY_get0_RSA(public_key);
  const BIGNUM *n = nullptr, *e = nullptr;
  if (known != nullptr) RSA_get0_key(known, &n, &e, nullptr);
  RSA* rsa = n == nullptr ? nullptr : RSA_new();
  EVP_PKEY* key = rsa == nullptr ? nullptr : EVP_PKEY_new();
  if (key == nullptr || RSA_set0_key(rsa, BN_dup(n), BN_dup(e), nullptr) != 1 || RSA_set_method(rsa, method) != 1 ||
      RSA_set_ex_data(rsa, RsaIndex(), signer) != 1 || EVP_PKEY_assign_RSA(key, rsa) != 1) {
    RSA_free(rsa);
    EVP_PKEY_free(key);
    return nullptr;
  }
  return key;
}

EVP_PKEY* NewEc(EVP_PKEY* public_key, ExternalSigner* signer) {
  static EC_KEY_METHOD* method = [] {
    EC_KEY_METHOD* made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned int*, const BIGNUM*, const BIGNUM*, EC_KEY*) =
        nullptr;
    int (*setup)(EC_KEY*, BN_CTX*, BIGNUM**, BIGNUM**) = nullptr;
    EC_KEY_METHOD_get_sign(EC_KEY_OpenSSL(), &sign, &setup, nullptr);
    EC_KEY_METHOD_set_sign(made, sign, setup, SignEc);
    return made;
  }();
  const EC_KEY* known = EVP_PKEY_get0_EC_KEY(public_key);
  EC_KEY* ec = known == nullptr ? nullptr : EC_KEY_dup(known);
  EVP_PKEY* key = ec == nullptr ? nullptr : EVP_PKEY_new();
  if (key == nullptr || EC_KEY_set_method(ec, method) != 1 || EC_KEY_set_ex_data(ec, EcIndex(), signer) != 1 ||
      EVP_PKEY_assign_EC_KEY(key, ec) != 1) {
    EC_KEY_free(ec);
    EVP_PKEY_free(key);
    return nullptr;
  }
  return key;
}

}  // namespace

EVP_PKEY* NewExternalKey(EVP_PKEY* public_key, ExternalSigner* signer) {
  switch (EVP_PKEY_get_base_id(public_key)) {
    case EVP_PKEY_RSA:
      return NewRsa(public_key, signer);
    case EVP_PKEY_EC:
      return NewEc(public_key, signer);
    default:
      return nullptr;
  }
}

}  // namespace agile
