// The dual of the one-class support vector machine by sequential minimal optimisation:
//
//     minimise 1/2 sum_ij a_i a_j K_ij  with  0 <= a_i <= C_i  and  sum_i a_i  given.
//
// Each step moves weight from one row j to another i, chosen by second-order information (Fan, Chen and Lin 2005). Rows
// that will stay at a bound are left out for a while (Joachims 1999; Chang and Lin 2011, section 5.1): the problem is
// packed anew without them, and their gradients are brought up to date when the rest is solved.
#pragma once

#include "svm_columns.hpp"

namespace mixtura::svm {

struct SmoSettings {
    double tolerance;  // largest violation of optimality: a difference of two gradients
    double cache_bytes;
    bool shrinking;
    std::int64_t max_iterations;
};

// Why steps ended: optimal within the tolerance, no nearer than slopes are rounded, or as many as were allowed.
enum class SmoEnd : std::uint8_t { kTolerance, kRounding, kLimit };

struct SmoResult {
    std::int64_t iterations;
    SmoEnd end;
};

template <class Source>
class Smo {
public:
    // alpha is feasible and gradient = K alpha at the start; both are brought to the optimum.
    Smo(const Source& source, const double* upper, double* alpha, double* gradient, const SmoSettings& settings)
        : source_(source),
          upper_(upper),
          alpha_(alpha),
          gradient_(gradient),
          settings_(settings),
          cache_(settings.cache_bytes, source.n_rows()) {
        activate_all();
    }

    SmoResult solve() {
        std::int64_t iterations = 0;
        SmoEnd end = SmoEnd::kLimit;
        reset_countdown();
        while (true) {
            const bool optimal = violation() <= settings_.tolerance;
            if (optimal || violation() <= rounding() || (iterations < settings_.max_iterations && !step())) {
                if (everything_active()) {
                    end = optimal ? SmoEnd::kTolerance : SmoEnd::kRounding;
                    break;
                }
                restore();
                continue;
            }
            if (iterations == settings_.max_iterations) break;
            ++iterations;
            if (settings_.shrinking && --until_shrinking_ == 0) {
                shrink();
                reset_countdown();
            }
        }
        if (!everything_active()) restore();
        write_back();
        return {iterations, end};
    }

private:
    using Positions = VectorOf<std::int64_t, kLanes<double>>::type;
    using Narrow = VectorOf<float, kLanes<double>>::type;
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    // Curvature where the kernel of two rows gives none or less, as in LIBSVM.
    static constexpr double kSmallest = 1e-12;

    static Doubles widened(const float* from) {
        Narrow narrow;
        std::memcpy(&narrow, from, sizeof narrow);
        return __builtin_convertvector(narrow, Doubles);
    }

    Index count() const { return static_cast<Index>(rows_.size()); }
    bool everything_active() const { return count() == source_.n_rows(); }
    double violation() const { return highest_ - lowest_; }
    // About how far slopes are off: they are sums of rounded numbers, and each step adds a column of kernels that are
    // rounded to single precision. Errors add up like the steps of a random walk.
    double rounding() const {
        constexpr double kDouble = 4 * std::numeric_limits<double>::epsilon();
        constexpr double kSingle = std::numeric_limits<float>::epsilon();
        return std::max(kDouble * std::max(std::abs(highest_), std::abs(lowest_)),
                        kSingle * largest_ * std::sqrt(moved_squares_));
    }
    void reset_countdown() { until_shrinking_ = std::clamp<Index>(count() / 40, 50, 1000); }

    // Makes the problem that of some rows.
    void activate(std::vector<Index> rows) {
        rows_ = std::move(rows);
        subset_ = source_.subset(rows_);
        const Index width = filled_up(count());
        weight_.assign(width, 0.0);
        slope_.assign(width, 0.0);
        bound_.assign(width, 0.0);
        diagonal_.assign(width, 0.0);
        cannot_grow_.assign(width, std::numeric_limits<float>::infinity());
        cannot_shrink_.assign(width, -std::numeric_limits<float>::infinity());
        group_highest_.assign(width / kGroup, -kInfinity);
        for (Index k = 0; k < count(); ++k) {
            weight_[k] = alpha_[rows_[k]];
            slope_[k] = gradient_[rows_[k]];
            bound_[k] = upper_[rows_[k]];
            diagonal_[k] = source_.diagonal(rows_[k]);
            largest_ = std::max(largest_, std::abs(diagonal_[k]));
            note_bounds(k);
        }
        scan(0.0, nullptr, nullptr);
    }

    void activate_all() {
        std::vector<Index> rows(source_.n_rows());
        for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = static_cast<Index>(k);
        activate(std::move(rows));
    }

    // What is added to a slope so that a row at a bound is never the lowest, or never the highest.
    void note_bounds(Index k) {
        cannot_grow_[k] = weight_[k] < bound_[k] ? 0.0f : std::numeric_limits<float>::infinity();
        cannot_shrink_[k] = weight_[k] > 0 ? 0.0f : -std::numeric_limits<float>::infinity();
    }

    const float* column(Index k) {
        return cache_.column(k, [&](float* to) { source_.column(rows_[k], subset_, to); });
    }

    // Adds moved (K_i - K_j) to the slopes, and finds the lowest slope of a weight that may grow and the highest of one
    // that may shrink, of each group of rows too.
    void scan(double moved, const float* column_i, const float* column_j) {
        const Index width = static_cast<Index>(slope_.size());
        Doubles low = broadcast(kInfinity);
        Positions low_at{}, at{};
        for (int l = 0; l < kLanes<double>; ++l) at[l] = l;
        highest_ = -kInfinity;
        for (Index first = 0; first < width; first += kGroup) {
            Doubles high = broadcast(-kInfinity);
            for (Index k = first; k < first + kGroup; k += kLanes<double>) {
                Doubles slope = load(slope_.data() + k);
                if (column_i != nullptr) {
                    slope += moved * (widened(column_i + k) - widened(column_j + k));
                    store<double>(slope_.data() + k, slope);
                }
                const Doubles growing = slope + widened(cannot_grow_.data() + k);
                const auto lower = growing < low;
                low = lower ? growing : low;
                low_at = lower ? at : low_at;
                at += kLanes<double>;
                high = maximum(high, slope + widened(cannot_shrink_.data() + k));
            }
            double highest = high[0];
            for (int l = 1; l < kLanes<double>; ++l) highest = std::max(highest, high[l]);
            group_highest_[first / kGroup] = highest;
            highest_ = std::max(highest_, highest);
        }
        lowest_ = kInfinity;
        lowest_at_ = 0;
        for (int l = 0; l < kLanes<double>; ++l)
            if (low[l] < lowest_ || (low[l] == lowest_ && low_at[l] < lowest_at_)) {
                lowest_ = low[l];
                lowest_at_ = low_at[l];
            }
    }

    // The row whose weight the lowest one takes: the pair gains b^2 / (2 curvature) with b the difference of slopes.
    Index partner(const float* column_i) const {
        const double diagonal_i = diagonal_[lowest_at_];
        Doubles best{};
        Positions best_at{};
        for (std::size_t group = 0; group < group_highest_.size(); ++group) {
            if (!(group_highest_[group] > lowest_)) continue;
            const Index first = static_cast<Index>(group) * kGroup;
            Positions at{};
            for (int l = 0; l < kLanes<double>; ++l) at[l] = first + l;
            for (Index k = first; k < first + kGroup; k += kLanes<double>, at += kLanes<double>) {
                const Doubles b = load(slope_.data() + k) + widened(cannot_shrink_.data() + k) - lowest_;
                const Doubles curvature = load(diagonal_.data() + k) + diagonal_i - 2.0 * widened(column_i + k);
                const Doubles gain = b * b / maximum(curvature, broadcast(kSmallest));
                const auto better = (b > 0.0) & (gain > best);
                best = better ? gain : best;
                best_at = better ? at : best_at;
            }
        }
        double most = 0;
        Index found = -1;
        for (int l = 0; l < kLanes<double>; ++l)
            if (best[l] > most || (best[l] == most && best[l] > 0 && best_at[l] < found)) {
                most = best[l];
                found = best_at[l];
            }
        return found;
    }

    // Moves weight from one row to another; returns false when no weight changes.
    bool step() {
        const Index i = lowest_at_;
        const float* column_i = column(i);
        const Index j = partner(column_i);
        if (j < 0) return false;
        const float* column_j = column(j);
        const double curvature = std::max(diagonal_[i] + diagonal_[j] - 2.0 * column_i[j], kSmallest);
        const double wanted = (slope_[j] - slope_[i]) / curvature, room = bound_[i] - weight_[i];
        const double moved = std::min({wanted, room, weight_[j]});
        const double grown = moved == room ? bound_[i] : weight_[i] + moved;
        const double left = moved == weight_[j] ? 0.0 : weight_[j] - moved;
        if (grown == weight_[i] && left == weight_[j]) return false;
        weight_[i] = grown;
        weight_[j] = left;
        moved_squares_ += moved * moved;
        note_bounds(i);
        note_bounds(j);
        scan(moved, column_i, column_j);
        return true;
    }

    // Leaves out the rows at a bound whose slope lies beyond those of all that can move.
    void shrink() {
        std::vector<Index> kept;
        for (Index k = 0; k < count(); ++k) {
            const bool stays_full = weight_[k] >= bound_[k] && slope_[k] < lowest_;
            const bool stays_empty = weight_[k] <= 0 && slope_[k] > highest_;
            if (!stays_full && !stays_empty) kept.push_back(k);
        }
        // Packing costs about as much as a few steps: it must make the others cheaper.
        if (kept.size() < 2 || 10 * kept.size() > 9 * rows_.size()) return;
        const bool first = everything_active();
        write_back();
        if (first) {
            alpha_then_.assign(alpha_, alpha_ + source_.n_rows());
            gradient_then_.assign(gradient_, gradient_ + source_.n_rows());
        }
        cache_.keep(kept);
        std::vector<Index> rows;
        rows.reserve(kept.size());
        for (const Index k : kept) rows.push_back(rows_[k]);
        activate(std::move(rows));
    }

    void write_back() {
        for (Index k = 0; k < count(); ++k) {
            alpha_[rows_[k]] = weight_[k];
            gradient_[rows_[k]] = slope_[k];
        }
    }

    // Takes all rows in again: the slopes of those left out are what they were when the first were left out, and what
    // the weights that changed since add.
    void restore() {
        write_back();
        std::vector<Index> others;
        Index next = 0;
        for (Index row = 0; row < source_.n_rows(); ++row) {
            if (next < count() && rows_[next] == row) ++next;
            else others.push_back(row);
        }
        const auto subset = source_.subset(others);
        std::vector<float> kernels(filled_up(static_cast<Index>(others.size())));
        for (const Index row : others) gradient_[row] = gradient_then_[row];
        for (Index row = 0; row < source_.n_rows(); ++row) {
            const double change = alpha_[row] - alpha_then_[row];
            if (change == 0) continue;
            source_.column(row, subset, kernels.data());
            for (std::size_t k = 0; k < others.size(); ++k) gradient_[others[k]] += change * kernels[k];
        }
        cache_.clear(source_.n_rows());
        activate_all();
        reset_countdown();
    }

    const Source& source_;
    const double* upper_;
    double* alpha_;
    double* gradient_;
    SmoSettings settings_;
    std::vector<double> alpha_then_, gradient_then_;  // when the first rows were left out
    Index until_shrinking_ = 0;
    double moved_squares_ = 0;  // of the weight that each step moved
    double largest_ = 0;        // kernel of a row with itself

    // The rows in use, packed: where they come from, and what belongs to each.
    std::vector<Index> rows_;
    typename Source::Subset subset_;
    std::vector<double> weight_, slope_, bound_, diagonal_;
    std::vector<float> cannot_grow_, cannot_shrink_;
    std::vector<double> group_highest_;
    ColumnCache cache_;

    double lowest_ = 0, highest_ = 0;
    Index lowest_at_ = 0;
};

}  // namespace mixtura::svm
