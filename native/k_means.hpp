// k-means by Lloyd's iterations on one thread. Sums go in the order of the rows, and where scikit-learn's
// implementation has a choice this one makes the same: where it starts, when it ends, and what becomes of a cluster
// without rows.
#pragma once

#include <numeric>

#include "tile.hpp"

namespace mixtura::k_means {

// Clusters whose scores are computed together: each load of a column serves so many.
inline constexpr int kTogether = 4;

template <class T>
class Lloyd {
public:
    // `centers` holds `count` rows of as many columns as the table, and is changed.
    Lloyd(const Table<T>& table, const T* weights, Index count, T* centers)
        : table_(table),
          weights_(weights),
          count_(count),
          d_(table.n_columns),
          centers_(centers),
          tile_(table.n_columns),
          norms_(count),
          before_(count * d_),
          in_cluster_(count) {}

    // Moves the centres until no row changes its cluster, or they move less than `tol`, the sum of squared lengths.
    void run(int max_iter, T tol, std::int32_t* labels) {
        const auto n = static_cast<std::size_t>(table_.n_rows);
        std::vector<std::int32_t> last(n, -1);
        for (int i = 0; i < max_iter; ++i) {
            assign(labels);
            const T moved = move(labels);
            if (std::equal(last.begin(), last.end(), labels)) return;
            if (moved <= tol) break;
            std::copy_n(labels, n, last.begin());
        }
        assign(labels);
    }

private:
    // Gives each row the number of the nearest centre, the first of equals.
    void assign(std::int32_t* labels) {
        for (Index k = 0; k < count_; ++k) {
            const T* c = centers_ + k * d_;
            norms_[k] = std::inner_product(c, c + d_, c, T(0));
        }
        alignas(64) T label[kTile<T>];
        for (Index first = 0; first < table_.n_rows; first += kTile<T>) {
            tile_.read(table_, first);
            for (int r = 0; r < kTile<T>; r += kLanes<T>) {
                Vector<T> least = broadcast(std::numeric_limits<T>::max());
                Vector<T> best{};
                Index k = 0;
                for (; k + kTogether <= count_; k += kTogether) compare<kTogether>(k, r, least, best);
                for (; k < count_; ++k) compare<1>(k, r, least, best);
                store<T>(label + r, best);
            }
            for (int r = 0; r < tile_.n_rows; ++r) labels[first + r] = static_cast<std::int32_t>(label[r]);
        }
    }

    // Squared distances less the squared length of the row, which is the same for all centres.
    template <int Count>
    void compare(Index k, int r, Vector<T>& least, Vector<T>& best) const {
        Vector<T> products[Count] = {};
        for (Index j = 0; j < d_; ++j) {
            const Vector<T> x = load(tile_.column(j) + r);
            for (int c = 0; c < Count; ++c) products[c] += centers_[(k + c) * d_ + j] * x;
        }
        for (int c = 0; c < Count; ++c) {
            const Vector<T> score = norms_[k + c] - T(2) * products[c];
            best = score < least ? broadcast<T>(static_cast<T>(k + c)) : best;
            least = minimum(score, least);
        }
    }

    // Moves each centre to the mean of its rows; returns the sum of the squared lengths of the moves.
    T move(std::int32_t* labels) {
        std::copy_n(centers_, count_ * d_, before_.begin());
        std::fill_n(centers_, count_ * d_, T(0));
        std::fill(in_cluster_.begin(), in_cluster_.end(), T(0));
        for (Index r = 0; r < table_.n_rows; ++r) {
            const T* x = table_.values + r * d_;
            T* to = centers_ + labels[r] * d_;
            const T weight = weights_[r];
            in_cluster_[labels[r]] += weight;
            for (Index j = 0; j < d_; ++j) to[j] += x[j] * weight;
        }
        fill_empty(labels);
        const auto heaviest = std::max_element(in_cluster_.begin(), in_cluster_.end()) - in_cluster_.begin();
        for (Index k = 0; k < count_; ++k)
            for (Index j = 0; j < d_ && in_cluster_[k] > T(0); ++j) centers_[k * d_ + j] *= T(1) / in_cluster_[k];
        for (Index k = 0; k < count_; ++k)
            if (!(in_cluster_[k] > T(0))) std::copy_n(centers_ + heaviest * d_, d_, centers_ + k * d_);
        T moved = 0;
        for (Index i = 0; i < count_ * d_; ++i) moved += (centers_[i] - before_[i]) * (centers_[i] - before_[i]);
        return moved;
    }

    // Gives each cluster without rows the row that is farthest from its centre, unless all rows lie on theirs.
    void fill_empty(const std::int32_t* labels) {
        std::vector<Index> empty;
        for (Index k = 0; k < count_; ++k)
            if (in_cluster_[k] == T(0)) empty.push_back(k);
        if (empty.empty()) return;
        std::vector<T> distances(static_cast<std::size_t>(table_.n_rows));
        for (Index r = 0; r < table_.n_rows; ++r)
            for (Index j = 0; j < d_; ++j) {
                const T difference = table_.values[r * d_ + j] - before_[labels[r] * d_ + j];
                distances[r] += difference * difference;
            }
        std::vector<Index> farthest(distances.size());
        std::iota(farthest.begin(), farthest.end(), Index(0));
        const auto middle = farthest.begin() + std::min<Index>(static_cast<Index>(empty.size()), table_.n_rows);
        std::partial_sort(farthest.begin(), middle, farthest.end(), [&](Index a, Index b) {
            return distances[a] != distances[b] ? distances[a] > distances[b] : a < b;
        });
        if (distances[farthest.front()] == T(0)) return;
        for (Index i = 0; i < middle - farthest.begin(); ++i) {
            const Index r = farthest[i], from = labels[r], to = empty[i];
            const T weight = weights_[r];
            for (Index j = 0; j < d_; ++j) {
                const T value = table_.values[r * d_ + j] * weight;
                centers_[from * d_ + j] -= value;
                centers_[to * d_ + j] = value;
            }
            in_cluster_[to] = weight;
            in_cluster_[from] -= weight;
        }
    }

    Table<T> table_;
    const T* weights_;
    Index count_, d_;
    T* centers_;
    Tile<T> tile_;
    std::vector<T> norms_, before_, in_cluster_;
};

}  // namespace mixtura::k_means
