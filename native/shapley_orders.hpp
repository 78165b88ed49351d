// Shapley values estimated by a mean over some orders of the columns, with its standard error.
#pragma once

#include <cstdint>

#include "shapley.hpp"

namespace mixtura::shapley {

// In an order, the squares of the first s entries of L^-1 c add up to the distance in its first s columns, where L is
// the Cholesky factor of the covariance in that order: d^2 / 2 multiply-adds for an order, component and row. Orders
// are in lanes. Lanes l and l + 1 hold a pair of orders, and the error is that of the mean over pairs.
class Orders {
public:
    static constexpr Index kGroup = kLanes<double>;  // orders at a time
    static constexpr int kBlock = kColumns;          // rows at a time, for each of which a factor is read once

    explicit Orders(const Mixture& mixture)
        : mixture_(mixture),
          standard_(mixture),
          factors_(mixture.count * packed_size(mixture.d) * kGroup),
          means_(mixture.count * mixture.d * kGroup),
          inverses_(mixture.count * mixture.d * kGroup),
          constants_(mixture.count * mixture.d * kGroup),
          columns_(mixture.d * kGroup),
          values_(mixture.d * kGroup * kBlock),
          whitened_(mixture.d * kGroup * kBlock),
          densities_(mixture.count * mixture.d * kGroup * kBlock),
          shares_(2 * mixture.d) {}

    void run(const double* rows, Index n_rows, const std::int32_t* orders, Index n_orders, double* values,
             double* errors) {
        const Index d = mixture_.d;
        std::fill_n(values, n_rows * d, 0.0);
        std::fill_n(errors, n_rows * d, 0.0);
        for (Index first = 0; first < n_orders; first += kGroup) {
            for (Index l = 0; l < kGroup; ++l)
                for (Index i = 0; i < d; ++i)
                    columns_[i * kGroup + l] = orders[std::min(first + l, n_orders - 1) * d + i];
            for (Index k = 0; k < mixture_.count; ++k) factor(k);
            const Index used = std::min(kGroup, n_orders - first);
            for_column_blocks(n_rows, [&]<int Count>(Index row) {
                surprise<Count>(rows + row * d);
                for (int r = 0; r < Count; ++r)
                    for (Index l = 0; l < used; l += 2)
                        add(r, l, (first + l) / 2 + 1, values + (row + r) * d, errors + (row + r) * d);
            });
        }
        // From the root of the sum of squares about the mean to the standard error of the mean.
        const double pairs = static_cast<double>(n_orders) / 2;
        for (Index i = 0; i < n_rows * d; ++i) errors[i] /= std::sqrt(pairs * (pairs - 1));
    }

private:
    // The factors of a component in the orders at hand, their diagonal inverted, and all else by place in the order.
    void factor(Index k) {
        const Index d = mixture_.d;
        double* lower = factors_.data() + k * packed_size(d) * kGroup;
        const auto at = [lower](Index i, Index j) { return lower + (packed_size(i) + j) * kGroup; };
        Vector<double> logs{};
        for (Index j = 0; j < d; ++j) {
            for_column_blocks(d - j, [&]<int Count>(Index below) {
                const Index first = j + below;
                Vector<double> sums[Count];
                for (int i = 0; i < Count; ++i) sums[i] = correlations(k, first + i, j);
                for (Index m = 0; m < j; ++m) {
                    const Vector<double> other = load(at(j, m));
                    for (int i = 0; i < Count; ++i) sums[i] -= load(at(first + i, m)) * other;
                }
                for (int i = 0; i < Count; ++i) store<double>(at(first + i, j), sums[i]);
            });
            const Vector<double> inverse = 1.0 / square_root(maximum(load(at(j, j)), broadcast(kLeastPivot)));
            store<double>(at(j, j), inverse);
            for (Index i = j + 1; i < d; ++i) store<double>(at(i, j), load(at(i, j)) * inverse);
            const Index place = (k * d + j) * kGroup;
            store<double>(&means_[place], gather(mixture_.means + k * d, j));
            store<double>(&inverses_[place], 1.0 / gather(&standard_.deviations[k * d], j));
            logs += gather(&standard_.log_deviations[k * d], j) - log_from_one<double>(inverse);
            store<double>(&constants_[place], mixture_.log_constants[k * (d + 1) + j + 1] - logs);
        }
    }

    Vector<double> gather(const double* from, Index place) const {
        Vector<double> v{};
        for (Index l = 0; l < kGroup; ++l) v[l] = from[columns_[place * kGroup + l]];
        return v;
    }

    Vector<double> correlations(Index k, Index i, Index j) const {
        const double* from = &standard_.correlations[k * mixture_.d * mixture_.d];
        Vector<double> v{};
        for (Index l = 0; l < kGroup; ++l)
            v[l] = from[columns_[i * kGroup + l] * mixture_.d + columns_[j * kGroup + l]];
        return v;
    }

    // What each column of some rows adds to the surprise at those before it in each order: values_, by place.
    template <int Count>
    void surprise(const double* rows) {
        const Index d = mixture_.d;
        for (Index i = 0; i < d; ++i)
            for (int r = 0; r < Count; ++r) store<double>(value(i, r), gather(rows + r * d, i));
        for (Index k = 0; k < mixture_.count; ++k) densities<Count>(k);
        for (int r = 0; r < Count; ++r) {
            Vector<double> before{};
            for (Index i = 0; i < d; ++i) {
                const double* densities = densities_.data() + (i * kBlock + r) * kGroup;
                const Vector<double> surprise = -log_sum(densities, mixture_.count, d * kBlock * kGroup);
                store<double>(value(i, r), surprise - before);
                before = surprise;
            }
        }
    }

    template <int Count>
    void densities(Index k) {
        const Index d = mixture_.d;
        Vector<double> distances[Count] = {};
        for (Index i = 0; i < d; ++i) {
            const double* factor = factors_.data() + (k * packed_size(d) + packed_size(i)) * kGroup;
            const Index place = (k * d + i) * kGroup;
            const Vector<double> mean = load(&means_[place]), inverse = load(&inverses_[place]);
            Vector<double> z[Count];
            for (int r = 0; r < Count; ++r) z[r] = within_reach((load(value(i, r)) - mean) * inverse);
            for (Index m = 0; m < i; ++m) {
                const Vector<double> l = load(factor + m * kGroup);
                for (int r = 0; r < Count; ++r) z[r] -= l * load(&whitened_[(m * kBlock + r) * kGroup]);
            }
            const Vector<double> diagonal = load(factor + i * kGroup), constant = load(&constants_[place]);
            for (int r = 0; r < Count; ++r) {
                z[r] *= diagonal;
                store<double>(&whitened_[(i * kBlock + r) * kGroup], z[r]);
                distances[r] += z[r] * z[r];
                store<double>(&densities_[((k * d + i) * kBlock + r) * kGroup],
                              radial_density(constant, mixture_.degrees_of(k), i + 1, distances[r]));
            }
        }
    }

    double* value(Index place, int r) { return &values_[(place * kBlock + r) * kGroup]; }

    // Takes the pair of orders in lanes l and l + 1, number `count`, into the means of a row, and into the roots of the
    // sums of squares about them (Welford 1962).
    void add(int r, Index l, Index count, double* means, double* roots) {
        const Index d = mixture_.d;
        for (Index i = 0; i < d; ++i) {
            shares_[columns_[i * kGroup + l]] = value(i, r)[l];
            shares_[d + columns_[i * kGroup + l + 1]] = value(i, r)[l + 1];
        }
        const double part = 1 / static_cast<double>(count), root = std::sqrt(1 - part);
        for (Index j = 0; j < d; ++j) {
            const double difference = (shares_[j] + shares_[d + j]) / 2 - means[j];
            means[j] += difference * part;
            roots[j] = std::hypot(roots[j], difference * root);
        }
    }

    Mixture mixture_;
    Standard standard_;
    Buffer<double> factors_, means_, inverses_, constants_;  // of the components, for each order
    Buffer<Index> columns_;                                  // the orders
    Buffer<double> values_, whitened_, densities_;           // of the rows, for each order
    Buffer<double> shares_;                                  // of a row, in each order of a pair
};

}  // namespace mixtura::shapley
