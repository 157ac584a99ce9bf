// A private key that lives elsewhere: OpenSSL asks for each signature through a callback.
#pragma once
#include <openssl/evp.h>

#include <functional>
#include <string>
#include <vector>

namespace agile {

// `operation`: "rsa-pkcs1" (input: DigestInfo), "rsa-raw" (padded block) or "ecdsa" (hash, giving r | s). False: no
// signature.
using ExternalSigner = std::function<bool(const char* operation, const unsigned char* input, size_t length,
                                          std::vector<unsigned char>& signature)>;

// A key with the public part of `public_key`; nullptr when keys of that kind are not supported. `signer` must outlive
// it.
EVP_PKEY* NewExternalKey(EVP_PKEY* public_key, ExternalSigner* signer);

}  // namespace agile
