// How far a row reaches beyond a table: each value, and each value given the others of its row, on its tail.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "tile.hpp"

namespace mixtura::ensemble {

// What each value differs by from what a ridge regression on the others expects. With rows y, centred and scaled, and
// the shrunken precision matrix a multiple of I - V V', it is (y - V V' y) over the diagonal of I - V V'.
struct Regression {
    Index rank;
    double limit;         // values are clipped at this before
    const double* shift;  // y = (value in units - shift) / spread
    const double* spread;
    const double* loadings;  // V, column after column of the table: rank numbers each
    const double* remaining;
};

// Tails of the two sides of each view, above and below its centre: first those of the columns, then those of residuals.
struct Tails {
    const double* centers;  // of residuals; values in units have theirs at zero
    const double* starts;   // side by side: those above first
    const double* scales;
    const double* shapes;
    const double* nats;
};

inline constexpr int kRowsTogether = 16;

// Values in units are held within this, so that nats stay finite.
inline constexpr double kFarthest = 1e200;

// Rows in units, some at a time, and their residuals. Values that are missing are first put where the others expect
// them, by coordinate descent, and have no residual.
template <class T>
class ResidualRows {
public:
    ResidualRows(const Table<T>& table, const double* center, const double* scale, const Regression& regression)
        : values(table.n_columns * kRowsTogether),
          residuals(table.n_columns * kRowsTogether),
          table_(table),
          center_(center),
          scale_(scale),
          regression_(regression),
          d_(table.n_columns),
          products_(regression.rank * kRowsTogether) {}

    void read(Index first) {
        n_rows = static_cast<int>(std::min<Index>(kRowsTogether, table_.n_rows - first));
        bool missing[kRowsTogether] = {};
        for (Index j = 0; j < d_; ++j) {
            const T* from = table_.values + first * table_.row_stride + j * table_.column_stride;
            double* value = values.data() + j * kRowsTogether;
            double* y = residuals.data() + j * kRowsTogether;
            for (int r = 0; r < kRowsTogether; ++r) {
                const double x =
                    r < n_rows ? (static_cast<double>(from[r * table_.row_stride]) - center_[j]) * scale_[j] : 0.0;
                const double limit = regression_.limit;
                value[r] = x == x ? std::min(std::max(x, -kFarthest), kFarthest) : x;
                y[r] = x == x ? (std::min(std::max(x, -limit), limit) - regression_.shift[j]) / regression_.spread[j]
                              : 0.0;
                missing[r] |= x != x;
            }
        }
        project();
        for (int r = 0; r < n_rows; ++r)
            if (missing[r]) fill(r);
        for (Index j = 0; j < d_; ++j) {
            const double* loading = regression_.loadings + j * regression_.rank;
            double expected[kRowsTogether] = {};
            for (Index k = 0; k < regression_.rank; ++k) {
                const double* product = products_.data() + k * kRowsTogether;
                for (int r = 0; r < kRowsTogether; ++r) expected[r] += loading[k] * product[r];
            }
            double* y = residuals.data() + j * kRowsTogether;
            const double* value = values.data() + j * kRowsTogether;
            for (int r = 0; r < kRowsTogether; ++r)
                y[r] = value[r] == value[r] ? (y[r] - expected[r]) / regression_.remaining[j] : value[r];
        }
    }

    int n_rows = 0;
    std::vector<double> values;     // in units, column after column
    std::vector<double> residuals;  // of the same shape

private:
    void project() {
        std::fill(products_.begin(), products_.end(), 0.0);
        for (Index j = 0; j < d_; ++j) {
            const double* y = residuals.data() + j * kRowsTogether;
            const double* loading = regression_.loadings + j * regression_.rank;
            for (Index k = 0; k < regression_.rank; ++k) {
                double* product = products_.data() + k * kRowsTogether;
                for (int r = 0; r < kRowsTogether; ++r) product[r] += loading[k] * y[r];
            }
        }
    }

    // One missing value is exact after a sweep; several approach what the others expect of them together.
    void fill(int r) {
        constexpr int kSweeps = 20;
        constexpr double kSmall = 1e-6;
        for (int sweep = 0; sweep < kSweeps; ++sweep) {
            double largest = 0;
            int count = 0;
            for (Index j = 0; j < d_; ++j) {
                const double value = values[j * kRowsTogether + r];
                if (value == value) continue;
                ++count;
                const double* loading = regression_.loadings + j * regression_.rank;
                double& y = residuals[j * kRowsTogether + r];
                double expected = 0;
                for (Index k = 0; k < regression_.rank; ++k) expected += loading[k] * products_[k * kRowsTogether + r];
                const double step = -(y - expected) / regression_.remaining[j];
                y += step;
                for (Index k = 0; k < regression_.rank; ++k) products_[k * kRowsTogether + r] += loading[k] * step;
                largest = std::max(largest, std::abs(step));
            }
            if (count < 2 || largest < kSmall) break;
        }
    }

    Table<T> table_;
    const double* center_;
    const double* scale_;
    Regression regression_;
    Index d_;
    std::vector<double> products_;
};

// Residuals of each value of each row, row after row.
template <class T>
void write_residuals(const Table<T>& table, const double* center, const double* scale, const Regression& regression,
                     double* out) {
    ResidualRows<T> rows(table, center, scale, regression);
    for (Index first = 0; first < table.n_rows; first += kRowsTogether) {
        rows.read(first);
        for (int r = 0; r < rows.n_rows; ++r)
            for (Index j = 0; j < table.n_columns; ++j)
                out[(first + r) * table.n_columns + j] = rows.residuals[j * kRowsTogether + r];
    }
}

// The nats of the value of a view, where it lies in a tail; a generalised Pareto distribution beyond the start.
inline double nats_of(double value, Index side, const Tails& tails) {
    const double distance = std::abs(value) - tails.starts[side];
    if (!(distance >= 0)) return 0;
    const double shape = tails.shapes[side];
    return tails.nats[side] + std::log1p(shape * distance / tails.scales[side]) / shape;
}

// The most nats of any view of each row, 0 where none lies in a tail.
template <class T>
void write_extremes(const Table<T>& table, const double* center, const double* scale, const Regression& regression,
                    const Tails& tails, double* out) {
    const Index d = table.n_columns;
    ResidualRows<T> rows(table, center, scale, regression);
    for (Index first = 0; first < table.n_rows; first += kRowsTogether) {
        rows.read(first);
        double* most = out + first;
        std::fill(most, most + rows.n_rows, 0.0);
        for (Index j = 0; j < d; ++j) {
            const double* value = rows.values.data() + j * kRowsTogether;
            const double* residual = rows.residuals.data() + j * kRowsTogether;
            for (int r = 0; r < rows.n_rows; ++r) {
                const double apart = residual[r] - tails.centers[j];
                // The sides of view v lie at v, above, and at 2 d + v, below.
                const double own = nats_of(value[r], value[r] > 0 ? j : 2 * d + j, tails);
                const double given = nats_of(apart, apart > 0 ? d + j : 3 * d + j, tails);
                most[r] = std::max(most[r], std::max(own, given));
            }
        }
    }
}

}  // namespace mixtura::ensemble
