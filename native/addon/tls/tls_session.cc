// TLS records in, records out: OpenSSL on memory BIOs. The certificate of a server is judged by the caller while the
// handshake is suspended (SSL_set_retry_verify), so nothing of the client leaves before. OpenSSL is linked statically
// and hidden: the host may carry another TLS library under the same names.
#include <napi.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "external_key.h"
#include "init.h"

namespace {

// A plain Uint8Array: slice() of a Buffer is a view, and callers that keep a part wipe the rest.
Napi::Uint8Array Octets(Napi::Env env, const void* data, size_t length) {
  Napi::Uint8Array octets = Napi::Uint8Array::New(env, length);
  if (length > 0) memcpy(octets.Data(), data, length);
  return octets;
}

struct FreeContext {
  void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};
struct FreeCertificate {
  void operator()(X509* c) const { X509_free(c); }
};
struct FreeKey {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// RFC 5216 and RFC 9190 leave the size of a flight open; this bounds what one peer can make us hold.
constexpr size_t kMostApplicationBytes = 1 << 20;

std::string LastError(const char* fallback) {
  unsigned long code = ERR_peek_last_error();
  if (code == 0) return fallback;
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fallback;
}

int VersionOf(const std::string& text) { return text == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION; }

class TlsSession : public Napi::ObjectWrap<TlsSession> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TlsSession",
                       {
                           InstanceMethod<&TlsSession::Receive>("receive"),
                           InstanceMethod<&TlsSession::Verified>("verified"),
                           InstanceMethod<&TlsSession::Write>("write"),
                           InstanceMethod<&TlsSession::PeerCertificates>("peerCertificates"),
                           InstanceMethod<&TlsSession::OcspResponses>("ocspResponses"),
                           InstanceMethod<&TlsSession::WantedAuthorities>("wantedAuthorities"),
                           InstanceMethod<&TlsSession::ExportKey>("exportKey"),
                           InstanceMethod<&TlsSession::Close>("close"),
                           InstanceAccessor<&TlsSession::Version>("version"),
                           InstanceAccessor<&TlsSession::Cipher>("cipher"),
                           InstanceAccessor<&TlsSession::Resumed>("resumed"),
                           InstanceAccessor<&TlsSession::Resumable>("resumable"),
                       });
  }

  explicit TlsSession(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TlsSession>(info) {
    Napi::Env env = info.Env();
    if (info.Length() < 1 || !info[0].IsObject()) throw Napi::TypeError::New(env, "options: an object is needed");
    Napi::Object options = info[0].As<Napi::Object>();
    client_ = options.Get("role").ToString().Utf8Value() != "server";
    context_.reset(SSL_CTX_new(client_ ? TLS_client_method() : TLS_server_method()));
    if (!context_) throw Napi::Error::New(env, LastError("no TLS context"));
    SSL_CTX* context = context_.get();
    SSL_CTX_set_min_proto_version(context, VersionOf(options.Get("minVersion").ToString().Utf8Value()));
    SSL_CTX_set_max_proto_version(context, VersionOf(options.Get("maxVersion").ToString().Utf8Value()));
    // strongSwan's TLS does not know RFC 5746. What that guards against needs a renegotiation, or data of an earlier
    // handshake that counts: here there is neither, the keys that matter are exported from this very handshake.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(context, 64 * 1024);
    SSL_CTX_set_session_cache_mode(context,
                                   client_ ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_verify_callback(context, &TlsSession::OnVerify, this);
    LoadCredentials(env, options);
    if (client_) {
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    } else {
      UseTickets(options.Get("ticketKey"));
      UseOcspResponse(options.Get("ocspResponse"));
      NameAuthorities(options.Get("wantedAuthorities"));
      SSL_CTX_set_verify(context,
                         options.Get("requestClientCertificate").ToBoolean()
                             ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                             : SSL_VERIFY_NONE,
                         nullptr);
    }
    ssl_ = SSL_new(context);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    if (ssl_ == nullptr || in_ == nullptr || out_ == nullptr) throw Napi::Error::New(env, "out of memory");
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_, in_, out_);
    if (client_) {
      SSL_set_connect_state(ssl_);
      // RFC 9190 section 5.4.
      SSL_set_tlsext_status_type(ssl_, TLSEXT_STATUSTYPE_ocsp);
      Napi::Value name = options.Get("serverName");
      if (name.IsString()) SSL_set_tlsext_host_name(ssl_, name.As<Napi::String>().Utf8Value().c_str());
      Napi::Value session = options.Get("session");
      if (session.IsTypedArray()) {
        Napi::Uint8Array bytes = session.As<Napi::Uint8Array>();
        const unsigned char* at = bytes.Data();
        SSL_SESSION* earlier = d2i_SSL_SESSION(nullptr, &at, static_cast<long>(bytes.ByteLength()));
        if (earlier != nullptr) {
          SSL_set_session(ssl_, earlier);
          SSL_SESSION_free(earlier);
        }
        ERR_clear_error();
      }
    } else {
      SSL_set_accept_state(ssl_);
    }
  }

  ~TlsSession() override { Release(); }

 private:
  enum class Verdict { kNone, kAsked, kAccepted, kRefused };

  void LoadCredentials(Napi::Env env, Napi::Object options) {
    Napi::Value list = options.Get("certificates");
    if (!list.IsArray()) return;
    Napi::Array certificates = list.As<Napi::Array>();
    for (uint32_t i = 0; i < certificates.Length(); i++) {
      Napi::Uint8Array bytes = certificates.Get(i).As<Napi::Uint8Array>();
      const unsigned char* at = bytes.Data();
      Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.ByteLength())));
      int ok = certificate == nullptr ? 0
               : i == 0               ? SSL_CTX_use_certificate(context_.get(), certificate.get())
                                      : SSL_CTX_add1_chain_cert(context_.get(), certificate.get());
      if (ok != 1) throw Napi::Error::New(env, "certificates: " + LastError("not a certificate"));
    }
    Napi::Value key = options.Get("privateKey");
    if (certificates.Length() == 0) return;
    if (key.IsObject() && !key.IsTypedArray()) return UseExternalKey(env, key.As<Napi::Object>());
    if (!key.IsTypedArray()) return;
    Napi::Uint8Array bytes = key.As<Napi::Uint8Array>();
    const unsigned char* at = bytes.Data();
    Key parsed(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.ByteLength())));
    if (parsed == nullptr || SSL_CTX_use_PrivateKey(context_.get(), parsed.get()) != 1 ||
        SSL_CTX_check_private_key(context_.get()) != 1)
      throw Napi::Error::New(env, "privateKey: " + LastError("does not fit the certificate"));
  }

  // Resumption without state: whoever has the key takes the tickets. Without one every handshake is a full one.
  void UseTickets(Napi::Value key) {
    SSL_CTX* context = context_.get();
    if (key.IsTypedArray()) {
      Napi::Uint8Array octets = key.As<Napi::Uint8Array>();
      static const unsigned char name[] = "agile-vpn";
      if (SSL_CTX_set_tlsext_ticket_keys(context, octets.Data(), octets.ByteLength()) != 1)
        throw Napi::Error::New(key.Env(), "ticketKey: 80 octets are needed");
      SSL_CTX_set_session_id_context(context, name, sizeof name);
      SSL_CTX_set_num_tickets(context, 1);
    } else {
      SSL_CTX_set_num_tickets(context, 0);
      SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
  }

  // What a client is told of the authorities whose certificates are taken.
  void NameAuthorities(Napi::Value list) {
    if (!list.IsArray()) return;
    Napi::Array names = list.As<Napi::Array>();
    STACK_OF(X509_NAME)* all = sk_X509_NAME_new_null();
    for (uint32_t i = 0; all != nullptr && i < names.Length(); i++) {
      Napi::Uint8Array bytes = names.Get(i).As<Napi::Uint8Array>();
      const unsigned char* at = bytes.Data();
      X509_NAME* name = d2i_X509_NAME(nullptr, &at, static_cast<long>(bytes.ByteLength()));
      if (name != nullptr && sk_X509_NAME_push(all, name) > 0) continue;
      X509_NAME_free(name);
      sk_X509_NAME_pop_free(all, X509_NAME_free);
      throw Napi::Error::New(list.Env(), "wantedAuthorities: " + LastError("not a name"));
    }
    SSL_CTX_set0_CA_list(context_.get(), all);
  }

  void UseOcspResponse(Napi::Value response) {
    if (!response.IsTypedArray()) return;
    Napi::Uint8Array octets = response.As<Napi::Uint8Array>();
    stapled_.assign(octets.Data(), octets.Data() + octets.ByteLength());
    SSL_CTX_set_tlsext_status_cb(context_.get(), &TlsSession::OnStatusRequest);
    SSL_CTX_set_tlsext_status_arg(context_.get(), this);
  }

  static int OnStatusRequest(SSL* ssl, void* argument) {
    const auto& stapled = static_cast<TlsSession*>(argument)->stapled_;
    auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(stapled.data(), stapled.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(stapled.size()));
    return SSL_TLSEXT_ERR_OK;
  }

  // The signature is made by JavaScript within the handshake, on this thread.
  void UseExternalKey(Napi::Env env, Napi::Object key) {
    key_ = Napi::Persistent(key);
    signer_ = [this](const char* operation, const unsigned char* input, size_t length,
                     std::vector<unsigned char>& signature) {
      Napi::Env here = key_.Env();
      try {
        Napi::Value made = key_.Get("sign").As<Napi::Function>().Call(
            key_.Value(), {Napi::String::New(here, operation), Octets(here, input, length)});
        if (!made.IsTypedArray()) return false;
        Napi::Uint8Array octets = made.As<Napi::Uint8Array>();
        signature.assign(octets.Data(), octets.Data() + octets.ByteLength());
        return true;
      } catch (const Napi::Error& error) {
        error_ = error.Message();
        return false;
      }
    };
    SSL_CTX* context = context_.get();
    Key external(agile::NewExternalKey(X509_get0_pubkey(SSL_CTX_get0_certificate(context)), &signer_));
    if (external == nullptr || SSL_CTX_use_PrivateKey(context, external.get()) != 1)
      throw Napi::Error::New(env, "privateKey: " + LastError("does not fit the certificate"));
    // P-41: PSS is padded here and needs the bare RSA operation; TLS 1.3 knows nothing else.
    if (EVP_PKEY_get_base_id(external.get()) == EVP_PKEY_RSA && !key.Get("bareRsa").ToBoolean()) {
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512");
    }
  }

  // Judging the chain is the caller's: RFC 5280 and the profile's rules live above. A server has no way to suspend
  // here; its caller judges the client after the handshake and before EAP-Success.
  static int OnVerify(X509_STORE_CTX* store, void* argument) {
    auto* self = static_cast<TlsSession*>(argument);
    self->RememberPeer(store);
    if (!self->client_) return 1;
    switch (self->verdict_) {
      case Verdict::kAccepted:
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
      case Verdict::kRefused:
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
        return 0;
      default: {
        self->verdict_ = Verdict::kAsked;
        auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        return SSL_set_retry_verify(ssl);
      }
    }
  }

  Napi::Value Receive(const Napi::CallbackInfo& info) {
    if (ssl_ != nullptr && info.Length() > 0 && info[0].IsTypedArray()) {
      Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
      if (bytes.ByteLength() > 0) BIO_write(in_, bytes.Data(), static_cast<int>(bytes.ByteLength()));
    }
    return Step(info.Env());
  }

  Napi::Value Verified(const Napi::CallbackInfo& info) {
    if (verdict_ == Verdict::kAsked) verdict_ = info[0].ToBoolean() ? Verdict::kAccepted : Verdict::kRefused;
    return Step(info.Env());
  }

  Napi::Value Write(const Napi::CallbackInfo& info) {
    if (ssl_ == nullptr || !SSL_is_init_finished(ssl_))
      throw Napi::Error::New(info.Env(), "the TLS session is not open");
    Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
    if (bytes.ByteLength() > 0 && SSL_write(ssl_, bytes.Data(), static_cast<int>(bytes.ByteLength())) <= 0)
      Fail("write failed");
    return Step(info.Env());
  }

  void Fail(const char* fallback) {
    // A fatal alert of the peer: its number (RFC 8446 section 6.2) is part of OpenSSL's reason.
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET)
      alert_ = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
    if (error_.empty()) error_ = LastError(fallback);
    ERR_clear_error();
    failed_ = true;
  }

  Napi::Object Step(Napi::Env env) {
    std::vector<unsigned char> application;
    bool closed = false;
    if (ssl_ != nullptr && !failed_) {
      ERR_clear_error();
      int result = SSL_is_init_finished(ssl_) ? 1 : SSL_do_handshake(ssl_);
      if (result != 1) {
        int reason = SSL_get_error(ssl_, result);
        if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_RETRY_VERIFY) Fail("handshake failed");
      } else {
        unsigned char chunk[16384];
        for (;;) {
          int count = SSL_read(ssl_, chunk, sizeof chunk);
          if (count > 0) {
            application.insert(application.end(), chunk, chunk + count);
            if (application.size() <= kMostApplicationBytes) continue;
            Fail("too much data");
            break;
          }
          int reason = SSL_get_error(ssl_, count);
          if (reason == SSL_ERROR_ZERO_RETURN)
            closed = true;
          else if (reason != SSL_ERROR_WANT_READ)
            Fail("record refused");
          break;
        }
        OPENSSL_cleanse(chunk, sizeof chunk);
      }
    }
    std::string output;
    if (ssl_ != nullptr) {
      char* data = nullptr;
      long length = BIO_get_mem_data(out_, &data);
      if (length > 0) output.assign(data, static_cast<size_t>(length));
      (void)BIO_reset(out_);
    }
    const char* state = ssl_ == nullptr               ? "closed"
                        : failed_                     ? "failed"
                        : closed                      ? "closed"
                        : SSL_is_init_finished(ssl_)  ? "open"
                        : verdict_ == Verdict::kAsked ? "verify"
                                                      : "handshake";
    Napi::Object step = Napi::Object::New(env);
    step.Set("output", Octets(env, output.data(), output.size()));
    step.Set("application", Octets(env, application.data(), application.size()));
    step.Set("state", Napi::String::New(env, state));
    step.Set("error", failed_ ? Napi::Value(Napi::String::New(env, error_)) : env.Null());
    step.Set("alert", alert_ < 0 ? env.Null() : Napi::Value(Napi::Number::New(env, alert_)));
    OPENSSL_cleanse(application.data(), application.size());
    return step;
  }

  // The library shows the peer's chain only after it was accepted; the caller needs it to decide.
  void RememberPeer(X509_STORE_CTX* store) {
    peer_.clear();
    Remember(X509_STORE_CTX_get0_cert(store));
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; chain != nullptr && i < sk_X509_num(chain); i++) {
      X509* certificate = sk_X509_value(chain, i);
      if (certificate != X509_STORE_CTX_get0_cert(store)) Remember(certificate);
    }
  }

  void Remember(X509* certificate) {
    unsigned char* der = nullptr;
    int length = certificate == nullptr ? 0 : i2d_X509(certificate, &der);
    if (length > 0) peer_.emplace_back(der, der + length);
    OPENSSL_free(der);
  }

  Napi::Value PeerCertificates(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Array list = Napi::Array::New(env, peer_.size());
    for (uint32_t i = 0; i < peer_.size(); i++) list.Set(i, Octets(env, peer_[i].data(), peer_[i].size()));
    return list;
  }

  // What the server stapled to its certificate. TLS 1.2 sends it after the certificate, too late for `verify`.
  Napi::Value OcspResponses(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Array list = Napi::Array::New(env);
    const unsigned char* response = nullptr;
    long length = ssl_ == nullptr ? -1 : SSL_get_tlsext_status_ocsp_resp(ssl_, &response);
    if (response != nullptr && length > 0) list.Set(0u, Octets(env, response, static_cast<size_t>(length)));
    return list;
  }

  // Names of the authorities that the server's CertificateRequest listed, DER; none as well where it asked for no
  // certificate.
  Napi::Value WantedAuthorities(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Array list = Napi::Array::New(env);
    const STACK_OF(X509_NAME)* names = ssl_ == nullptr ? nullptr : SSL_get0_peer_CA_list(ssl_);
    for (int i = 0; names != nullptr && i < sk_X509_NAME_num(names); i++) {
      const unsigned char* der = nullptr;
      size_t length = 0;
      if (X509_NAME_get0_der(sk_X509_NAME_value(names, i), &der, &length) == 1)
        list.Set(list.Length(), Octets(env, der, length));
    }
    return list;
  }

  Napi::Value ExportKey(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (ssl_ == nullptr || !SSL_is_init_finished(ssl_)) throw Napi::Error::New(env, "the TLS session is not open");
    std::string label = info[0].ToString().Utf8Value();
    bool with_context = info[1].IsTypedArray();
    uint32_t length = info[2].ToNumber().Uint32Value();
    if (length == 0 || length > 1024) throw Napi::RangeError::New(env, "length: 1 to 1024 octets");
    const unsigned char* context = nullptr;
    size_t context_length = 0;
    if (with_context) {
      Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
      context = bytes.Data();
      context_length = bytes.ByteLength();
    }
    Napi::Uint8Array key = Napi::Uint8Array::New(env, length);
    if (SSL_export_keying_material(ssl_, key.Data(), length, label.data(), label.size(), context, context_length,
                                   with_context ? 1 : 0) != 1)
      throw Napi::Error::New(env, LastError("no keying material"));
    return key;
  }

  Napi::Value Version(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), ssl_ == nullptr ? "" : SSL_get_version(ssl_));
  }
  Napi::Value Cipher(const Napi::CallbackInfo& info) {
    const char* name = ssl_ == nullptr ? nullptr : SSL_get_cipher_name(ssl_);
    return Napi::String::New(info.Env(), name == nullptr ? "" : name);
  }
  Napi::Value Resumed(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), ssl_ != nullptr && SSL_session_reused(ssl_) == 1);
  }
  Napi::Value Resumable(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    SSL_SESSION* session = ssl_ == nullptr ? nullptr : SSL_get0_session(ssl_);
    if (session == nullptr || !SSL_is_init_finished(ssl_) || SSL_SESSION_is_resumable(session) != 1) return env.Null();
    // Without it (RFC 7627) a resumed session could be spliced to another server's: its exported keys would prove
    // nothing.
    if (SSL_version(ssl_) < TLS1_3_VERSION && SSL_get_extms_support(ssl_) != 1) return env.Null();
    int length = i2d_SSL_SESSION(session, nullptr);
    if (length <= 0) return env.Null();
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, static_cast<size_t>(length));
    unsigned char* at = bytes.Data();
    i2d_SSL_SESSION(session, &at);
    return bytes;
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    Release();
    return info.Env().Undefined();
  }

  void Release() {
    if (ssl_ != nullptr) SSL_free(ssl_);  // frees both BIOs and cleanses keys
    ssl_ = nullptr;
    in_ = out_ = nullptr;
    context_.reset();
  }

  Napi::ObjectReference key_;
  agile::ExternalSigner signer_;
  Context context_;
  SSL* ssl_ = nullptr;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  bool client_ = true;
  bool failed_ = false;
  Verdict verdict_ = Verdict::kNone;
  std::string error_;
  int alert_ = -1;
  std::vector<std::vector<unsigned char>> peer_;
  std::vector<unsigned char> stapled_;
};

}  // namespace

void InitTls(Napi::Env env, Napi::Object exports) {
  exports.Set("TlsSession", TlsSession::Define(env));
  InitPkcs11(env, exports);
  exports.Set("tlsLibrary", Napi::String::New(env, OpenSSL_version(OPENSSL_VERSION)));
}
