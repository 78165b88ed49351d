// Passes over the rows of a table under a Gaussian mixture, for the four covariance shapes: `accumulate` returns the
// moments that the next mixture is computed from, `score` returns densities, responsibilities or labels.
//
// Rows are taken kTile at a time into a column-wise scratch tile, so that a vector holds one column of consecutive rows;
// every row goes through the same instructions whatever its place, the last tile being filled up with copies of a row.
// Scratch memory depends on the number of columns and components alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "simd.hpp"

namespace mixtura {

using Index = std::ptrdiff_t;

// Rows of a tile: 2 KB a column, so that 32 columns with their products fit in the second cache, and sums cross lanes
// once in 32 vectors of the widest kind.
template <class T>
inline constexpr int kTile = 2048 / static_cast<int>(sizeof(T));

// From one column of a tile to the next: a cache line more than the rows, or all columns would share two cache sets.
template <class T>
inline constexpr Index kStride = kTile<T> + 64 / static_cast<Index>(sizeof(T));

// Rows as they lie in memory, strides counted in values.
template <class T>
struct Table {
    const T* values;
    Index n_rows, n_columns, row_stride, column_stride;
    const double* weights;  // null: every row weighs one
};

// factors is what a shape needs beside means: see the shapes.
template <class T>
struct Components {
    Index count;
    const double* log_constants;  // log weight + log |precision factor| - (d / 2) log 2 pi, for each component
    const T* means;
    const T* factors;
};

// What a pass adds to; the layout of first and second is the shape's.
struct Totals {
    double* counts;
    double* first;
    double* second;
};

template <class T>
using Buffer = std::vector<T>;

template <class T>
struct Tile {
    Index n_columns;
    int n_rows = 0;
    Buffer<T> values;   // column j of row r at j * kStride + r
    Buffer<T> weights;  // zero where the tile is filled up

    explicit Tile(Index d) : n_columns(d), values(d * kStride<T>), weights(kTile<T>) {}

    const T* column(Index j) const { return values.data() + j * kStride<T>; }

    // Turns rows into columns a strip at a time, so that the rows of a strip stay in the nearest cache.
    void read(const Table<T>& table, Index first) {
        constexpr int kStrip = 16;
        n_rows = static_cast<int>(std::min<Index>(kTile<T>, table.n_rows - first));
        const T* source = table.values + first * table.row_stride;
        for (int top = 0; top < n_rows; top += kStrip) {
            const int end = std::min(top + kStrip, n_rows);
            for (Index j = 0; j < n_columns; ++j) {
                const T* from = source + j * table.column_stride;
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
};

// Four columns by four vectors: sixteen sums and a few operands fit in 32 registers, and each load serves four products.
inline constexpr int kColumns = 4;
template <class T>
inline constexpr int kVectors = kVectorBytes == 64 ? 4 : 2;

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
inline void store_columns(const Source& source, Index d, T* to) {
    for (Index j = 0; j < d; ++j)
        for (int r = 0; r < kTile<T>; r += kLanes<T>) store<T>(to + j * kStride<T> + r, source(j, r));
}

// to = a * b over a tile column; returns the sum of the products.
template <class T>
inline double multiply_column(const T* a, const T* b, T* to) {
    Vector<T> sums[1] = {};
    for (int r = 0; r < kTile<T>; r += kLanes<T>) {
        const Vector<T> product = load(a + r) * load(b + r);
        store<T>(to + r, product);
        sums[0] += product;
    }
    double total[1];
    lane_sums<T>(sums, total);
    return total[0];
}

template <class T>
inline double sum_column(const T* a) {
    Vector<T> sums[1] = {};
    for (int r = 0; r < kTile<T>; r += kLanes<T>) sums[0] += load(a + r);
    double total[1];
    lane_sums<T>(sums, total);
    return total[0];
}

// Adds the sums of z (x - mean) of Count columns to `to`.
template <int Count, class T>
inline void add_first(const Weighted<T>& source, Index first, double* to) {
    Vector<T> sums[Count] = {};
    for (int r = 0; r < kTile<T>; r += kLanes<T>)
        for (int j = 0; j < Count; ++j) sums[j] += source(first + j, r);
    double totals[Count];
    lane_sums<T>(sums, totals);
    for (int j = 0; j < Count; ++j) to[first + j] += totals[j];
}

template <class T>
inline void add_first(const Weighted<T>& source, Index d, double* to) {
    Index j = 0;
    for (; j + kColumns <= d; j += kColumns) add_first<kColumns>(source, j, to);
    for (; j < d; ++j) add_first<1>(source, j, to);
}

inline constexpr Index packed_size(Index d) { return d * (d + 1) / 2; }

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
inline void gaussian_densities(const T* upper, Index d, const Source& centred, T constant, T* out) {
    constexpr int V = kVectors<T>;
    for (int r = 0; r < kTile<T>; r += V * kLanes<T>) {
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

// The same entries of U^T c, stored.
template <class T>
inline void multiply_upper(const T* upper, Index d, const T* centred, T* to) {
    for (Index j = 0; j < d; ++j) {
        T* out = to + j * kStride<T>;
        for (int r = 0; r < kTile<T>; r += kLanes<T>) {
            Vector<T> sum{};
            for (Index i = 0; i <= j; ++i) sum += upper[i * d + j] * load(centred + i * kStride<T> + r);
            store<T>(out + r, sum);
        }
    }
}

// Adds to the packed lower triangle `to` the sums over a tile of left_j right_i, i <= j.
template <int Count, bool Diagonal, class T, class Left, class Right>
inline void add_products(const Left& left, const Right& right, Index j0, Index i0, double* to) {
    constexpr int Width = Diagonal ? Count : kColumns;
    Vector<T> sums[Count * Width] = {};
    for (int r = 0; r < kTile<T>; r += kLanes<T>) {
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
inline void add_products(const Left& left, const Right& right, Index d, double* to) {
    const auto rows = [&]<int Count>(Index j) {
        for (Index i = 0; i < j; i += kColumns) add_products<Count, false, T>(left, right, j, i, to);
        add_products<Count, true, T>(left, right, j, j, to);
    };
    for (Index j = 0; j < d; j += kColumns) switch (std::min<Index>(kColumns, d - j)) {
            case 1: rows.template operator()<1>(j); break;
            case 2: rows.template operator()<2>(j); break;
            case 3: rows.template operator()<3>(j); break;
            default: rows.template operator()<4>(j);
        }
}

// Each shape computes log densities of a tile, weights included, into `out` (component k of row r at k * kStride + r),
// and adds a tile's share to the totals, given the weighted responsibilities in the same layout.

// factors: K upper triangular matrices U_k with U_k U_k^T = precision_k.
// first: sums of z (x - mu), K x d; second: of z (x - mu)(x - mu)^T, K packed lower triangles.
template <class T>
class Full {
public:
    Full(const Components<T>& components, Index d)
        : components_(components), d_(d), centred_(d * kStride<T>), weighted_(d * kStride<T>) {}

    static Index factors_size(Index count, Index d) { return count * d * d; }
    static Index second_size(Index count, Index d) { return count * packed_size(d); }

    void log_densities(const Tile<T>& tile, T* out) {
        for (Index k = 0; k < components_.count; ++k) {
            const Centred<T> centred{tile.values.data(), components_.means + k * d_};
            const T* upper = components_.factors + k * d_ * d_;
            const T constant = static_cast<T>(components_.log_constants[k]);
            if (d_ <= kStoreAbove) {
                gaussian_densities(upper, d_, centred, constant, out + k * kStride<T>);
            } else {
                store_columns(centred, d_, centred_.data());
                gaussian_densities(upper, d_, Columns<T>{centred_.data()}, constant, out + k * kStride<T>);
            }
        }
    }

    void add(const Tile<T>& tile, const T* responsibilities, const Totals& totals) {
        for (Index k = 0; k < components_.count; ++k) {
            const Centred<T> centred{tile.values.data(), components_.means + k * d_};
            const Weighted<T> weighted{centred, responsibilities + k * kStride<T>};
            double* second = totals.second + k * packed_size(d_);
            totals.counts[k] += sum_column(weighted.shares);
            add_first(weighted, d_, totals.first + k * d_);
            if (d_ <= kStoreAbove) {
                add_products<T>(weighted, centred, d_, second);
            } else {
                store_columns(centred, d_, centred_.data());
                store_columns(weighted, d_, weighted_.data());
                add_products<T>(Columns<T>{weighted_.data()}, Columns<T>{centred_.data()}, d_, second);
            }
        }
    }

private:
    Components<T> components_;
    Index d_;
    Buffer<T> centred_, weighted_;
};

// factors: one upper triangular U with U U^T = precision, then the centre c0 of all rows (d), then U^T (mu_k - c0), K x d.
// first: sums of z (y - m) with y = U^T (x - c0) and m = U^T (mu - c0), K x d; second: the pooled scatter, the sum over
// rows and components of z (y - m)(y - m)^T, one packed lower triangle.
//
// With e = y - sum_k z_k m_k the scatter of a row is  e e^T + sum_{k<l} z_k z_l (m_k - m_l)(m_k - m_l)^T,  so only e e^T
// and the K (K - 1) / 2 products of responsibilities are summed over rows, and nothing large is ever subtracted.
template <class T>
class Tied {
public:
    Tied(const Components<T>& components, Index d)
        : components_(components),
          d_(d),
          centre_(components.factors + d * d),
          means_(centre_ + d),
          centred_(d * kStride<T>),
          whitened_(d * kStride<T>),
          shares_(components.count * kStride<T>),
          pairs_(packed_size(components.count)) {}

    static Index factors_size(Index count, Index d) { return d * d + d + count * d; }
    static Index second_size(Index, Index d) { return packed_size(d); }

    void log_densities(const Tile<T>& tile, T* out) {
        store_columns(Centred<T>{tile.values.data(), centre_}, d_, centred_.data());
        multiply_upper(components_.factors, d_, centred_.data(), whitened_.data());
        constexpr int V = kVectors<T>;
        for (Index k = 0; k < components_.count; ++k) {
            const T* m = means_ + k * d_;
            const T constant = static_cast<T>(components_.log_constants[k]);
            for (int r = 0; r < kTile<T>; r += V * kLanes<T>) {
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> e = load(whitened_.data() + j * kStride<T> + r + v * kLanes<T>) - m[j];
                        squares[v] += e * e;
                    }
                for (int v = 0; v < V; ++v)
                    store<T>(out + k * kStride<T> + r + v * kLanes<T>, constant - T(0.5) * squares[v]);
            }
        }
    }

    void add(const Tile<T>& tile, const T* responsibilities, const Totals& totals) {
        const Index count = components_.count;
        drop_unclaimed(tile);
        for (Index k = 0; k < count; ++k) {
            const T* z = responsibilities + k * kStride<T>;
            totals.counts[k] += sum_column(z);
            add_first(Weighted<T>{{whitened_.data(), means_ + k * d_}, z}, d_, totals.first + k * d_);
        }
        unweigh(tile, responsibilities);
        for (Index j = 0; j < d_; ++j) {
            for (int r = 0; r < kTile<T>; r += kLanes<T>) {
                Vector<T> e = load(whitened_.data() + j * kStride<T> + r);
                for (Index k = 0; k < count; ++k) e -= means_[k * d_ + j] * load(shares_.data() + k * kStride<T> + r);
                store<T>(whitened_.data() + j * kStride<T> + r, e);
                store<T>(centred_.data() + j * kStride<T> + r, e * load(tile.weights.data() + r));
            }
        }
        add_products<T>(Columns<T>{centred_.data()}, Columns<T>{whitened_.data()}, d_, totals.second);
        add_products<T>(Columns<T>{responsibilities}, Columns<T>{shares_.data()}, count, pairs_.data());
    }

    void finish(const Totals& totals) {
        for (Index k = 1; k < components_.count; ++k)
            for (Index l = 0; l < k; ++l) {
                const double share = pairs_[packed_size(k) + l];
                const T* a = means_ + k * d_;
                const T* b = means_ + l * d_;
                double* to = totals.second;
                for (Index j = 0; j < d_; ++j) {
                    const double difference = share * (double(a[j]) - double(b[j]));
                    for (Index i = 0; i <= j; ++i) *to++ += difference * (double(a[i]) - double(b[i]));
                }
            }
    }

private:
    // A row that belongs to no component may be so far away that its coordinates overflow: it is put at the centre.
    void drop_unclaimed(const Tile<T>& tile) {
        for (Index j = 0; j < d_; ++j)
            for (int r = 0; r < kTile<T>; r += kLanes<T>) {
                T* y = whitened_.data() + j * kStride<T> + r;
                store<T>(y, load(tile.weights.data() + r) > T(0) ? load(y) : Vector<T>{});
            }
    }

    // Responsibilities without the row's weight; a row of weight zero adds nothing, whatever its shares.
    void unweigh(const Tile<T>& tile, const T* responsibilities) {
        Buffer<T> inverse(kTile<T>);
        for (int r = 0; r < kTile<T>; ++r) inverse[r] = tile.weights[r] > 0 ? T(1) / tile.weights[r] : T(0);
        for (Index k = 0; k < components_.count; ++k)
            for (int r = 0; r < kTile<T>; r += kLanes<T>)
                store<T>(shares_.data() + k * kStride<T> + r,
                         load(responsibilities + k * kStride<T> + r) * load(inverse.data() + r));
    }

    Components<T> components_;
    Index d_;
    const T* centre_;
    const T* means_;
    Buffer<T> centred_, whitened_, shares_;
    std::vector<double> pairs_;
};

// factors: 1 / standard deviation, K x d. first: sums of z (x - mu); second: of z (x - mu)^2, both K x d.
template <class T>
class Diagonal {
public:
    Diagonal(const Components<T>& components, Index d) : components_(components), d_(d) {}

    static Index factors_size(Index count, Index d) { return count * d; }
    static Index second_size(Index count, Index d) { return count * d; }

    void log_densities(const Tile<T>& tile, T* out) {
        constexpr int V = kVectors<T>;
        for (Index k = 0; k < components_.count; ++k) {
            const T* mean = components_.means + k * d_;
            const T* factor = components_.factors + k * d_;
            const T constant = static_cast<T>(components_.log_constants[k]);
            for (int r = 0; r < kTile<T>; r += V * kLanes<T>) {
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> y = (load(tile.column(j) + r + v * kLanes<T>) - mean[j]) * factor[j];
                        squares[v] += y * y;
                    }
                for (int v = 0; v < V; ++v)
                    store<T>(out + k * kStride<T> + r + v * kLanes<T>, constant - T(0.5) * squares[v]);
            }
        }
    }

    void add(const Tile<T>& tile, const T* responsibilities, const Totals& totals) {
        for (Index k = 0; k < components_.count; ++k) {
            totals.counts[k] += sum_column(responsibilities + k * kStride<T>);
            Index j = 0;
            for (; j + kColumns <= d_; j += kColumns) add_columns<kColumns>(tile, responsibilities, k, j, totals);
            for (; j < d_; ++j) add_columns<1>(tile, responsibilities, k, j, totals);
        }
    }

private:
    template <int Count>
    void add_columns(const Tile<T>& tile, const T* responsibilities, Index k, Index first, const Totals& totals) {
        const T* z = responsibilities + k * kStride<T>;
        const T* mean = components_.means + k * d_ + first;
        Vector<T> sums[2 * Count] = {};
        for (int r = 0; r < kTile<T>; r += kLanes<T>) {
            const Vector<T> share = load(z + r);
            for (int j = 0; j < Count; ++j) {
                const Vector<T> c = load(tile.column(first + j) + r) - mean[j];
                const Vector<T> weighted = share * c;
                sums[j] += weighted;
                sums[Count + j] += weighted * c;
            }
        }
        double total[2 * Count];
        lane_sums<T>(sums, total);
        for (int j = 0; j < Count; ++j) {
            totals.first[k * d_ + first + j] += total[j];
            totals.second[k * d_ + first + j] += total[Count + j];
        }
    }

    Components<T> components_;
    Index d_;
};

// factors: 1 / standard deviation, K. first: sums of z (x - mu), K x d; second: of z |x - mu|^2, K.
template <class T>
class Spherical {
public:
    Spherical(const Components<T>& components, Index d) : components_(components), d_(d) {}

    static Index factors_size(Index count, Index) { return count; }
    static Index second_size(Index count, Index) { return count; }

    void log_densities(const Tile<T>& tile, T* out) {
        constexpr int V = kVectors<T>;
        for (Index k = 0; k < components_.count; ++k) {
            const T* mean = components_.means + k * d_;
            const T half_precision = T(0.5) * components_.factors[k] * components_.factors[k];
            const T constant = static_cast<T>(components_.log_constants[k]);
            for (int r = 0; r < kTile<T>; r += V * kLanes<T>) {
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> c = load(tile.column(j) + r + v * kLanes<T>) - mean[j];
                        squares[v] += c * c;
                    }
                for (int v = 0; v < V; ++v)
                    store<T>(out + k * kStride<T> + r + v * kLanes<T>, constant - half_precision * squares[v]);
            }
        }
    }

    void add(const Tile<T>& tile, const T* responsibilities, const Totals& totals) {
        for (Index k = 0; k < components_.count; ++k) {
            totals.counts[k] += sum_column(responsibilities + k * kStride<T>);
            Index j = 0;
            for (; j + kColumns <= d_; j += kColumns) add_columns<kColumns>(tile, responsibilities, k, j, totals);
            for (; j < d_; ++j) add_columns<1>(tile, responsibilities, k, j, totals);
        }
    }

private:
    template <int Count>
    void add_columns(const Tile<T>& tile, const T* responsibilities, Index k, Index first, const Totals& totals) {
        const T* z = responsibilities + k * kStride<T>;
        const T* mean = components_.means + k * d_ + first;
        Vector<T> sums[Count + 1] = {};
        for (int r = 0; r < kTile<T>; r += kLanes<T>) {
            const Vector<T> share = load(z + r);
            Vector<T> squares{};
            for (int j = 0; j < Count; ++j) {
                const Vector<T> c = load(tile.column(first + j) + r) - mean[j];
                const Vector<T> weighted = share * c;  // first, so that a far row of no share adds zero
                sums[j] += weighted;
                squares += weighted * c;
            }
            sums[Count] += squares;
        }
        double total[Count + 1];
        lane_sums<T>(sums, total);
        for (int j = 0; j < Count; ++j) totals.first[k * d_ + first + j] += total[j];
        totals.second[k] += total[Count];
    }

    Components<T> components_;
    Index d_;
};

// Turns the log densities of a tile's components into weighted responsibilities, and writes each row's log density. A row
// so far away that every density is zero belongs to no component: its responsibilities, and its weight, become zero.
template <class T>
inline void normalise(T* densities, Index count, T* weights, T* log_density) {
    for (int r = 0; r < kTile<T>; r += kLanes<T>) {
        Vector<T> top = broadcast<T>(Simd<T>::kLowest);  // a NaN from an overflow compares false and never becomes it
        for (Index k = 0; k < count; ++k) top = maximum(load(densities + k * kStride<T> + r), top);
        Vector<T> sum{};
        for (Index k = 0; k < count; ++k) {
            const Vector<T> e = exp_negative<T>(load(densities + k * kStride<T> + r) - top);
            store<T>(densities + k * kStride<T> + r, e);
            sum += e;
        }
        const Vector<T> safe = maximum(sum, broadcast<T>(T(1)));
        const Vector<T> weight = sum > T(0) ? load(weights + r) : Vector<T>{};
        const Vector<T> scale = weight / safe;
        store<T>(weights + r, weight);
        for (Index k = 0; k < count; ++k)
            store<T>(densities + k * kStride<T> + r, load(densities + k * kStride<T> + r) * scale);
        store<T>(log_density + r, top + log_from_one<T>(safe));
    }
}

// One EM pass: adds the moments of the rows to `totals`, returns the weighted sum of their log densities.
template <template <class> class Shape, class T>
double accumulate(const Table<T>& table, const Components<T>& components, const Totals& totals) {
    Tile<T> tile(table.n_columns);
    Shape<T> shape(components, table.n_columns);
    Buffer<T> densities(components.count * kStride<T>), log_density(kTile<T>), weights(kTile<T>);
    double log_likelihood = 0;
    for (Index first = 0; first < table.n_rows; first += kTile<T>) {
        tile.read(table, first);
        shape.log_densities(tile, densities.data());
        std::copy(tile.weights.begin(), tile.weights.end(), weights.begin());
        normalise(densities.data(), components.count, tile.weights.data(), log_density.data());
        log_likelihood += multiply_column(log_density.data(), weights.data(), log_density.data());
        shape.add(tile, densities.data(), totals);
    }
    if constexpr (requires { shape.finish(totals); }) shape.finish(totals);
    return log_likelihood;
}

// Where `score` writes; a null pointer is left out.
template <class T>
struct Scores {
    T* log_density;             // n
    T* responsibilities;        // n x K
    std::int64_t* labels;       // n: the component of highest responsibility, the first of equals
};

template <class T>
inline void write_labels(const T* densities, Index count, int n_rows, std::int64_t* labels) {
    alignas(64) T label[kTile<T>];
    for (int r = 0; r < kTile<T>; r += kLanes<T>) {
        Vector<T> top = load(densities + r);
        Vector<T> best{};
        for (Index k = 1; k < count; ++k) {
            const Vector<T> density = load(densities + k * kStride<T> + r);
            best = density > top ? broadcast<T>(static_cast<T>(k)) : best;
            top = maximum(density, top);
        }
        store<T>(label + r, best);
    }
    for (int r = 0; r < n_rows; ++r) labels[r] = static_cast<std::int64_t>(label[r]);
}

template <template <class> class Shape, class T>
void score(const Table<T>& table, const Components<T>& components, const Scores<T>& scores) {
    Tile<T> tile(table.n_columns);
    Shape<T> shape(components, table.n_columns);
    const Index count = components.count;
    Buffer<T> densities(count * kStride<T>), log_density(kTile<T>);
    for (Index first = 0; first < table.n_rows; first += kTile<T>) {
        tile.read(table, first);
        shape.log_densities(tile, densities.data());
        if (scores.labels) write_labels(densities.data(), count, tile.n_rows, scores.labels + first);
        if (!scores.log_density && !scores.responsibilities) continue;
        std::fill(tile.weights.begin(), tile.weights.end(), T(1));
        normalise(densities.data(), count, tile.weights.data(), log_density.data());
        if (scores.log_density) std::copy_n(log_density.data(), tile.n_rows, scores.log_density + first);
        if (scores.responsibilities)
            for (int r = 0; r < tile.n_rows; ++r)
                for (Index k = 0; k < count; ++k)
                    scores.responsibilities[(first + r) * count + k] = densities[k * kStride<T> + r];
    }
}

}  // namespace mixtura
