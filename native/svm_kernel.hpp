// The kernels of support vector machines, and their sums over support vectors for rows of a table.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "simd.hpp"
#include "tile.hpp"

namespace mixtura::svm {

using Doubles = Vector<double>;

// A kernel is a sum over the columns of two rows, and a function of the sum. The sum has the same bits when the rows
// trade places, so that the matrix is symmetric.
struct RbfKernel {
    double gamma;
    static Doubles add(Doubles sum, Doubles x, double y) {
        const Doubles difference = x - y;
        return sum + difference * difference;
    }
    Doubles value(Doubles sum) const { return exp_negative<double>(-gamma * sum); }
};

// What the other kernels sum: the products of two rows.
struct InnerProduct {
    static Doubles add(Doubles sum, Doubles x, double y) { return sum + x * y; }
};

struct LinearKernel : InnerProduct {
    static Doubles value(Doubles sum) { return sum; }
};

struct PolynomialKernel : InnerProduct {
    double gamma, coef0;
    int degree;
    PolynomialKernel(double gamma, double coef0, int degree) : gamma(gamma), coef0(coef0), degree(degree) {}
    Doubles value(Doubles sum) const {
        Doubles power = gamma * sum + coef0, result = broadcast(1.0);
        for (int left = degree; left > 0; left /= 2) {
            if (left % 2 == 1) result *= power;
            power *= power;
        }
        return result;
    }
};

struct SigmoidKernel : InnerProduct {
    double gamma, coef0;
    SigmoidKernel(double gamma, double coef0) : gamma(gamma), coef0(coef0) {}
    Doubles value(Doubles sum) const {
        Doubles result = gamma * sum + coef0;
        for (int l = 0; l < kLanes<double>; ++l) result[l] = std::tanh(result[l]);
        return result;
    }
};

// Rows stored in panels, each column-wise: column j of row r of a panel at j * kPanelRows + r. One panel of a few
// columns stays in the nearest cache, and reading on from panel to panel is reading straight on.
inline constexpr int kPanelVectors = 4;  // four sums hide the latency of their additions
inline constexpr Index kPanelRows = kPanelVectors * kLanes<double>;

template <class T>
inline void read_panel(const Table<T>& table, const Index* rows, Index first, double* panel) {
    const Index count = std::min(kPanelRows, table.n_rows - first);
    for (Index r = 0; r < count; ++r) {
        const T* from = table.values + (rows ? rows[first + r] : first + r) * table.row_stride;
        for (Index j = 0; j < table.n_columns; ++j)
            panel[j * kPanelRows + r] = static_cast<double>(from[j * table.column_stride]);
    }
    for (Index j = 0; j < table.n_columns; ++j)
        std::fill(panel + j * kPanelRows + count, panel + (j + 1) * kPanelRows, panel[j * kPanelRows]);
}

// Kernel of each row of a panel with one row: d multiply-adds (and as many subtractions for rbf), and the function.
template <class Kernel>
inline void kernel_values(const Kernel& kernel, const double* panel, Index d, const double* row,
                          Doubles (&values)[kPanelVectors]) {
    Doubles sums[kPanelVectors] = {};
    for (Index j = 0; j < d; ++j, panel += kPanelRows) {
#pragma GCC unroll 4
        for (int v = 0; v < kPanelVectors; ++v)
            sums[v] = Kernel::add(sums[v], load(panel + v * kLanes<double>), row[j]);
    }
#pragma GCC unroll 4
    for (int v = 0; v < kPanelVectors; ++v) values[v] = kernel.value(sums[v]);
}

inline void store_panel(const Doubles (&values)[kPanelVectors], Index count, double* to) {
    if (count >= kPanelRows) {
        for (int v = 0; v < kPanelVectors; ++v) store<double>(to + v * kLanes<double>, values[v]);
        return;
    }
    for (Index r = 0; r < count; ++r) to[r] = values[r / kLanes<double>][r % kLanes<double>];
}

struct Centers {
    const double* values;  // one row after the other
    Index count;
};

// to[r] = sum_i coefficients[i] K(row r, center i). What a row gets does not depend on its neighbours.
template <class Kernel, class T>
void kernel_sums(const Kernel& kernel, const Table<T>& table, const Centers& centers, const double* coefficients,
                 double* to) {
    const Index d = table.n_columns;
    std::vector<double> panel(d * kPanelRows);
    for (Index first = 0; first < table.n_rows; first += kPanelRows) {
        read_panel(table, nullptr, first, panel.data());
        Doubles sums[kPanelVectors] = {}, values[kPanelVectors];
        for (Index i = 0; i < centers.count; ++i) {
            kernel_values(kernel, panel.data(), d, centers.values + i * d, values);
            for (int v = 0; v < kPanelVectors; ++v) sums[v] += coefficients[i] * values[v];
        }
        store_panel(sums, table.n_rows - first, to + first);
    }
}

// to[i * n_rows + r] = K(row r, center i).
template <class Kernel, class T>
void kernel_matrix(const Kernel& kernel, const Table<T>& table, const Centers& centers, double* to) {
    const Index d = table.n_columns;
    std::vector<double> panel(d * kPanelRows);
    for (Index first = 0; first < table.n_rows; first += kPanelRows) {
        read_panel(table, nullptr, first, panel.data());
        Doubles values[kPanelVectors];
        for (Index i = 0; i < centers.count; ++i) {
            kernel_values(kernel, panel.data(), d, centers.values + i * d, values);
            store_panel(values, table.n_rows - first, to + i * table.n_rows + first);
        }
    }
}

}  // namespace mixtura::svm
