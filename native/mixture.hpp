// Passes over the rows of a table under a Gaussian mixture, for the four covariance shapes: `accumulate` returns the
// moments that the next mixture is computed from, `score` returns densities, responsibilities or labels.
//
// Every row goes through the same instructions whatever its place, the last tile being filled up with copies of a row.
// Scratch memory depends on the number of columns and components alone.
#pragma once

#include "shapes.hpp"

namespace mixtura {

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
