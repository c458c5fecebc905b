// OpenSSL's libcrypto, which libcurl brings along anyway: HMAC-SHA256 for signed webhooks.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
