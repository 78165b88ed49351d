#include "bindings.hpp"

void mixtura::bind_neighbors(nanobind::module_&) {}
