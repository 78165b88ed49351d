#include "bindings.hpp"

void mixtura::bind_svm(nanobind::module_&) {}
