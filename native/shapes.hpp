// Covariance shapes of a Gaussian mixture: the log densities of a tile, and its share of the moments. Each knows the
// sizes of what it reads and adds to, given how many numbers its factors were given as.
#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "tile.hpp"

namespace mixtura::mixture {

// factors is what a shape needs beside means: see the shapes.
template <class T>
struct Components {
    Index count;
    const double* log_constants;  // the log of weight times density at the mean, for each component
    const T* means;
    const T* factors;
    const double* degrees_of_freedom;  // of Student's t distributions; null where the components are normal
    Index factors_size = 0;            // how many numbers factors holds, where a shape has to ask
};

// What a pass adds to; the layout of first and second is the shape's.
struct Totals {
    double* counts;
    double* first;
    double* second;
    double* tails;  // sums over rows that only Student's t components have, else null: see add_tails
};

// What is left of the variance of the columns that a row misses, given those that it has.
struct Given {
    const std::int32_t* missing;  // the columns, in ascending order
    Index count;
    const double* covariance;  // count x count; of shapes without correlations only the diagonal is written
};

// The components that a tile is seen under, each once.
using Chosen = std::span<const Index>;

inline std::vector<Index> every_component(Index count) {
    std::vector<Index> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
}

// Adds the sums of the responsibilities of each component.
template <class T>
inline void add_counts(const Tile<T>& tile, Chosen chosen, const T* responsibilities, const Totals& totals) {
    for (const Index k : chosen) {
        totals.counts[k] += sum_column(responsibilities, tile.end);
        responsibilities += kStride<T>;
    }
}

// Each shape computes log densities of a tile, weights included, into `out` (the s-th chosen component of row r at
// s * kStride + r), and adds a tile's share to the totals, given the weighted responsibilities in the same layout.
// `prepare` and `finish`, where a shape has them, come before the log densities of a tile and after the last tile.
// `add_given` adds what rows of a weight that miss columns add beyond the values expected of them. `kCorrelated` tells
// whether columns say anything of one another.

// factors: K upper triangular matrices U_k with U_k U_k^T = precision_k.
// first: sums of z (x - mu), K x d; second: of z (x - mu)(x - mu)^T, K packed lower triangles.
template <class T>
class Full {
public:
    Full(const Components<T>& components, Index d)
        : components_(components), d_(d), centred_(d * kStride<T>), weighted_(d * kStride<T>) {}

    static Index factors_size(Index count, Index d, Index) { return count * d * d; }
    static Index second_size(Index count, Index d, Index) { return count * packed_size(d); }
    static constexpr bool kCorrelated = true;

    void add_given(const Given& given, double weight, double* second) const {
        for (Index a = 0; a < given.count; ++a) {
            double* row = second + packed_size(given.missing[a]);
            for (Index b = 0; b <= a; ++b) row[given.missing[b]] += weight * given.covariance[a * given.count + b];
        }
    }

    void log_densities(const Tile<T>& tile, Chosen chosen, T* out) {
        for (const Index k : chosen) {
            const Centred<T> centred{tile.values.data(), components_.means + k * d_};
            const T* upper = components_.factors + k * d_ * d_;
            const T constant = static_cast<T>(components_.log_constants[k]);
            if (d_ <= kStoreAbove) {
                gaussian_densities(upper, d_, centred, constant, out, tile.begin, tile.end);
            } else {
                store_columns(centred, d_, centred_.data(), tile.end);
                gaussian_densities(upper, d_, Columns<T>{centred_.data()}, constant, out, tile.begin, tile.end);
            }
            out += kStride<T>;
        }
    }

    void add(const Tile<T>& tile, Chosen chosen, const T* responsibilities, const Totals& totals) {
        for (const Index k : chosen) {
            const Centred<T> centred{tile.values.data(), components_.means + k * d_};
            const Weighted<T> weighted{centred, responsibilities};
            double* second = totals.second + k * packed_size(d_);
            totals.counts[k] += sum_column(responsibilities, tile.end);
            add_first(weighted, d_, totals.first + k * d_, tile.end);
            if (d_ <= kStoreAbove) {
                add_products<T>(weighted, centred, d_, second, tile.end);
            } else {
                store_columns(centred, d_, centred_.data(), tile.end);
                store_columns(weighted, d_, weighted_.data(), tile.end);
                add_products<T>(Columns<T>{weighted_.data()}, Columns<T>{centred_.data()}, d_, second, tile.end);
            }
            responsibilities += kStride<T>;
        }
    }

private:
    Components<T> components_;
    Index d_;
    Buffer<T> centred_, weighted_;
};

// factors: one upper triangular U with U U^T = precision, then the centre c0 of all rows (d), then U^T (mu_k - c0),
// K x d. first: sums of z (y - m) with y = U^T (x - c0) and m = U^T (mu - c0), K x d; second: the pooled scatter, the
// sum over rows and components of z (y - m)(y - m)^T, one packed lower triangle.
//
// With e = y - sum_k z_k m_k the scatter of a row is  e e^T + sum_{k<l} z_k z_l (m_k - m_l)(m_k - m_l)^T,  so only
// e e^T and the K (K - 1) / 2 products of responsibilities are summed over rows, and nothing large is ever subtracted.
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
          pairs_(packed_size(components.count)),
          products_(pairs_.size()) {}

    static Index factors_size(Index count, Index d, Index) { return d * d + d + count * d; }
    static Index second_size(Index, Index d, Index) { return packed_size(d); }

    void prepare(const Tile<T>& tile) {
        multiply_upper(components_.factors, d_, Centred<T>{tile.values.data(), centre_}, whitened_.data(), tile.end);
    }

    void log_densities(const Tile<T>& tile, Chosen chosen, T* out) {
        constexpr int V = kVectors<T>;
        for (int r = tile.begin; r < tile.end; r += V * kLanes<T>) {
            T* to = out + r;
            for (const Index k : chosen) {
                const T* m = means_ + k * d_;
                const T constant = static_cast<T>(components_.log_constants[k]);
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> e = load(whitened_.data() + j * kStride<T> + r + v * kLanes<T>) - m[j];
                        squares[v] += e * e;
                    }
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
                const Weighted<T> weighted{{whitened_.data(), means_ + k * d_}, z};
                add_first<Count>(weighted, j, totals.first + k * d_, tile.end);
                z += kStride<T>;
            }
        });
        add_counts(tile, chosen, responsibilities, totals);
        unweigh(tile, chosen.size(), responsibilities);
        for_column_blocks(d_, [&]<int Count>(Index j) { subtract_expected<Count>(tile, chosen, j); });
        add_products<T>(Columns<T>{centred_.data()}, Columns<T>{whitened_.data()}, d_, totals.second, tile.end);
        add_pairs(tile, chosen, responsibilities);
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
    // Columns j .. j + Count - 1 of e = y - sum_k z_k m_k in place of y, and of e times the row's weight.
    template <int Count>
    void subtract_expected(const Tile<T>& tile, Chosen chosen, Index j) {
        T* whitened = whitened_.data() + j * kStride<T>;
        T* weighted = centred_.data() + j * kStride<T>;
        for (int r = 0; r < tile.end; r += kLanes<T>) {
            Vector<T> e[Count];
            for (int i = 0; i < Count; ++i) e[i] = load(whitened + i * kStride<T> + r);
            const T* shares = shares_.data() + r;
            for (const Index k : chosen) {
                const Vector<T> share = load(shares);
                shares += kStride<T>;
                for (int i = 0; i < Count; ++i) e[i] -= means_[k * d_ + j + i] * share;
            }
            const Vector<T> weight = load(tile.weights.data() + r);
            for (int i = 0; i < Count; ++i) {
                store<T>(whitened + i * kStride<T> + r, e[i]);
                store<T>(weighted + i * kStride<T> + r, e[i] * weight);
            }
        }
    }

    // Adds the sums over rows of the products of responsibilities of two components.
    void add_pairs(const Tile<T>& tile, Chosen chosen, const T* responsibilities) {
        const Index count = static_cast<Index>(chosen.size());
        std::fill_n(products_.begin(), packed_size(count), 0.0);
        add_products<T>(Columns<T>{responsibilities}, Columns<T>{shares_.data()}, count, products_.data(), tile.end);
        const double* from = products_.data();
        for (Index a = 0; a < count; ++a)
            for (Index b = 0; b <= a; ++b)
                pairs_[packed_size(std::max(chosen[a], chosen[b])) + std::min(chosen[a], chosen[b])] += *from++;
    }

    // A row that belongs to no component may be so far away that its coordinates overflow: it is put at the centre.
    void drop_unclaimed(const Tile<T>& tile) {
        for (Index j = 0; j < d_; ++j)
            for (int r = 0; r < tile.end; r += kLanes<T>) {
                T* y = whitened_.data() + j * kStride<T> + r;
                store<T>(y, load(tile.weights.data() + r) > T(0) ? load(y) : Vector<T>{});
            }
    }

    // Responsibilities without the row's weight; a row of weight zero adds nothing, whatever its shares.
    void unweigh(const Tile<T>& tile, std::size_t count, const T* responsibilities) {
        Buffer<T> inverse(kTile<T>);
        for (int r = 0; r < tile.end; ++r) inverse[r] = tile.weights[r] > 0 ? T(1) / tile.weights[r] : T(0);
        for (std::size_t k = 0; k < count; ++k)
            for (int r = 0; r < tile.end; r += kLanes<T>)
                store<T>(shares_.data() + k * kStride<T> + r,
                         load(responsibilities + k * kStride<T> + r) * load(inverse.data() + r));
    }

    Components<T> components_;
    Index d_;
    const T* centre_;
    const T* means_;
    Buffer<T> centred_, whitened_, shares_;
    std::vector<double> pairs_, products_;
};

// factors: 1 / standard deviation, K x d. first: sums of z (x - mu); second: of z (x - mu)^2, both K x d.
template <class T>
class Diagonal {
public:
    Diagonal(const Components<T>& components, Index d) : components_(components), d_(d) {}

    static Index factors_size(Index count, Index d, Index) { return count * d; }
    static Index second_size(Index count, Index d, Index) { return count * d; }
    static constexpr bool kCorrelated = false;

    void add_given(const Given& given, double weight, double* second) const {
        for (Index a = 0; a < given.count; ++a)
            second[given.missing[a]] += weight * given.covariance[a * (given.count + 1)];
    }

    void log_densities(const Tile<T>& tile, Chosen chosen, T* out) {
        constexpr int V = kVectors<T>;
        for (int r = tile.begin; r < tile.end; r += V * kLanes<T>) {
            T* to = out + r;
            for (const Index k : chosen) {
                const T* mean = components_.means + k * d_;
                const T* factor = components_.factors + k * d_;
                const T constant = static_cast<T>(components_.log_constants[k]);
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> y = (load(tile.column(j) + r + v * kLanes<T>) - mean[j]) * factor[j];
                        squares[v] += y * y;
                    }
                for (int v = 0; v < V; ++v) store<T>(to + v * kLanes<T>, constant - T(0.5) * squares[v]);
                to += kStride<T>;
            }
        }
    }

    void add(const Tile<T>& tile, Chosen chosen, const T* responsibilities, const Totals& totals) {
        for_column_blocks(d_, [&]<int Count>(Index j) {
            const T* z = responsibilities;
            for (const Index k : chosen) {
                add_columns<Count>(tile, z, k, j, totals);
                z += kStride<T>;
            }
        });
        add_counts(tile, chosen, responsibilities, totals);
    }

private:
    template <int Count>
    void add_columns(const Tile<T>& tile, const T* z, Index k, Index first, const Totals& totals) {
        const T* mean = components_.means + k * d_ + first;
        Vector<T> sums[2 * Count] = {};
        for (int r = 0; r < tile.end; r += kLanes<T>) {
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

    static Index factors_size(Index count, Index, Index) { return count; }
    static Index second_size(Index count, Index, Index) { return count; }
    static constexpr bool kCorrelated = false;

    void add_given(const Given& given, double weight, double* second) const {
        for (Index a = 0; a < given.count; ++a) second[0] += weight * given.covariance[a * (given.count + 1)];
    }

    void log_densities(const Tile<T>& tile, Chosen chosen, T* out) {
        constexpr int V = kVectors<T>;
        for (int r = tile.begin; r < tile.end; r += V * kLanes<T>) {
            T* to = out + r;
            for (const Index k : chosen) {
                const T* mean = components_.means + k * d_;
                const T half_precision = T(0.5) * components_.factors[k] * components_.factors[k];
                const T constant = static_cast<T>(components_.log_constants[k]);
                Vector<T> squares[V] = {};
                for (Index j = 0; j < d_; ++j)
                    for (int v = 0; v < V; ++v) {
                        const Vector<T> c = load(tile.column(j) + r + v * kLanes<T>) - mean[j];
                        squares[v] += c * c;
                    }
                for (int v = 0; v < V; ++v) store<T>(to + v * kLanes<T>, constant - half_precision * squares[v]);
                to += kStride<T>;
            }
        }
    }

    void add(const Tile<T>& tile, Chosen chosen, const T* responsibilities, const Totals& totals) {
        for_column_blocks(d_, [&]<int Count>(Index j) {
            const T* z = responsibilities;
            for (const Index k : chosen) {
                add_columns<Count>(tile, z, k, j, totals);
                z += kStride<T>;
            }
        });
        add_counts(tile, chosen, responsibilities, totals);
    }

private:
    template <int Count>
    void add_columns(const Tile<T>& tile, const T* z, Index k, Index first, const Totals& totals) {
        const T* mean = components_.means + k * d_ + first;
        Vector<T> sums[Count + 1] = {};
        for (int r = 0; r < tile.end; r += kLanes<T>) {
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

}  // namespace mixtura::mixture
