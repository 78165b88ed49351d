// Tiles of rows, stored column-wise so that a vector holds one column of consecutive rows, and the loops over them that
// all shapes share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simd.hpp"

namespace mixtura {

// Rows of a tile: 2 KB a column, so that 32 columns with their products fit in the second cache, and sums cross lanes
// once in 32 vectors of the widest kind.
template <class T>
inline constexpr int kTile = 2048 / static_cast<int>(sizeof(T));

// From one column of a tile to the next: a cache line more than the rows, or all columns would share two cache sets.
template <class T>
inline constexpr Index kStride = kTile<T> + 64 / static_cast<Index>(sizeof(T));

// Four columns by four vectors: sixteen sums and a few operands fit in 32 registers, and each load serves four
// products.
inline constexpr int kColumns = 4;
template <class T>
inline constexpr int kVectors = kVectorBytes == 64 ? 4 : 2;

// Rows that the widest loops take at once.
template <class T>
inline constexpr int kStep = kVectors<T> * kLanes<T>;

// Rows as they lie in memory, strides counted in values.
template <class T>
struct Table {
    const T* values;
    Index n_rows, n_columns, row_stride, column_stride;
    const double* weights;                  // null: every row weighs one
    const std::int32_t* columns = nullptr;  // which columns a tile holds, n_columns of them; null: all

    const T* column(Index j) const { return values + (columns ? columns[j] : j) * column_stride; }
};

template <class T>
using Buffer = std::vector<T>;

template <class T>
struct Tile {
    Index n_columns;
    int n_rows = 0;
    int begin = 0;       // log densities are computed of the rows from here on, a multiple of kStep
    int end = kTile<T>;  // loops over the rows end here, a multiple of kStep
    Buffer<T> values;    // column j of row r at j * kStride + r
    Buffer<T> weights;   // zero where the tile is filled up

    explicit Tile(Index d) : n_columns(d), values(d * kStride<T>), weights(kTile<T>) {}

    const T* column(Index j) const { return values.data() + j * kStride<T>; }

    // Turns rows into columns a strip at a time, so that the rows of a strip stay in the nearest cache.
    void read(const Table<T>& table, Index first) {
        constexpr int kStrip = 16;
        n_rows = static_cast<int>(std::min<Index>(kTile<T>, table.n_rows - first));
        for (int top = 0; top < n_rows; top += kStrip) {
            const int end = std::min(top + kStrip, n_rows);
            for (Index j = 0; j < n_columns; ++j) {
                const T* from = table.column(j) + first * table.row_stride;
                T* to = values.data() + j * kStride<T>;
                for (int r = top; r < end; ++r) to[r] = from[r * table.row_stride];
            }
        }
        for (Index j = 0; j < n_columns && n_rows < kTile<T>; ++j) {
            T* to = values.data() + j * kStride<T>;
            std::fill(to + n_rows, to + kTile<T>, to[0]);
        }
        for (int r = 0; r < n_rows; ++r) weights[r] = table.weights ? static_cast<T>(table.weights[first + r]) : T(1);
        std::fill(weights.begin() + n_rows, weights.end(), T(0));
    }

    // Loops over the rows end after those that were read, or a few behind them.
    void end_after_rows() { end = (n_rows + kStep<T> - 1) / kStep<T> * kStep<T>; }

    // Reads `count` rows that lie anywhere, at most kTile, and is filled up to the next multiple of kStep.
    void gather(const Table<T>& table, const std::int32_t* rows, int count) {
        n_rows = count;
        begin = 0;
        end_after_rows();
        for (int r = 0; r < end; ++r) {
            const Index row = rows[r < count ? r : 0];
            T* to = values.data() + r;
            for (Index j = 0; j < n_columns; ++j) to[j * kStride<T>] = table.column(j)[row * table.row_stride];
            weights[r] = r >= count ? T(0) : table.weights ? static_cast<T>(table.weights[row]) : T(1);
        }
    }
};

// Calls visit<Count>(j) for blocks of kColumns columns from the first, then for each column left. A block stays in the
// nearest cache while visit goes through the components.
template <class Visit>
inline void for_column_blocks(Index d, const Visit& visit) {
    Index j = 0;
    for (; j + kColumns <= d; j += kColumns) visit.template operator()<kColumns>(j);
    for (; j < d; ++j) visit.template operator()<1>(j);
}

// Where a loop over tile columns takes column j at row r from: stored columns, columns less their means, or those times
// responsibilities.
template <class T>
struct Columns {
    const T* from;
    Vector<T> operator()(Index j, int r) const { return load(from + j * kStride<T> + r); }
};

template <class T>
struct Centred {
    const T* from;
    const T* mean;
    Vector<T> operator()(Index j, int r) const { return load(from + j * kStride<T> + r) - mean[j]; }
};

template <class T>
struct Weighted {
    Centred<T> centred;
    const T* shares;
    Vector<T> operator()(Index j, int r) const { return load(shares + r) * centred(j, r); }
};

// Up to this many columns, centring anew wherever a column is used is cheaper than storing it centred.
inline constexpr Index kStoreAbove = 32;

template <class T, class Source>
inline void store_columns(const Source& source, Index d, T* to, int end = kTile<T>) {
    for (Index j = 0; j < d; ++j)
        for (int r = 0; r < end; r += kLanes<T>) store<T>(to + j * kStride<T> + r, source(j, r));
}

// to = a * b over a tile column; returns the sum of the products.
template <class T>
inline double multiply_column(const T* a, const T* b, T* to, int end = kTile<T>) {
    Vector<T> sums[1] = {};
    for (int r = 0; r < end; r += kLanes<T>) {
        const Vector<T> product = load(a + r) * load(b + r);
        store<T>(to + r, product);
        sums[0] += product;
    }
    double total[1];
    lane_sums<T>(sums, total);
    return total[0];
}

template <class T>
inline double sum_column(const T* a, int end = kTile<T>) {
    Vector<T> sums[1] = {};
    for (int r = 0; r < end; r += kLanes<T>) sums[0] += load(a + r);
    double total[1];
    lane_sums<T>(sums, total);
    return total[0];
}

// Adds the sums of z (x - mean) of Count columns to `to`.
template <int Count, class T>
inline void add_first(const Weighted<T>& source, Index first, double* to, int end = kTile<T>) {
    Vector<T> sums[Count] = {};
    for (int r = 0; r < end; r += kLanes<T>)
        for (int j = 0; j < Count; ++j) sums[j] += source(first + j, r);
    double totals[Count];
    lane_sums<T>(sums, totals);
    for (int j = 0; j < Count; ++j) to[first + j] += totals[j];
}

template <class T>
inline void add_first(const Weighted<T>& source, Index d, double* to, int end = kTile<T>) {
    for_column_blocks(d, [&]<int Count>(Index j) { add_first<Count>(source, j, to, end); });
}

constexpr Index packed_size(Index d) { return d * (d + 1) / 2; }

// Adds to `squares` the squared entries first .. first + Count - 1 of U^T c, for kVectors vectors of rows from r of the
// centred columns c and an upper triangular U: d (d + 1) / 2 multiply-adds a row over all columns.
template <int Count, class T, class Source>
inline void add_squared_columns(const T* upper, Index d, Index first, const Source& centred, int r,
                                Vector<T>* squares) {
    constexpr int V = kVectors<T>;
    Vector<T> sums[Count][V] = {};
    for (Index i = 0; i < first; ++i) {
        const T* row = upper + i * d + first;
        Vector<T> c[V];
        for (int v = 0; v < V; ++v) c[v] = centred(i, r + v * kLanes<T>);
        for (int j = 0; j < Count; ++j)
            for (int v = 0; v < V; ++v) sums[j][v] += row[j] * c[v];
    }
#pragma GCC unroll 4
    for (int i = 0; i < Count; ++i) {
        const T* row = upper + (first + i) * d + first;
        Vector<T> c[V];
        for (int v = 0; v < V; ++v) c[v] = centred(first + i, r + v * kLanes<T>);
        for (int j = i; j < Count; ++j)
            for (int v = 0; v < V; ++v) sums[j][v] += row[j] * c[v];
    }
    for (int j = 0; j < Count; ++j)
        for (int v = 0; v < V; ++v) squares[v] += sums[j][v] * sums[j][v];
}

// Log densities of a tile under one Gaussian: constant - |U^T c|^2 / 2.
template <class T, class Source>
inline void gaussian_densities(const T* upper, Index d, const Source& centred, T constant, T* out, int begin, int end) {
    constexpr int V = kVectors<T>;
    for (int r = begin; r < end; r += V * kLanes<T>) {
        Vector<T> squares[V] = {};
        Index j = 0;
        for (; j + kColumns <= d; j += kColumns) add_squared_columns<kColumns>(upper, d, j, centred, r, squares);
        switch (d - j) {
            case 1: add_squared_columns<1>(upper, d, j, centred, r, squares); break;
            case 2: add_squared_columns<2>(upper, d, j, centred, r, squares); break;
            case 3: add_squared_columns<3>(upper, d, j, centred, r, squares); break;
            default: break;
        }
        for (int v = 0; v < V; ++v) store<T>(out + r + v * kLanes<T>, constant - T(0.5) * squares[v]);
    }
}

// to = U^T c, column-wise, for an upper triangular U: d (d + 1) / 2 multiply-adds a row.
template <class T, class Source>
inline void multiply_upper(const T* upper, Index d, const Source& centred, T* to, int end = kTile<T>) {
    for_column_blocks(d, [&]<int Count>(Index first) {
        for (int r = 0; r < end; r += kLanes<T>) {
            Vector<T> sums[Count] = {};
            for (Index i = 0; i < first; ++i) {
                const Vector<T> c = centred(i, r);
                for (int j = 0; j < Count; ++j) sums[j] += upper[i * d + first + j] * c;
            }
            for (int i = 0; i < Count; ++i) {
                const Vector<T> c = centred(first + i, r);
                for (int j = i; j < Count; ++j) sums[j] += upper[(first + i) * d + first + j] * c;
            }
            for (int j = 0; j < Count; ++j) store<T>(to + (first + j) * kStride<T> + r, sums[j]);
        }
    });
}

// Adds to the packed lower triangle `to` the sums over a tile of left_j right_i, i <= j.
template <int Count, bool Diagonal, class T, class Left, class Right>
inline void add_products(const Left& left, const Right& right, Index j0, Index i0, double* to, int end) {
    constexpr int Width = Diagonal ? Count : kColumns;
    Vector<T> sums[Count * Width] = {};
    for (int r = 0; r < end; r += kLanes<T>) {
        Vector<T> y[Width];
        for (int i = 0; i < Width; ++i) y[i] = right(i0 + i, r);
        for (int j = 0; j < Count; ++j) {
            const Vector<T> x = left(j0 + j, r);
            for (int i = 0; i < (Diagonal ? j + 1 : Width); ++i) sums[j * Width + i] += x * y[i];
        }
    }
    double totals[Count * Width];
    lane_sums<T>(sums, totals);
    for (int j = 0; j < Count; ++j) {
        double* row = to + packed_size(j0 + j) + i0;
        for (int i = 0; i < (Diagonal ? j + 1 : Width); ++i) row[i] += totals[j * Width + i];
    }
}

// All of them for d columns: d (d + 1) / 2 multiply-adds a row.
template <class T, class Left, class Right>
inline void add_products(const Left& left, const Right& right, Index d, double* to, int end = kTile<T>) {
    const auto rows = [&]<int Count>(Index j) {
        for (Index i = 0; i < j; i += kColumns) add_products<Count, false, T>(left, right, j, i, to, end);
        add_products<Count, true, T>(left, right, j, j, to, end);
    };
    for (Index j = 0; j < d; j += kColumns) switch (std::min<Index>(kColumns, d - j)) {
            case 1: rows.template operator()<1>(j); break;
            case 2: rows.template operator()<2>(j); break;
            case 3: rows.template operator()<3>(j); break;
            default: rows.template operator()<4>(j);
        }
}

}  // namespace mixtura
