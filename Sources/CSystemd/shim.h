// sd-bus calls with typed arguments are variadic, which Swift cannot call; each wrapper here
// fixes one signature.
#pragma once
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
