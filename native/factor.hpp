// Factor-analytic covariances L L^T + diag(v), with q loadings a column: the log densities of a tile, and its share of
// the moments. A shape as those of shapes.hpp.
#pragma once

#include "shapes.hpp"

namespace mixtura::mixture {

// factors: for each component and column 1 / sqrt(v), its q loadings over sqrt(v), and its q slopes, K x d x (1 + 2q):
// what is expected of the factors for a row is f = sum over columns of slopes times x - mu. first: sums of z (x - mu),
// K x d; second: for each component and column the sums of z (x - mu)^2 and of z (x - mu) f, K x d x (1 + q).
//
// With y = (x - mu) / sqrt(v) and W the scaled loadings, the squared distance of a row is |y - W f|^2 + |f|^2. Nothing
// large is subtracted from it, and since f is where it is least, an error in f counts by its square. The factors, the
// distance and the moments take q d multiply-adds a row and component each.
template <class T>
class Factor {
public:
    Factor(const Components<T>& components, Index d)
        : components_(components),
          d_(d),
          q_(n_factors(components.count, d, components.factors_size)),
          expected_(components.count * q_ * kStride<T>) {}

    static Index n_factors(Index count, Index d, Index factors_size) {
        return count * d == 0 ? 0 : std::max<Index>((factors_size / (count * d) - 1) / 2, 0);
    }
    static Index factors_size(Index count, Index d, Index given) {
        return count * d * (1 + 2 * n_factors(count, d, given));
    }
    static Index second_size(Index count, Index d, Index given) { return count * d * (1 + n_factors(count, d, given)); }
    static constexpr bool kCorrelated = true;

    void add_given(const Given& given, double weight, double* second) const {
        for (Index a = 0; a < given.count; ++a) {
            double* to = second + given.missing[a] * (1 + q_);
            const double* row = given.covariance + a * given.count;
            to[0] += weight * row[a];
            for (Index b = 0; b < given.count; ++b) {
                const T* slopes = column(0, given.missing[b]) + 1 + q_;
                for (Index f = 0; f < q_; ++f) to[1 + f] += weight * row[b] * slopes[f];
            }
        }
    }

    void log_densities(const Tile<T>& tile, Chosen chosen, T* out) {
        constexpr int V = kVectors<T>;
        for (int r = tile.begin; r < tile.end; r += V * kLanes<T>) {
            T* to = out + r;
            for (const Index k : chosen) {
                for_factor_blocks([&]<int Count>(Index f) { expect<Count>(tile, k, f, r); });
                Vector<T> squares[V] = {};
                for_column_blocks(d_, [&]<int Count>(Index j) { add_squares<Count>(tile, k, j, r, squares); });
                for (Index f = 0; f < q_; ++f)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> e = load(expected(k, f) + r + v * kLanes<T>);
                        squares[v] += e * e;
                    }
                const T constant = static_cast<T>(components_.log_constants[k]);
                for (int v = 0; v < V; ++v) store<T>(to + v * kLanes<T>, constant - T(0.5) * squares[v]);
                to += kStride<T>;
            }
        }
    }

    void add(const Tile<T>& tile, Chosen chosen, const T* responsibilities, const Totals& totals) {
        drop_unclaimed(tile);
        for_column_blocks(d_, [&]<int Count>(Index j) {
            const T* z = responsibilities;
            for (const Index k : chosen) {
                const Weighted<T> weighted{{tile.values.data(), components_.means + k * d_}, z};
                double* second = totals.second + (k * d_ + j) * (1 + q_);
                add_first<Count>(weighted, j, totals.first + k * d_, tile.end);
                add_own<Count>(tile, weighted, j, second);
                for_factor_blocks([&]<int Width>(Index f) {
                    add_cross<Count, Width>(tile, weighted, k, j, f, second + 1 + f);
                });
                z += kStride<T>;
            }
        });
        add_counts(tile, chosen, responsibilities, totals);
    }

private:
    T* expected(Index k, Index f) { return expected_.data() + (k * q_ + f) * kStride<T>; }
    const T* column(Index k, Index j) const { return components_.factors + (k * d_ + j) * (1 + 2 * q_); }

    // A row that belongs to no component may be so far away that its factors overflow: they are put at zero.
    void drop_unclaimed(const Tile<T>& tile) {
        for (Index f = 0; f < components_.count * q_; ++f)
            for (int r = 0; r < tile.end; r += kLanes<T>) {
                T* e = expected_.data() + f * kStride<T> + r;
                store<T>(e, load(tile.weights.data() + r) > T(0) ? load(e) : Vector<T>{});
            }
    }

    // Calls visit<Count>(f) for blocks of kColumns factors from the first, then for those left.
    template <class Visit>
    void for_factor_blocks(const Visit& visit) {
        Index f = 0;
        for (; f + kColumns <= q_; f += kColumns) visit.template operator()<kColumns>(f);
        switch (q_ - f) {
            case 1: visit.template operator()<1>(f); break;
            case 2: visit.template operator()<2>(f); break;
            case 3: visit.template operator()<3>(f); break;
            default: break;
        }
    }

    // What is expected of factors f .. f + Count - 1 for kVectors vectors of rows from r.
    template <int Count>
    void expect(const Tile<T>& tile, Index k, Index f, int r) {
        constexpr int V = kVectors<T>;
        const Centred<T> centred{tile.values.data(), components_.means + k * d_};
        Vector<T> sums[Count][V] = {};
        for (Index j = 0; j < d_; ++j) {
            const T* slopes = column(k, j) + 1 + q_ + f;
            for (int v = 0; v < V; ++v) {
                const Vector<T> c = centred(j, r + v * kLanes<T>);
                for (int i = 0; i < Count; ++i) sums[i][v] += slopes[i] * c;
            }
        }
        for (int i = 0; i < Count; ++i)
            for (int v = 0; v < V; ++v) store<T>(expected(k, f + i) + r + v * kLanes<T>, sums[i][v]);
    }

    // Adds to `squares` the squares of y - W f in columns j .. j + Count - 1.
    template <int Count>
    void add_squares(const Tile<T>& tile, Index k, Index j, int r, Vector<T>* squares) {
        constexpr int V = kVectors<T>;
        const Centred<T> centred{tile.values.data(), components_.means + k * d_};
        Vector<T> left[Count][V];
        for (int i = 0; i < Count; ++i)
            for (int v = 0; v < V; ++v) left[i][v] = column(k, j + i)[0] * centred(j + i, r + v * kLanes<T>);
        for (Index f = 0; f < q_; ++f)
            for (int v = 0; v < V; ++v) {
                const Vector<T> e = load(expected(k, f) + r + v * kLanes<T>);
                for (int i = 0; i < Count; ++i) left[i][v] -= column(k, j + i)[1 + f] * e;
            }
        for (int i = 0; i < Count; ++i)
            for (int v = 0; v < V; ++v) squares[v] += left[i][v] * left[i][v];
    }

    // Adds the sums of z (x - mu)^2 of Count columns, 1 + q places apart.
    template <int Count>
    void add_own(const Tile<T>& tile, const Weighted<T>& weighted, Index j, double* to) {
        Vector<T> sums[Count] = {};
        for (int r = 0; r < tile.end; r += kLanes<T>)
            for (int i = 0; i < Count; ++i) sums[i] += weighted(j + i, r) * weighted.centred(j + i, r);
        double total[Count];
        lane_sums<T>(sums, total);
        for (int i = 0; i < Count; ++i) to[i * (1 + q_)] += total[i];
    }

    // Adds the sums of z (x - mu) f of Count columns and Width factors.
    template <int Count, int Width>
    void add_cross(const Tile<T>& tile, const Weighted<T>& weighted, Index k, Index j, Index f, double* to) {
        Vector<T> sums[Count * Width] = {};
        for (int r = 0; r < tile.end; r += kLanes<T>) {
            Vector<T> e[Width];
            for (int l = 0; l < Width; ++l) e[l] = load(expected(k, f + l) + r);
            for (int i = 0; i < Count; ++i) {
                const Vector<T> c = weighted(j + i, r);  // first weighted, so that a far row of no share adds zero
                for (int l = 0; l < Width; ++l) sums[i * Width + l] += c * e[l];
            }
        }
        double total[Count * Width];
        lane_sums<T>(sums, total);
        for (int i = 0; i < Count; ++i)
            for (int l = 0; l < Width; ++l) to[i * (1 + q_) + l] += total[i * Width + l];
    }

    Components<T> components_;
    Index d_, q_;
    Buffer<T> expected_;
};

}  // namespace mixtura::mixture
