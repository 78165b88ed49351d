// The sets of cells of a row whose replacement makes it likeliest under a mixture.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "repair_pool.hpp"
#include "replaced_cells.hpp"

namespace mixtura::repairs {

// Where the answers of a row go: for each number of cells, `kept` sets, the best first.
struct Answers {
    std::int32_t* sets;     // most_cells x kept x most_cells
    double* values;         // of the same shape
    double* log_densities;  // most_cells x kept
};

// The fewest sets of each number of cells that a search which is not exhaustive goes on from.
inline constexpr Index kBeam = 8;

class Search {
public:
    Search(const Mixture& mixture, Index most_cells, Index kept, Index exhaustive_columns)
        : d_(mixture.d),
          most_cells_(most_cells),
          kept_(kept),
          exhaustive_(mixture.d <= exhaustive_columns),
          largest_(std::min(most_cells, mixture.d)),
          replaced_(mixture, largest_) {
        const Index capacity = exhaustive_ ? kept : std::max(kept, kBeam);
        for (Index size = 0; size <= largest_; ++size) pools_.emplace_back(capacity, size);
    }

    void run(const double* row, const Answers& answers) {
        replaced_.start(row);
        for (Pool& pool : pools_) pool.clear();
        if (exhaustive_) offer_all(0);
        for (Index size = 1; size <= largest_; ++size) {
            if (!exhaustive_) offer_near_best(size);
            settle(pools_[size]);
        }
        write(answers);
    }

private:
    // All sets that begin with the replaced cells and go on from a column.
    void offer_all(std::int32_t first) {
        const Index size = static_cast<Index>(replaced_.cells().size());
        const double* log_densities = replaced_.extended();
        for (auto j = first; j < d_; ++j) pools_[size + 1].offer(replaced_.cells(), j, log_densities[j]);
        for (auto j = first; size + 1 < largest_ && j + 1 < d_; ++j) {
            replaced_.replace(j);
            offer_all(j + 1);
            replaced_.restore(size);
        }
    }

    // The best sets of one cell less, each with every other cell, then those that are kept with each cell exchanged for
    // every other, until no exchange is new.
    void offer_near_best(Index size) {
        done_.clear();
        if (size == 1) offer_extensions({});
        for (Index i = 0; size > 1 && i < pools_[size - 1].size(); ++i) offer_extensions(pools_[size - 1][i].cells);
        while (Repair* repair = pools_[size].next()) {
            repair->exchanged = true;
            const std::vector<std::int32_t> cells = repair->cells;
            for (Index i = 0; i < size; ++i) {
                std::vector<std::int32_t> others = cells;
                others.erase(others.begin() + i);
                offer_extensions(others);
            }
        }
    }

    void offer_extensions(const std::vector<std::int32_t>& cells) {
        if (std::find(done_.begin(), done_.end(), cells) != done_.end()) return;
        done_.push_back(cells);
        replaced_.restore(0);
        for (const std::int32_t cell : cells) replaced_.replace(cell);
        const double* log_densities = replaced_.extended();
        for (std::int32_t j = 0; j < d_; ++j)
            if (!std::binary_search(cells.begin(), cells.end(), j))
                pools_[cells.size() + 1].offer(cells, j, log_densities[j]);
    }

    // Measures the sets of a pool anew and puts them in their final order.
    void settle(Pool& pool) {
        for (Index i = 0; i < pool.size(); ++i) {
            replaced_.restore(0);
            for (const std::int32_t cell : pool[i].cells) replaced_.replace(cell);
            pool[i].log_density = replaced_.repair(pool[i].values);
            pool[i].rank = rounded(pool[i].log_density);
        }
        pool.sort();
    }

    void write(const Answers& answers) {
        std::fill_n(answers.sets, most_cells_ * kept_ * most_cells_, -1);
        std::fill_n(answers.values, most_cells_ * kept_ * most_cells_, 0.0);
        std::fill_n(answers.log_densities, most_cells_ * kept_, -std::numeric_limits<double>::infinity());
        for (Index size = 1; size <= largest_; ++size)
            for (Index i = 0; i < std::min(kept_, pools_[size].size()); ++i) {
                const Index place = (size - 1) * kept_ + i;
                const Repair& repair = pools_[size][i];
                std::copy(repair.cells.begin(), repair.cells.end(), answers.sets + place * most_cells_);
                std::copy(repair.values.begin(), repair.values.end(), answers.values + place * most_cells_);
                answers.log_densities[place] = repair.log_density;
            }
    }

    Index d_, most_cells_, kept_;
    bool exhaustive_;
    Index largest_;  // the most cells that a set can have
    ReplacedCells replaced_;
    std::vector<Pool> pools_;                      // of sets of each number of cells
    std::vector<std::vector<std::int32_t>> done_;  // the sets whose extensions have been offered
};

}  // namespace mixtura::repairs
