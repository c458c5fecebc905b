// PCRE2's function names are macros over the code unit width; Swift needs it fixed first.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
