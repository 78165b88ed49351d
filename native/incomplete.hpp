// Passes over rows that miss values, which are NaN: the E-step over what was observed, exact under missingness at
// random (Little and Rubin 2019, "Statistical Analysis with Missing Data", section 11.2).
//
// With P the precision of a component, M the columns that a row misses and c its deviations from the mean, zero in M,
// the expected deviations in M are -(P_MM)^-1 (P c)_M, and their covariance is (P_MM)^-1. The squared distance of the
// row completed with them is that of what was observed: they are where it is least, so that an error in them counts by
// its square. The completed rows then go through the pass of the shape. A row takes m d multiply-adds a component
// beside that pass, a set of columns M m^3 / 2, which rows that follow one another share.
#pragma once

#include <algorithm>
#include <limits>

#include "mixture.hpp"

namespace mixtura::mixture {

// What a pass knows of a model beside the components of the complete one.
struct Conditionals {
    bool shared;                  // whether all components have the same factors and precision
    Index width;                  // columns of a row of `precisions`, those of the table filled up with zeros
    const double* precisions;     // of each component or of all: d x width, of shapes without correlations width
    const double* log_constants;  // of each component, K x (d + 1): log of weight times density at the mean with 0, 1,
                                  // ... columns observed, but for the determinant of P_MM
    const double* log_corrections;  // K x (d + 1), added to log u; null where the components are normal
};

inline double dot(const double* a, const double* b, Index width) {
    Vector<double> sums[1] = {};
    for (Index j = 0; j < width; j += kLanes<double>) sums[0] += load(a + j) * load(b + j);
    double total[1];
    lane_sums<double>(sums, total);
    return total[0];
}

// Overwrites the packed lower triangle of a positive definite matrix with its Cholesky factor; returns the log of its
// determinant. A pivot that rounding leaves without a digit is raised to the last one.
inline double factorise(double* packed, Index m) {
    double product = 1, log_product = 0;
    for (Index i = 0; i < m; ++i) {
        double* row = packed + packed_size(i);
        const double diagonal = row[i];
        for (Index j = 0; j <= i; ++j) {
            const double* other = packed + packed_size(j);
            double sum = row[j];
            for (Index l = 0; l < j; ++l) sum -= row[l] * other[l];
            row[j] = j < i ? sum / other[j] : std::max(sum, diagonal * std::numeric_limits<double>::epsilon());
        }
        product *= row[i];
        row[i] = std::sqrt(row[i]);
        if (product < 1e-50 || product > 1e50) {  // one logarithm for many columns
            log_product += std::log(product);
            product = 1;
        }
    }
    return log_product + std::log(product);
}

// x = -(L L^T)^-1 x for a packed L.
inline void solve(const double* lower, Index m, double* x) {
    for (Index i = 0; i < m; ++i) {
        const double* row = lower + packed_size(i);
        double sum = -x[i];
        for (Index j = 0; j < i; ++j) sum -= row[j] * x[j];
        x[i] = sum / row[i];
    }
    for (Index i = m; i-- > 0;) {
        const double* row = lower + packed_size(i);
        x[i] /= row[i];
        for (Index j = 0; j < i; ++j) x[j] -= row[j] * x[i];
    }
}

// The inverse of L L^T, m x m, for a packed L; `work` holds m^2 numbers.
inline void invert(const double* lower, Index m, double* work, double* inverse) {
    for (Index j = 0; j < m; ++j)
        for (Index i = j; i < m; ++i) {  // column j of the inverse of L, in row j
            const double* row = lower + packed_size(i);
            double sum = i == j ? 1 : 0;
            for (Index l = j; l < i; ++l) sum -= row[l] * work[j * m + l];
            work[j * m + i] = sum / row[i];
        }
    for (Index i = 0; i < m; ++i)
        for (Index j = 0; j <= i; ++j) {
            double sum = 0;
            for (Index l = i; l < m; ++l) sum += work[i * m + l] * work[j * m + l];
            inverse[i * m + j] = inverse[j * m + i] = sum;
        }
}

// The log densities of what was observed of a tile, and the expected moments of its rows: what `Densities` is for
// complete rows.
template <template <class> class Shape, class T>
class ObservedDensities {
public:
    // With `by_tile`, rows that miss the same columns are completed together where a tile has no others: faster, and
    // the last digits of a row's density depend on its neighbours.
    ObservedDensities(const Components<T>& components, Index d, const Conditionals& conditionals, bool by_tile)
        : components_(components),
          conditionals_(conditionals),
          by_tile_(by_tile),
          d_(d),
          width_(conditionals.width),
          factors_size_(components.factors_size / (conditionals.shared ? 1 : components.count)),
          zeros_(d),
          means_(components.count * width_),
          rows_(kTile<T> * width_),
          deviations_(width_),
          shifts_(kTile<T>),
          observed_(kTile<T>),
          work_(d),
          scales_(components.degrees_of_freedom ? components.count * kStride<T> : 0) {
        parts_.reserve(components.count);
        for (Index k = 0; k < components.count; ++k) {
            const T* factors = components.factors + (conditionals.shared ? 0 : k * factors_size_);
            parts_.push_back({Shape<T>({1, &zero_, zeros_.data(), factors, nullptr, factors_size_}, d), Tile<T>(d)});
            for (Index j = 0; j < d; ++j) means_[k * width_ + j] = components.means[k * d + j];
        }
    }
    // The shapes of the parts point into it.
    ObservedDensities(const ObservedDensities&) = delete;
    ObservedDensities(ObservedDensities&&) = delete;
    ObservedDensities& operator=(const ObservedDensities&) = delete;
    ObservedDensities& operator=(ObservedDensities&&) = delete;
    ~ObservedDensities() = default;

    void compute(const Tile<T>& tile, T* out) {
        find_runs(tile);
        for (Index k = 0; k < components_.count; ++k) {
            Tile<T>& own = parts_[k].tile;
            centre(tile, components_.means + k * d_, own);
            for (Run& run : runs_) find_constants(k, run);
            if constexpr (Shape<T>::kCorrelated) {
                if (by_tile_ && runs_.size() == 1) complete_tile(k, runs_[0], own);
                else
                    for (const Run& run : runs_) complete(k, run, own);
            }
            T* to = out + k * kStride<T>;
            parts_[k].shape.log_densities(own, kOne, to);
            if (components_.degrees_of_freedom) student_densities(k, to, own.end);
            else
                for (int r = 0; r < own.end; r += kLanes<T>) store<T>(to + r, load(to + r) + load(shifts_.data() + r));
        }
    }

    void add(Tile<T>&, T* responsibilities, bool, const Totals& totals) {
        const Index second_size = conditionals_.shared ? 0 : Shape<T>::second_size(1, d_, factors_size_);
        for (Index k = 0; k < components_.count; ++k) {
            T* z = responsibilities + k * kStride<T>;
            double* second = totals.second + k * second_size;
            for (const Run& run : runs_) add_given(k, run, z, second);
            if (components_.degrees_of_freedom) add_tails(k, z, totals.tails);
            Tile<T>& own = parts_[k].tile;
            std::copy_n(z, own.end, own.weights.begin());
            parts_[k].shape.add(own, kOne, z, {totals.counts + k, totals.first + k * d_, second, nullptr});
        }
    }

    void finish(const Totals&) const {}

private:
    struct Part {
        Shape<T> shape;  // of one component, whose mean is zero
        Tile<T> tile;    // deviations from the mean, expected ones where they are missing
    };

    // Rows from first to end that miss the same `count` columns, which stand at `missing`.
    struct Run {
        int first, end;
        Index missing, count, lower;
        double log_determinant = 0;
    };

    static constexpr Index kOne[] = {0};  // the component of a part

    const std::int32_t* missing_of(const Run& run) const { return missing_.data() + run.missing; }
    const double* precision(Index k) const {
        const Index size = Shape<T>::kCorrelated ? d_ * width_ : width_;
        return conditionals_.precisions + (conditionals_.shared ? 0 : k * size);
    }
    double* lower(Index k, const Run& run) {
        return lower_.data() + run.lower + (conditionals_.shared ? 0 : k * packed_size(run.count));
    }

    void find_runs(const Tile<T>& tile) {
        runs_.clear();
        missing_.clear();
        Index lower_size = 0;
        for (int r = 0; r < tile.n_rows; ++r) {
            const std::size_t start = missing_.size();
            double* row = rows_.data() + r * width_;
            for (Index j = 0; j < d_; ++j) {
                const T value = tile.column(j)[r];
                row[j] = value;
                if (value != value) missing_.push_back(static_cast<std::int32_t>(j));
            }
            const Index count = static_cast<Index>(missing_.size() - start);
            if (!runs_.empty() && runs_.back().count == count &&
                std::equal(missing_.begin() + start, missing_.end(), missing_of(runs_.back()))) {
                missing_.resize(start);
                runs_.back().end = r + 1;
                continue;
            }
            runs_.push_back({r, r + 1, static_cast<Index>(start), count, lower_size});
            if (Shape<T>::kCorrelated)
                lower_size += packed_size(count) * (conditionals_.shared ? 1 : components_.count);
        }
        lower_.resize(static_cast<std::size_t>(lower_size));
    }

    static void centre(const Tile<T>& tile, const T* mean, Tile<T>& to) {
        to.end = tile.end;
        for (Index j = 0; j < to.n_columns; ++j)
            for (int r = 0; r < to.end; r += kLanes<T>) {
                const Vector<T> c = load(tile.column(j) + r) - mean[j];
                store<T>(to.values.data() + j * kStride<T> + r, c == c ? c : Vector<T>{});
            }
    }

    // Factorises P_MM and puts the constants of a run under component k in place.
    void find_constants(Index k, Run& run) {
        if (k == 0 || !conditionals_.shared)
            run.log_determinant = log_determinant(precision(k), missing_of(run), run, lower(k, run));
        const Index n_observed = d_ - run.count;
        const double constant = conditionals_.log_constants[k * (d_ + 1) + n_observed] - run.log_determinant / 2;
        std::fill(shifts_.begin() + run.first, shifts_.begin() + run.end, static_cast<T>(constant));
        std::fill(observed_.begin() + run.first, observed_.begin() + run.end, static_cast<T>(n_observed));
    }

    // Puts what is expected of the missing columns of a run under component k into its tile, row by row.
    void complete(Index k, const Run& run, Tile<T>& own) {
        if (run.count == 0 || run.count == d_) return;
        const std::int32_t* missing = missing_of(run);
        const double* p = precision(k);
        for (int r = run.first; r < run.end; ++r) {
            for (Index j = 0; j < width_; j += kLanes<double>) {
                const Vector<double> c = load(rows_.data() + r * width_ + j) - load(means_.data() + k * width_ + j);
                store<double>(deviations_.data() + j, c == c ? c : Vector<double>{});
            }
            for (Index a = 0; a < run.count; ++a) work_[a] = dot(p + missing[a] * width_, deviations_.data(), width_);
            solve(lower(k, run), run.count, work_.data());
            for (Index a = 0; a < run.count; ++a) {
                // What overflows is expected of a row that is too far away to have a density.
                const T value = static_cast<T>(work_[a]);
                own.values[missing[a] * kStride<T> + r] = std::isfinite(value) ? value : T(0);
            }
        }
    }

    // The same where all rows of a tile miss the same columns: the slopes -(P_MM)^-1 P_MO serve all of them.
    void complete_tile(Index k, const Run& run, Tile<T>& own) {
        if (run.count == 0 || run.count == d_) return;
        const std::int32_t* missing = missing_of(run);
        const double* p = precision(k);
        if (k == 0 || !conditionals_.shared) {
            known_.clear();
            for (Index j = 0; j < d_; ++j)
                if (!std::binary_search(missing, missing + run.count, static_cast<std::int32_t>(j)))
                    known_.push_back(j);
            slopes_.resize(static_cast<std::size_t>(run.count) * known_.size());
            for (std::size_t o = 0; o < known_.size(); ++o) {
                for (Index a = 0; a < run.count; ++a) work_[a] = p[missing[a] * width_ + known_[o]];
                solve(lower(k, run), run.count, work_.data());
                for (Index a = 0; a < run.count; ++a) slopes_[a * known_.size() + o] = static_cast<T>(work_[a]);
            }
        }
        constexpr int kAtOnce = 4;
        static_assert(kTile<T> % (kAtOnce * kLanes<T>) == 0);
        for (Index a = 0; a < run.count; ++a) {
            const T* slopes = slopes_.data() + a * known_.size();
            T* to = own.values.data() + missing[a] * kStride<T>;
            for (int r = 0; r < own.end; r += kAtOnce * kLanes<T>) {
                Vector<T> sums[kAtOnce] = {};
                for (std::size_t o = 0; o < known_.size(); ++o) {
                    const T* from = own.values.data() + known_[o] * kStride<T> + r;
                    for (int v = 0; v < kAtOnce; ++v) sums[v] += slopes[o] * load(from + v * kLanes<T>);
                }
                for (int v = 0; v < kAtOnce; ++v) {
                    const Vector<T> finite = sums[v] - sums[v];
                    store<T>(to + r + v * kLanes<T>, finite == finite ? sums[v] : Vector<T>{});
                }
            }
        }
    }

    // The log determinant of P_MM, whose Cholesky factor is written to `to`.
    double log_determinant(const double* p, const std::int32_t* missing, const Run& run, double* to) {
        if constexpr (Shape<T>::kCorrelated) {
            for (Index a = 0; a < run.count; ++a)
                for (Index b = 0; b <= a; ++b) to[packed_size(a) + b] = p[missing[a] * width_ + missing[b]];
            return factorise(to, run.count);
        }
        double total = 0;
        for (Index a = 0; a < run.count; ++a) total += std::log(p[missing[a]]);
        return total;
    }

    void add_given(Index k, const Run& run, const T* z, double* second) {
        double weight = 0;
        for (int r = run.first; r < run.end; ++r) weight += z[r];
        if (run.count == 0 || !(weight > 0)) return;
        const std::size_t size = static_cast<std::size_t>(run.count * run.count);
        inverse_.resize(size);
        if constexpr (Shape<T>::kCorrelated) {
            half_inverse_.resize(size);
            invert(lower(k, run), run.count, half_inverse_.data(), inverse_.data());
        } else {
            for (Index a = 0; a < run.count; ++a) inverse_[a * (run.count + 1)] = 1 / precision(k)[missing_of(run)[a]];
        }
        parts_[k].shape.add_given({missing_of(run), run.count, inverse_.data()}, weight, second);
    }

    // As for complete rows, but that each row has its own number of columns.
    void student_densities(Index k, T* densities, int end) {
        const T nu = static_cast<T>(components_.degrees_of_freedom[k]);
        for (int r = 0; r < end; r += kLanes<T>) {
            const Vector<T> q = T(1) - load(densities + r) * (2 / nu), claimed = load(observed_.data() + r) + nu;
            store<T>(densities + r, load(shifts_.data() + r) - T(0.5) * claimed * log_from_one<T>(q));
            store<T>(scales_.data() + k * kStride<T> + r, claimed / nu / q);
        }
    }

    // Adds to `tails` the sums of z, K, then those of z (log u - u), K; then z becomes z u.
    void add_tails(Index k, T* z, double* tails) {
        const double* corrections = conditionals_.log_corrections + k * (d_ + 1);
        const T* scales = scales_.data() + k * kStride<T>;
        double total = 0, logs = 0;
        for (const Run& run : runs_) {
            const Index n_observed = d_ - run.count;
            double share = 0, own = 0;
            for (int r = run.first; r < run.end; ++r) {
                share += z[r];
                if (z[r] > 0) own += z[r] * (std::log(double(scales[r])) - scales[r]);
                z[r] *= scales[r];
            }
            total += share;
            logs += own + share * corrections[n_observed];
        }
        tails[k] += total;
        tails[components_.count + k] += logs;
    }

    Components<T> components_;
    Conditionals conditionals_;
    bool by_tile_;
    Index d_, width_, factors_size_;
    double zero_ = 0;
    Buffer<T> zeros_;
    std::vector<double> means_, rows_, deviations_;
    Buffer<T> shifts_, observed_;
    std::vector<double> work_;
    Buffer<T> scales_;
    std::vector<Part> parts_;
    std::vector<Run> runs_;
    std::vector<std::int32_t> missing_;
    std::vector<double> lower_, inverse_, half_inverse_;
    std::vector<Index> known_;
    std::vector<T> slopes_;
};

}  // namespace mixtura::mixture
