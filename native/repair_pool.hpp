// The best sets of cells of one size that a search has seen.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "simd.hpp"

namespace mixtura::repairs {

// Log densities that agree in nine digits are equal: what differs beyond comes from the order of sums.
inline double rounded(double log_density) {
    constexpr int kBits = 30;
    int exponent = 0;
    std::frexp(log_density, &exponent);
    exponent = std::max(exponent, 0);
    return std::ldexp(std::nearbyint(std::ldexp(log_density, kBits - exponent)), exponent - kBits);
}

struct Repair {
    double log_density;
    double rank;                      // the log density, rounded
    std::vector<std::int32_t> cells;  // in ascending order
    std::vector<double> values;       // what the cells are replaced by
    bool exchanged = false;           // whether every exchange of one of its cells has been offered
};

inline bool before(const Repair& a, const Repair& b) { return a.rank != b.rank ? a.rank > b.rank : a.cells < b.cells; }

class Pool {
public:
    Pool(Index capacity, Index n_cells)
        : repairs_(capacity + 1, Repair{0, 0, std::vector<std::int32_t>(n_cells), std::vector<double>(n_cells)}) {}

    void clear() { size_ = 0; }
    Index size() const { return size_; }
    Repair& operator[](Index i) { return repairs_[i]; }

    // Takes in the set of `cells`, in ascending order, and one more, if it is among the best.
    void offer(const std::vector<std::int32_t>& cells, std::int32_t cell, double log_density) {
        const Index capacity = static_cast<Index>(repairs_.size()) - 1;
        if (size_ == capacity && log_density < threshold_) return;
        Repair& last = repairs_[size_];
        last.log_density = log_density;
        last.rank = rounded(log_density);
        last.exchanged = false;
        const auto place = std::upper_bound(cells.begin(), cells.end(), cell);
        const auto to = std::copy(cells.begin(), place, last.cells.begin());
        *to = cell;
        std::copy(place, cells.end(), to + 1);
        for (Index i = 0; i < size_; ++i)
            if (repairs_[i].cells == last.cells) return;
        for (Index i = size_; i > 0 && before(repairs_[i], repairs_[i - 1]); --i)
            std::swap(repairs_[i], repairs_[i - 1]);
        size_ = std::min(size_ + 1, capacity);
        // Rounding moves no log density across so much.
        threshold_ = repairs_[size_ - 1].rank - 1e-8 * std::max(1.0, std::abs(repairs_[size_ - 1].rank));
    }

    // The best set that has not been exchanged, or null.
    Repair* next() {
        const auto end = repairs_.begin() + size_;
        const auto found = std::find_if(repairs_.begin(), end, [](const Repair& r) { return !r.exchanged; });
        return found == end ? nullptr : &*found;
    }

    void sort() { std::sort(repairs_.begin(), repairs_.begin() + size_, before); }

private:
    std::vector<Repair> repairs_;
    Index size_ = 0;
    double threshold_ = 0;
};

}  // namespace mixtura::repairs
