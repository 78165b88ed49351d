#include "bindings.hpp"

void mixtura::bind_mcd(nanobind::module_&) {}
