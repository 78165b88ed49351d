// The extension module: the kernels of one instruction-set level.
#include "bindings.hpp"

namespace {

// The highest level of x86-64 this processor has, as the name of the kernels compiled for it.
const char* processor_level() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    return v4 ? "v4" : v3 ? "v3" : "v2";
#else
    return "plain";
#endif
}

}  // namespace

NB_MODULE(MIXTURA_MODULE, m) {
    m.attr("level") = MIXTURA_LEVEL;
    m.attr("processor_level") = processor_level();
    mixtura::mixture::bind_kernels(m);
    mixtura::forest::bind_kernels(m);
    mixtura::neighbors::bind_kernels(m);
    mixtura::mcd::bind_kernels(m);
    mixtura::svm::bind_kernels(m);
    mixtura::ensemble::bind_kernels(m);
}
