// OpenSSL's libcrypto, which libcurl brings along anyway: HMAC for what is sent and posted signed.
#pragma once
#include <openssl/evp.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
