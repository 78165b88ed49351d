// Random numbers of the kernels: the same on every machine, for they are integers, and doubles made of them exactly.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace mixtura {

// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): a counter and a mixing
// function, so that every seed and stream starts a sequence of its own at no cost.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    Random(std::uint64_t seed, std::uint64_t stream) : state_(mix(seed) ^ mix(~stream)) {}

    std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

    // In [0, 1), a multiple of 2^-53.
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

    // In 0 ... count - 1. The high half of a product is uniform up to count / 2^64.
    std::int64_t below(std::int64_t count) {
        const auto product = static_cast<unsigned __int128>(bits()) * static_cast<std::uint64_t>(count);
        return static_cast<std::int64_t>(product >> 64);
    }

    // Standard normal, by the polar method (Marsaglia and Bray 1964); its second value is thrown away.
    double normal() {
        for (;;) {
            const double x = 2 * uniform() - 1, y = 2 * uniform() - 1, s = x * x + y * y;
            if (s > 0 && s < 1) return x * std::sqrt(-2 * std::log(s) / s);
        }
    }

private:
    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

// The Mersenne Twister (Matsumoto and Nishimura 1998), which the standard defines to the bit.
class Twister {
public:
    explicit Twister(std::uint64_t seed) : engine_(seed) {}

    // In 0 ... count - 1. The remainder is uniform up to count / 2^64.
    std::int64_t below(std::int64_t count) {
        return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(count));
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace mixtura
