// What the processor that runs the kernels has.
#pragma once

#if defined(_WIN32)
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

namespace mixtura {

// The highest level of x86-64 this processor has, as the name of the kernels compiled for it.
inline const char* processor_level() {
#if defined(_WIN32) && defined(__x86_64__)
    // Compilers' own answers need a library there that is not linked. Windows runs on no processor that has AVX2
    // without the rest of v3, or AVX-512F without the rest of v4.
    if (IsProcessorFeaturePresent(PF_AVX512F_INSTRUCTIONS_AVAILABLE)) return "v4";
    return IsProcessorFeaturePresent(PF_AVX2_INSTRUCTIONS_AVAILABLE) ? "v3" : "v2";
#elif defined(__x86_64__)
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

}  // namespace mixtura
