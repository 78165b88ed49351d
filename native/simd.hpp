// Vectors of floats or doubles as wide as the instruction set the file is compiled for, and the four functions on them
// that the kernels need beside arithmetic: exp, log, max and sums across lanes. GCC's vector extensions, which clang
// shares, give the arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mixtura {

using Index = std::ptrdiff_t;

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T, int N>
struct VectorOf {
    typedef T type __attribute__((vector_size(N * sizeof(T))));
};

template <class T>
struct Simd;

// exp(r) = sum c_i r^i on |r| <= ln(2)/2: the minimax polynomial of the relative error (Remez), 3e-18 for double with
// degree 11 and 1.9e-9 for float with degree 6.
template <>
struct Simd<double> {
    using Bits = std::uint64_t;
    static constexpr double kExp[] = {1.0,
                                      1.0,
                                      0x1.0000000000010p-1,
                                      0x1.55555555554a2p-3,
                                      0x1.555555554f35cp-5,
                                      0x1.1111111130e3dp-7,
                                      0x1.6c16c18785410p-10,
                                      0x1.a01a011041631p-13,
                                      0x1.a01992c5b57bfp-16,
                                      0x1.71df453b57fd7p-19,
                                      0x1.28b31c48ebd6dp-22,
                                      0x1.ad66108cafa56p-26};
    static constexpr double kRound = 0x1.8p52;              // adding it rounds to an integer kept in the low bits
    static constexpr double kLn2High = 0x1.62e42fefa38p-1;  // 41 bits: its product with an exponent is exact
    static constexpr double kLn2Low = 0x1.ef35793c7673p-45;
    static constexpr double kUnderflow = -650.0;
    static constexpr double kLowest = -1e300;  // a log density no sum or difference of two can overflow
    static constexpr int kMantissa = 52;
    static constexpr Bits kSqrtHalf = 0x3fe6a09e667f3bcdULL;  // the bits of sqrt(1/2)
    static constexpr int kLogTerms = 11;                      // (0.1716)^(2*11+3) / (2*11+3) < 1e-20
};

template <>
struct Simd<float> {
    using Bits = std::uint32_t;
    static constexpr float kExp[] = {0x1.000000p+0f, 0x1.000000p+0f, 0x1.fffffap-2f, 0x1.55540ap-3f,
                                     0x1.55589ap-5f, 0x1.126d1ep-7f, 0x1.6ab96ep-10f};
    static constexpr float kRound = 0x1.8p23f;
    static constexpr float kLn2High = 0x1.62e4p-1f;
    static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
    static constexpr float kUnderflow = -60.0f;
    static constexpr float kLowest = -1e37f;
    static constexpr int kMantissa = 23;
    static constexpr Bits kSqrtHalf = 0x3f3504f3U;
    static constexpr int kLogTerms = 5;
};

template <class T>
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
template <class T>
using Vector = typename VectorOf<T, kLanes<T>>::type;
template <class T>
using BitVector = typename VectorOf<typename Simd<T>::Bits, kLanes<T>>::type;

template <class T>
inline Vector<T> load(const T* from) {
    Vector<T> v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

template <class T>
inline void store(T* to, Vector<T> v) {
    std::memcpy(to, &v, sizeof v);
}

template <class T>
inline Vector<T> broadcast(T value) {
    return value - Vector<T>{};  // subtracting zero changes no value, minus zero included
}

template <class To, class From>
inline To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

template <class V>
inline V maximum(V a, V b) {
    return a > b ? a : b;
}

template <class V>
inline V minimum(V a, V b) {
    return a < b ? a : b;
}

// e^x for x <= 0. Below kUnderflow the answer is zero, so minus infinity is allowed.
template <class T>
inline Vector<T> exp_negative(Vector<T> x) {
    using S = Simd<T>;
    using B = BitVector<T>;
    constexpr T kLog2E = T(1.4426950408889634074);
    const Vector<T> shifted = x * kLog2E + S::kRound;
    const Vector<T> exponent = shifted - S::kRound;
    const Vector<T> r = (x - exponent * S::kLn2High) - exponent * S::kLn2Low;
    constexpr int kDegree = static_cast<int>(sizeof(S::kExp) / sizeof(T)) - 1;
    Vector<T> p = broadcast<T>(S::kExp[kDegree]);
#pragma GCC unroll 16
    for (int i = kDegree - 1; i >= 0; --i) p = p * r + S::kExp[i];
    const B scaled = bit_cast<B>(p) + (bit_cast<B>(shifted) << S::kMantissa);
    const B kept = bit_cast<B>(x > S::kUnderflow);
    return bit_cast<Vector<T>>(scaled & kept);
}

// log x for x >= 1: x = 2^e m with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)) by its series.
template <class T>
inline Vector<T> log_from_one(Vector<T> x) {
    using S = Simd<T>;
    using B = BitVector<T>;
    const B exponent_bits = (bit_cast<B>(x) - S::kSqrtHalf) >> S::kMantissa;
    const Vector<T> m = bit_cast<Vector<T>>(bit_cast<B>(x) - (exponent_bits << S::kMantissa));
    const Vector<T> exponent = bit_cast<Vector<T>>(bit_cast<B>(broadcast<T>(S::kRound)) + exponent_bits) - S::kRound;
    const Vector<T> s = (m - T(1)) / (m + T(1));
    const Vector<T> s2 = s * s;
    Vector<T> p = broadcast<T>(T(1) / T(2 * S::kLogTerms + 1));
#pragma GCC unroll 16
    for (int i = S::kLogTerms - 1; i > 0; --i) p = p * s2 + T(1) / T(2 * i + 1);
    const Vector<T> log_m = T(2) * s + T(2) * s * (s2 * p);
    return exponent * S::kLn2High + (log_m + exponent * S::kLn2Low);
}

inline constexpr int kSumLanes = kLanes<double>;
using Sums = Vector<double>;

// The lanes as doubles, a vector of floats folded in two: sums leave single precision before they cross lanes.
inline Sums widen(Vector<double> v) { return v; }
template <int... L>
inline Sums widen(Vector<float> v, std::integer_sequence<int, L...>) {
    return __builtin_convertvector(__builtin_shufflevector(v, v, L...), Sums) +
           __builtin_convertvector(__builtin_shufflevector(v, v, (L + kSumLanes)...), Sums);
}
inline Sums widen(Vector<float> v) { return widen(v, std::make_integer_sequence<int, kSumLanes>{}); }

// One step of a transposed reduction: lane l of the answer is a[l] + a[l + Width] where bit Width of l is clear, and
// b[l - Width] + b[l] where it is set.
template <int Width, int... L>
inline Sums fold_lanes(Sums a, Sums b, std::integer_sequence<int, L...>) {
    constexpr auto from_low = [](int l) { return (l & Width) != 0 ? kSumLanes + l - Width : l; };
    constexpr auto from_high = [](int l) { return (l & Width) != 0 ? kSumLanes + l : l + Width; };
    return __builtin_shufflevector(a, b, from_low(L)...) + __builtin_shufflevector(a, b, from_high(L)...);
}
template <int Width>
inline Sums fold_lanes(Sums a, Sums b) {
    return fold_lanes<Width>(a, b, std::make_integer_sequence<int, kSumLanes>{});
}

// The sums of the lanes of `Count` vectors, one after the other in `to`.
template <class T, int Count>
inline void lane_sums(const Vector<T> (&from)[Count], double (&to)[Count]) {
    for (int first = 0; first < Count; first += kSumLanes) {
        Sums v[kSumLanes];
#pragma GCC unroll 8
        for (int l = 0; l < kSumLanes; ++l)
            v[l] = first + l < Count ? widen(from[first + l < Count ? first + l : 0]) : Sums{};
        if constexpr (kSumLanes == 8) {
            v[0] = fold_lanes<4>(fold_lanes<2>(fold_lanes<1>(v[0], v[1]), fold_lanes<1>(v[2], v[3])),
                                 fold_lanes<2>(fold_lanes<1>(v[4], v[5]), fold_lanes<1>(v[6], v[7])));
        } else if constexpr (kSumLanes == 4) {
            v[0] = fold_lanes<2>(fold_lanes<1>(v[0], v[1]), fold_lanes<1>(v[2], v[3]));
        } else {
            v[0] = fold_lanes<1>(v[0], v[1]);
        }
        for (int l = 0; l < kSumLanes && first + l < Count; ++l) to[first + l] = v[0][l];
    }
}

}  // namespace mixtura
