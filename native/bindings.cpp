// The extension module: the kernels of one instruction-set level.
#include "bindings.hpp"
#include "processor.hpp"

NB_MODULE(MIXTURA_MODULE, m) {
    m.attr("level") = MIXTURA_LEVEL;
    m.attr("processor_level") = mixtura::processor_level();
    mixtura::mixture::bind_kernels(m);
    mixtura::mixture::bind_incomplete(m);
    mixtura::k_means::bind_kernels(m);
    mixtura::forest::bind_kernels(m);
    mixtura::neighbors::bind_kernels(m);
    mixtura::mcd::bind_kernels(m);
    mixtura::svm::bind_kernels(m);
    mixtura::ensemble::bind_kernels(m);
    mixtura::repairs::bind_kernels(m);
}
