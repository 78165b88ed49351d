// Integers and floats side by side, as many as the processor gathers at once, and how rows of a tile find their way
// down a tree with them: the gathers and permutations that GCC's vector extensions do not have.
#pragma once

#include <cstdint>

#if defined(__AVX2__)
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 warns of its own header (GCC bug 105593)
#endif
#include <immintrin.h>
#endif

namespace mixtura::forest {

#if defined(__AVX512F__)
struct Lanes {
    static constexpr int kCount = 16;
    using Ints = __m512i;
    using Floats = __m512;
    static Ints all(int value) { return _mm512_set1_epi32(value); }
    static Ints from(int first) {
        return _mm512_add_epi32(all(first), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    }
    static Ints take(const std::int32_t* from, Ints at) { return _mm512_i32gather_epi32(at, from, 4); }
    static Floats take(const float* from, Ints at) { return _mm512_i32gather_ps(at, from, 4); }
    static Ints shift_add(Ints value, int shift, Ints more) {
        return _mm512_add_epi32(_mm512_sll_epi32(value, _mm_cvtsi32_si128(shift)), more);
    }
    static Ints child(Ints node, Floats value, Floats threshold) {
        const Ints left = _mm512_add_epi32(node, node);
        return _mm512_mask_add_epi32(left, _mm512_cmp_ps_mask(value, threshold, _CMP_GT_OQ), left, all(1));
    }
    static Ints less(Ints value, int other) { return _mm512_sub_epi32(value, all(other)); }
    static void add_taken(double* to, const float* from, Ints at) {
        const Floats taken = take(from, at);
        const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(taken), 1));
        add(to, _mm512_cvtps_pd(_mm512_castps512_ps256(taken)));
        add(to + 8, _mm512_cvtps_pd(high));
    }

    // What nodes of one level hold: up to this level permutations of registers cost less than a gather.
    static constexpr int kHeld = 8;
    template <int Level, class T>
    static auto look_up(const T* from, Ints node) {
        if constexpr (Level <= 4) return permute<1>(from + (Level == 4 ? 16 : 0), node);
        else return permute<1 << (Level - 4)>(from + (1 << Level), node);
    }

    // The value of a row, given by a register for each column, in the column that the row asks for.
    static constexpr int kSelected = 16;
    template <int Columns>
    static Floats select(const float* first, int shift, Ints column) {
        if constexpr (Columns == 1) {
            return _mm512_loadu_ps(first);
        } else {
            constexpr int kLow = Columns > 8 ? 8 : Columns > 4 ? 4 : Columns > 2 ? 2 : 1;
            return _mm512_mask_blend_ps(_mm512_test_epi32_mask(column, all(kLow)), select<kLow>(first, shift, column),
                                        select<Columns - kLow>(first + (kLow << shift), shift, column));
        }
    }

private:
    static void add(double* to, __m512d values) { _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), values)); }
    // Elements of a table of `Vectors` registers, by the low bits of `at`.
    template <int Vectors, class T>
    static auto permute(const T* from, Ints at) {
        if constexpr (Vectors == 1) return permute(load(from), at);
        else if constexpr (Vectors == 2) return permute(load(from), at, load(from + 16));
        else
            return blend(_mm512_test_epi32_mask(at, all(8 * Vectors)), permute<Vectors / 2>(from, at),
                         permute<Vectors / 2>(from + 8 * Vectors, at));
    }
    static Floats load(const float* from) { return _mm512_loadu_ps(from); }
    static Ints load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
    static Floats permute(Floats table, Ints at) { return _mm512_permutexvar_ps(at, table); }
    static Ints permute(Ints table, Ints at) { return _mm512_permutexvar_epi32(at, table); }
    static Floats permute(Floats low, Ints at, Floats high) { return _mm512_permutex2var_ps(low, at, high); }
    static Ints permute(Ints low, Ints at, Ints high) { return _mm512_permutex2var_epi32(low, at, high); }
    static Floats blend(__mmask16 mask, Floats low, Floats high) { return _mm512_mask_blend_ps(mask, low, high); }
    static Ints blend(__mmask16 mask, Ints low, Ints high) { return _mm512_mask_blend_epi32(mask, low, high); }
};
#elif defined(__AVX2__)
struct Lanes {
    static constexpr int kCount = 8;
    using Ints = __m256i;
    using Floats = __m256;
    static Ints all(int value) { return _mm256_set1_epi32(value); }
    static Ints from(int first) { return _mm256_add_epi32(all(first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
    static Ints take(const std::int32_t* from, Ints at) { return _mm256_i32gather_epi32(from, at, 4); }
    static Floats take(const float* from, Ints at) { return _mm256_i32gather_ps(from, at, 4); }
    static Ints shift_add(Ints value, int shift, Ints more) {
        return _mm256_add_epi32(_mm256_sll_epi32(value, _mm_cvtsi32_si128(shift)), more);
    }
    static Ints child(Ints node, Floats value, Floats threshold) {
        // A comparison that holds is -1.
        return _mm256_sub_epi32(_mm256_add_epi32(node, node),
                                _mm256_castps_si256(_mm256_cmp_ps(value, threshold, _CMP_GT_OQ)));
    }
    static Ints less(Ints value, int other) { return _mm256_sub_epi32(value, all(other)); }
    static void add_taken(double* to, const float* from, Ints at) {
        const Floats taken = take(from, at);
        add(to, _mm256_cvtps_pd(_mm256_castps256_ps128(taken)));
        add(to + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(taken, 1)));
    }

    static constexpr int kHeld = 4;
    template <int Level>
    static Floats look_up(const float* from, Ints node) {
        return _mm256_permutevar8x32_ps(_mm256_loadu_ps(from + (Level == 3 ? 8 : 0)), node);
    }
    template <int Level>
    static Ints look_up(const std::int32_t* from, Ints node) {
        const auto* table = reinterpret_cast<const __m256i*>(from + (Level == 3 ? 8 : 0));
        return _mm256_permutevar8x32_epi32(_mm256_loadu_si256(table), node);
    }

    static constexpr int kSelected = 0;

private:
    static void add(double* to, __m256d values) { _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), values)); }
};
#else
struct Lanes {
    static constexpr int kCount = 1;
    using Ints = std::int32_t;
    using Floats = float;
    static Ints all(int value) { return value; }
    static Ints from(int first) { return first; }
    static Ints take(const std::int32_t* from, Ints at) { return from[at]; }
    static Floats take(const float* from, Ints at) { return from[at]; }
    static Ints shift_add(Ints value, int shift, Ints more) { return (value << shift) + more; }
    static Ints child(Ints node, Floats value, Floats threshold) { return 2 * node + (value > threshold); }
    static Ints less(Ints value, int other) { return value - other; }
    static void add_taken(double* to, const float* from, Ints at) { *to += static_cast<double>(from[at]); }

    static constexpr int kHeld = 0;
    static constexpr int kSelected = 0;
};
#endif

}  // namespace mixtura::forest

#if defined(__AVX2__)
#pragma GCC diagnostic pop
#endif
