// Shapley values estimated by a mean over some orders of the columns, with its standard error.
#pragma once

#include <cstdint>

#include "shapley.hpp"

namespace mixtura::shapley {

inline constexpr Index kGroup = kLanes<double>;  // orders at a time

// The factors of all components in a group of orders, which are in lanes: d^3 / 6 multiply-adds for an order and
// component.
class Factors {
public:
    Factors(const Mixture& mixture, const Standard& standard, const std::int32_t* orders, Index n_orders)
        : d_(mixture.d),
          used_(std::min(kGroup, n_orders)),
          columns_(mixture.d * kGroup),
          lower_(mixture.count * packed_size(mixture.d) * kGroup),
          means_(mixture.count * mixture.d * kGroup),
          inverses_(mixture.count * mixture.d * kGroup),
          constants_(mixture.count * mixture.d * kGroup) {
        for (Index l = 0; l < kGroup; ++l)
            for (Index i = 0; i < d_; ++i) columns_[i * kGroup + l] = orders[std::min(l, n_orders - 1) * d_ + i];
        for (Index k = 0; k < mixture.count; ++k) factor(mixture, standard, k);
    }

    // Doubles that the factors of one order take.
    static Index size(const Mixture& mixture) { return mixture.count * (packed_size(mixture.d) + 3 * mixture.d); }

    Index used() const { return used_; }  // orders in it: the other lanes repeat the last one
    Index column(Index place, Index l) const { return columns_[place * kGroup + l]; }

    // Row i of the lower factor of a component, the diagonal inverted.
    const double* row(Index k, Index i) const {
        return lower_.data() + (k * packed_size(d_) + packed_size(i)) * kGroup;
    }
    Vector<double> mean(Index k, Index i) const { return load(&means_[(k * d_ + i) * kGroup]); }
    Vector<double> inverse_deviation(Index k, Index i) const { return load(&inverses_[(k * d_ + i) * kGroup]); }
    // The log density at the mean in the first i + 1 columns, with the weight of the component.
    Vector<double> log_constant(Index k, Index i) const { return load(&constants_[(k * d_ + i) * kGroup]); }

    Vector<double> gather(const double* from, Index place) const {
        Vector<double> v{};
        for (Index l = 0; l < kGroup; ++l) v[l] = from[columns_[place * kGroup + l]];
        return v;
    }

private:
    void factor(const Mixture& mixture, const Standard& standard, Index k) {
        double* lower = lower_.data() + k * packed_size(d_) * kGroup;
        const double* correlations = &standard.correlations[k * d_ * d_];
        const auto at = [lower](Index i, Index j) { return lower + (packed_size(i) + j) * kGroup; };
        Vector<double> logs{};
        for (Index j = 0; j < d_; ++j) {
            for_column_blocks(d_ - j, [&]<int Count>(Index below) {
                const Index first = j + below;
                Vector<double> sums[Count];
                for (int i = 0; i < Count; ++i) sums[i] = between(correlations, first + i, j);
                for (Index m = 0; m < j; ++m) {
                    const Vector<double> other = load(at(j, m));
                    for (int i = 0; i < Count; ++i) sums[i] -= load(at(first + i, m)) * other;
                }
                for (int i = 0; i < Count; ++i) store<double>(at(first + i, j), sums[i]);
            });
            const Vector<double> inverse = 1.0 / square_root(maximum(load(at(j, j)), broadcast(kLeastPivot)));
            store<double>(at(j, j), inverse);
            for (Index i = j + 1; i < d_; ++i) store<double>(at(i, j), load(at(i, j)) * inverse);
            const Index place = (k * d_ + j) * kGroup;
            store<double>(&means_[place], gather(mixture.means + k * d_, j));
            store<double>(&inverses_[place], 1.0 / gather(&standard.deviations[k * d_], j));
            logs += gather(&standard.log_deviations[k * d_], j) - log_from_one<double>(inverse);
            store<double>(&constants_[place], mixture.log_constants[k * (d_ + 1) + j + 1] - logs);
        }
    }

    Vector<double> between(const double* correlations, Index i, Index j) const {
        Vector<double> v{};
        for (Index l = 0; l < kGroup; ++l)
            v[l] = correlations[columns_[i * kGroup + l] * d_ + columns_[j * kGroup + l]];
        return v;
    }

    Index d_, used_;
    Buffer<Index> columns_;                                // the orders
    Buffer<double> lower_, means_, inverses_, constants_;  // of the components, for each order
};

// In an order, the squares of the first s entries of L^-1 c add up to the distance in its first s columns, where L is
// the Cholesky factor of the covariance in that order: d^2 / 2 multiply-adds for an order, component and row. Orders
// are in lanes. Lanes l and l + 1 hold a pair of orders, and the error is that of the mean over pairs.
class Orders {
public:
    static constexpr int kBlock = kColumns;             // rows at a time, for each of which a factor is read once
    static constexpr Index kMostKept = Index{1} << 21;  // doubles of factors that are kept for further rows: 16 MB

    Orders(const Mixture& mixture, const std::int32_t* orders, Index n_orders)
        : mixture_(mixture), standard_(mixture), orders_(orders), n_orders_(n_orders) {
        if (Factors::size(mixture) * n_orders <= kMostKept)
            for (Index first = 0; first < n_orders; first += kGroup) kept_.push_back(factors(first));
    }

    void run(const double* rows, Index n_rows, double* values, double* errors) const {
        const Index d = mixture_.d;
        std::fill_n(values, n_rows * d, 0.0);
        std::fill_n(errors, n_rows * d, 0.0);
        Scratch scratch(mixture_);
        for (Index first = 0; first < n_orders_; first += kGroup) {
            if (kept_.empty()) add_group(factors(first), first, rows, n_rows, values, errors, scratch);
            else add_group(kept_[first / kGroup], first, rows, n_rows, values, errors, scratch);
        }
        // From the root of the sum of squares about the mean to the standard error of the mean.
        const double pairs = static_cast<double>(n_orders_) / 2;
        for (Index i = 0; i < n_rows * d; ++i) errors[i] /= std::sqrt(pairs * (pairs - 1));
    }

private:
    struct Scratch {
        Buffer<double> values, whitened, densities;  // of the rows, for each order
        Buffer<double> shares;                       // of a row, in each order of a pair

        explicit Scratch(const Mixture& mixture)
            : values(mixture.d * kGroup * kBlock),
              whitened(mixture.d * kGroup * kBlock),
              densities(mixture.count * mixture.d * kGroup * kBlock),
              shares(2 * mixture.d) {}

        double* value(Index place, int r) { return &values[(place * kBlock + r) * kGroup]; }
    };

    Factors factors(Index first) const {
        return {mixture_, standard_, orders_ + first * mixture_.d, n_orders_ - first};
    }

    void add_group(const Factors& factors, Index first, const double* rows, Index n_rows, double* values,
                   double* errors, Scratch& scratch) const {
        const Index d = mixture_.d;
        for_column_blocks(n_rows, [&]<int Count>(Index row) {
            surprise<Count>(factors, rows + row * d, scratch);
            for (int r = 0; r < Count; ++r)
                for (Index l = 0; l < factors.used(); l += 2)
                    add(factors, r, l, (first + l) / 2 + 1, values + (row + r) * d, errors + (row + r) * d, scratch);
        });
    }

    // What each column of some rows adds to the surprise at those before it in each order: scratch values, by place.
    template <int Count>
    void surprise(const Factors& factors, const double* rows, Scratch& scratch) const {
        const Index d = mixture_.d;
        for (Index i = 0; i < d; ++i)
            for (int r = 0; r < Count; ++r) store<double>(scratch.value(i, r), factors.gather(rows + r * d, i));
        for (Index k = 0; k < mixture_.count; ++k) densities<Count>(factors, k, scratch);
        for (int r = 0; r < Count; ++r) {
            Vector<double> before{};
            for (Index i = 0; i < d; ++i) {
                const double* densities = scratch.densities.data() + (i * kBlock + r) * kGroup;
                const Vector<double> surprise = -log_sum(densities, mixture_.count, d * kBlock * kGroup);
                store<double>(scratch.value(i, r), surprise - before);
                before = surprise;
            }
        }
    }

    template <int Count>
    void densities(const Factors& factors, Index k, Scratch& scratch) const {
        const Index d = mixture_.d;
        Vector<double> distances[Count] = {};
        for (Index i = 0; i < d; ++i) {
            const double* factor = factors.row(k, i);
            const Vector<double> mean = factors.mean(k, i), inverse = factors.inverse_deviation(k, i);
            Vector<double> z[Count];
            for (int r = 0; r < Count; ++r) z[r] = within_reach((load(scratch.value(i, r)) - mean) * inverse);
            for (Index m = 0; m < i; ++m) {
                const Vector<double> l = load(factor + m * kGroup);
                for (int r = 0; r < Count; ++r) z[r] -= l * load(&scratch.whitened[(m * kBlock + r) * kGroup]);
            }
            const Vector<double> diagonal = load(factor + i * kGroup), constant = factors.log_constant(k, i);
            for (int r = 0; r < Count; ++r) {
                z[r] *= diagonal;
                store<double>(&scratch.whitened[(i * kBlock + r) * kGroup], z[r]);
                distances[r] += z[r] * z[r];
                store<double>(&scratch.densities[((k * d + i) * kBlock + r) * kGroup],
                              radial_density(constant, mixture_.degrees_of(k), i + 1, distances[r]));
            }
        }
    }

    // Takes the pair of orders in lanes l and l + 1, number `count`, into the means of a row, and into the roots of the
    // sums of squares about them (Welford 1962).
    void add(const Factors& factors, int r, Index l, Index count, double* means, double* roots,
             Scratch& scratch) const {
        const Index d = mixture_.d;
        for (Index i = 0; i < d; ++i) {
            scratch.shares[factors.column(i, l)] = scratch.value(i, r)[l];
            scratch.shares[d + factors.column(i, l + 1)] = scratch.value(i, r)[l + 1];
        }
        const double part = 1 / static_cast<double>(count), root = std::sqrt(1 - part);
        for (Index j = 0; j < d; ++j) {
            const double difference = (scratch.shares[j] + scratch.shares[d + j]) / 2 - means[j];
            means[j] += difference * part;
            roots[j] = std::hypot(roots[j], difference * root);
        }
    }

    Mixture mixture_;
    Standard standard_;
    const std::int32_t* orders_;
    Index n_orders_;
    std::vector<Factors> kept_;  // of each group of orders; none where they are many
};

}  // namespace mixtura::shapley
