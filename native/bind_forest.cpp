#include "bindings.hpp"

void mixtura::bind_forest(nanobind::module_&) {}
