#include "bindings.hpp"

void mixtura::bind_ensemble(nanobind::module_&) {}
