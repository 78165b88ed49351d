// The rows that each tree of a forest sees.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "random.hpp"

namespace mixtura::forest {

// A set of at most `capacity` positions below `n_positions`: a bit for each where that takes less memory, else open
// addressing, at most half full.
class Positions {
public:
    Positions(std::int64_t capacity, std::int64_t n_positions) {
        std::size_t slots = 16;
        while (slots < 2 * static_cast<std::size_t>(capacity)) slots *= 2;
        by_bits_ = static_cast<std::size_t>(n_positions) / 64 <= slots;
        if (by_bits_) bits_.assign(static_cast<std::size_t>(n_positions), false);
        else slots_.assign(slots, kFree);
    }

    // Whether the position is new.
    bool insert(std::int64_t position) {
        if (contains(position)) return false;
        if (by_bits_) bits_[static_cast<std::size_t>(position)] = true;
        else slots_[find(position)] = position;
        return true;
    }

    bool contains(std::int64_t position) const {
        return by_bits_ ? bits_[static_cast<std::size_t>(position)] : slots_[find(position)] == position;
    }

private:
    static constexpr std::int64_t kFree = -1;

    std::size_t find(std::int64_t position) const {
        // Multiplication by 2^64 / golden ratio spreads neighbours; the table takes the high bits.
        std::size_t slot = (static_cast<std::uint64_t>(position) * 0x9e3779b97f4a7c15ULL >> 20) & (slots_.size() - 1);
        while (slots_[slot] != kFree && slots_[slot] != position) slot = (slot + 1) & (slots_.size() - 1);
        return slot;
    }

    bool by_bits_;
    std::vector<bool> bits_;
    std::vector<std::int64_t> slots_;
};

// `size` of `n_rows` rows, each set of them equally likely, in O(size): Floyd's algorithm (Bentley and Floyd 1987, "A
// sample of brilliance").
inline void draw_distinct(Random& random, std::int64_t n_rows, std::int64_t* rows, std::int64_t size) {
    Positions drawn(size, n_rows);
    for (std::int64_t last = n_rows - size; last < n_rows; ++last) {
        const std::int64_t row = random.below(last + 1);
        *rows++ = drawn.insert(row) ? row : (drawn.insert(last), last);
    }
}

inline void draw_repeated(Random& random, std::int64_t n_rows, std::int64_t* rows, std::int64_t size) {
    for (std::int64_t i = 0; i < size; ++i) rows[i] = random.below(n_rows);
}

// A row with probability proportional to its weight; `cumulative` are the running sums of the weights.
inline std::int64_t draw_weighted(Random& random, const double* cumulative, std::int64_t n_rows) {
    const double at = random.uniform() * cumulative[n_rows - 1];
    const std::int64_t row = std::upper_bound(cumulative, cumulative + n_rows, at) - cumulative;
    return std::min(row, n_rows - 1);
}

// Rows drawn one after the other, each with probability proportional to its weight among those not drawn before.
// Draws that repeat a row are thrown away; where most do, because a few rows hold almost all weight, the rest are those
// of the smallest exponential variates of rate weight, which has the same law and takes O(n_rows) (Efraimidis and
// Spirakis 2006, "Weighted random sampling with a reservoir").
inline void draw_distinct_weighted(Random& random, const double* cumulative, std::int64_t n_rows, std::int64_t* rows,
                                   std::int64_t size) {
    constexpr std::int64_t kPatience = 16;  // draws for each row wanted
    Positions drawn(size, n_rows);
    std::int64_t found = 0;
    for (std::int64_t draws = 0; found < size && draws < kPatience * size; ++draws) {
        const std::int64_t row = draw_weighted(random, cumulative, n_rows);
        if (drawn.insert(row)) rows[found++] = row;
    }
    if (found == size) return;
    std::vector<std::pair<double, std::int64_t>> keys;
    for (std::int64_t row = 0; row < n_rows; ++row) {
        const double weight = cumulative[row] - (row > 0 ? cumulative[row - 1] : 0.0);
        const double wait = -std::log(1.0 - random.uniform());
        if (weight > 0 && !drawn.contains(row)) keys.emplace_back(wait / weight, row);
    }
    const std::size_t rest = static_cast<std::size_t>(size - found);
    if (keys.size() < rest) throw std::invalid_argument("fewer rows have a weight above zero than are to be drawn");
    std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(rest) - 1, keys.end());
    for (std::size_t i = 0; i < rest; ++i) rows[found++] = keys[i].second;
}

}  // namespace mixtura::forest
