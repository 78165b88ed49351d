// Passes over the rows of a table under a Gaussian mixture, for a covariance shape: `accumulate` returns the
// moments that the next mixture is computed from, `score` returns densities, responsibilities or labels.
//
// Every row goes through the same instructions whatever its place, the last tile being filled up with copies of a row.
// Scratch memory depends on the number of columns and components alone.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "levels.hpp"
#include "shapes.hpp"

namespace mixtura::mixture {

// What a pass knows beside the components: the log density, weight included, of a uniform component that takes part in
// the division of every row, or one for each row, and the log density at and below which a row is left out.
struct Limits {
    double log_background;
    double floor;
    const double* log_backgrounds = nullptr;  // null: one for all rows
};

// The log densities of the uniform component for a tile of rows from `first`.
template <class T>
inline void read_background(const Limits& limits, Index first, int n_rows, T* to) {
    std::fill(to, to + kTile<T>, static_cast<T>(limits.log_background));
    for (int r = 0; limits.log_backgrounds && r < n_rows; ++r)
        to[r] = static_cast<T>(limits.log_backgrounds[first + r]);
}

// Turns the log densities of a tile's components into weighted responsibilities, and writes each row's log density. A
// row at or below the floor loses its weight. A row so far away that every density is zero belongs to no component: its
// responsibilities, and its claimed weight, become zero.
template <class T>
inline void normalise(T* densities, Index count, const T* backgrounds, T floor, T* weights, T* claimed, T* log_density,
                      int end = kTile<T>) {
    for (int r = 0; r < end; r += kLanes<T>) {
        const Vector<T> background = load(backgrounds + r);
        Vector<T> top = maximum(broadcast<T>(Simd<T>::kLowest), background);
        for (Index k = 0; k < count; ++k)  // a NaN from an overflow compares false and never becomes it
            top = maximum(load(densities + k * kStride<T> + r), top);
        Vector<T> sum = exp_negative<T>(background - top);
        for (Index k = 0; k < count; ++k) {
            const Vector<T> e = exp_negative<T>(load(densities + k * kStride<T> + r) - top);
            store<T>(densities + k * kStride<T> + r, e);
            sum += e;
        }
        const Vector<T> safe = maximum(sum, broadcast<T>(T(1)));
        const Vector<T> density = top + log_from_one<T>(safe);
        const Vector<T> kept = density > floor ? load(weights + r) : Vector<T>{};
        const Vector<T> weight = sum > T(0) ? kept : Vector<T>{};
        const Vector<T> scale = weight / safe;
        store<T>(weights + r, kept);
        store<T>(claimed + r, weight);
        for (Index k = 0; k < count; ++k)
            store<T>(densities + k * kStride<T> + r, load(densities + k * kStride<T> + r) * scale);
        store<T>(log_density + r, density);
    }
}

// Turns -|U^T c|^2 / 2 into the log density of Student's t distribution, and writes u = (nu + d) / (nu + |U^T c|^2),
// the weight of the row in a component's mean and covariance (Peel and McLachlan 2000, equation 14). The log constants
// include the normalising constant of the distribution.
template <class T>
inline void student_densities(const Components<T>& components, Index d, T* densities, T* scales, int end) {
    for (Index k = 0; k < components.count; ++k) {
        const double nu = components.degrees_of_freedom[k], exponent = (nu + static_cast<double>(d)) / 2;
        const T constant = static_cast<T>(components.log_constants[k]);
        for (int r = 0; r < end; r += kLanes<T>) {
            T* density = densities + k * kStride<T> + r;
            const Vector<T> q = T(1) - load(density) * static_cast<T>(2 / nu);
            store<T>(density, constant - static_cast<T>(exponent) * log_from_one<T>(q));
            store<T>(scales + k * kStride<T> + r, static_cast<T>(2 * exponent / nu) / q);
        }
    }
}

// Adds to `tails` the sums of z, K, then those of z (log u - u), K; then z becomes z u.
template <class T>
inline void add_tails(const Components<T>& components, Index d, const T* scales, T* responsibilities, double* tails,
                      int end) {
    for (Index k = 0; k < components.count; ++k) {
        const double nu = components.degrees_of_freedom[k];
        const T highest = static_cast<T>((nu + static_cast<double>(d)) / nu), log_highest = std::log(highest);
        Vector<T> sums[2] = {};
        for (int r = 0; r < end; r += kLanes<T>) {
            T* z = responsibilities + k * kStride<T> + r;
            const Vector<T> share = load(z), u = load(scales + k * kStride<T> + r);
            // Rounding may leave u above the highest value by its last digit, and a logarithm from one needs one.
            const Vector<T> ratio = maximum(highest / u, broadcast<T>(T(1)));
            sums[0] += share;
            sums[1] += share > T(0) ? share * (log_highest - log_from_one<T>(ratio) - u) : Vector<T>{};
            store<T>(z, share * u);
        }
        double total[2];
        lane_sums<T>(sums, total);
        tails[k] += total[0];
        tails[components.count + k] += total[1];
    }
}

// The sum of the responsibilities of each row, zero where it is so small that dividing by it could overflow.
template <class T>
inline void sum_responsibilities(const T* responsibilities, Index count, T* sums, int end = kTile<T>) {
    for (int r = 0; r < end; r += kLanes<T>) {
        Vector<T> sum{};
        for (Index k = 0; k < count; ++k) sum += load(responsibilities + k * kStride<T> + r);
        store<T>(sums + r, sum > std::numeric_limits<T>::min() * 16 ? sum : Vector<T>{});
    }
}

// What a shape does before the log densities of a tile.
template <class Shape, class T>
inline void prepare_shape(Shape& shape, const Tile<T>& tile) {
    if constexpr (requires { shape.prepare(tile); }) shape.prepare(tile);
}

// What a shape adds to the totals after the last tile.
template <class Shape>
inline void finish_shape(Shape& shape, const Totals& totals) {
    if constexpr (requires { shape.finish(totals); }) shape.finish(totals);
}

// The log densities of a tile under the components, which are normal or Student's t.
template <template <class> class Shape, class T>
class Densities {
public:
    Densities(const Components<T>& components, Index d)
        : components_(components),
          d_(d),
          all_(every_component(components.count)),
          zeros_(static_cast<std::size_t>(components.count)),
          shape_(components.degrees_of_freedom ? without_constants(components) : components, d),
          scales_(components.degrees_of_freedom ? components.count * kStride<T> : 0) {}

    void compute(const Tile<T>& tile, T* out) {
        prepare_shape(shape_, tile);
        shape_.log_densities(tile, all_, out);
        if (components_.degrees_of_freedom) student_densities(components_, d_, out, scales_.data(), tile.end);
    }

    // Adds a tile's share of the moments, given weighted responsibilities, which are used up.
    void add(Tile<T>& tile, T* responsibilities, bool all_claimed, const Totals& totals) {
        if (components_.degrees_of_freedom)
            add_tails(components_, d_, scales_.data(), responsibilities, totals.tails, tile.end);
        if (components_.degrees_of_freedom || !all_claimed)
            sum_responsibilities(responsibilities, components_.count, tile.weights.data(), tile.end);
        shape_.add(tile, all_, responsibilities, totals);
    }

    void finish(const Totals& totals) { finish_shape(shape_, totals); }

private:
    Components<T> without_constants(Components<T> components) const {
        components.log_constants = zeros_.data();
        return components;
    }

    Components<T> components_;
    Index d_;
    std::vector<Index> all_;
    std::vector<double> zeros_;
    Shape<T> shape_;
    Buffer<T> scales_;
};

// One EM pass: adds the moments of the rows to `totals` and to the weights by level, returns the weighted sum of their
// log densities, and writes these unless the pointer is null. The log densities under `count` components, and their
// shares of the moments, are those of `densities`: `Densities`, or `ObservedDensities`.
template <class Model, class T>
double accumulate(Model& densities, Index count, const Table<T>& table, const LevelTables<T>& level_tables,
                  const Limits& limits, const Totals& totals, T* log_density_out) {
    Tile<T> tile(table.n_columns);
    Levels<T> levels(level_tables, count);
    Buffer<T> shares(count * kStride<T>), log_density(kTile<T>), weights(kTile<T>), background(kTile<T>);
    const bool all_claimed =
        !limits.log_backgrounds && limits.log_background == -std::numeric_limits<double>::infinity();
    double log_likelihood = 0;
    for (Index first = 0; first < table.n_rows; first += kTile<T>) {
        tile.read(table, first);
        tile.end_after_rows();
        densities.compute(tile, shares.data());
        levels.read(table, first);
        levels.add_logs(shares.data(), tile.end);
        std::copy(tile.weights.begin(), tile.weights.end(), weights.begin());
        read_background(limits, first, tile.n_rows, background.data());
        normalise(shares.data(), count, background.data(), static_cast<T>(limits.floor), weights.data(),
                  tile.weights.data(), log_density.data(), tile.end);
        if (log_density_out) std::copy_n(log_density.data(), tile.n_rows, log_density_out + first);
        log_likelihood += multiply_column(log_density.data(), weights.data(), log_density.data(), tile.end);
        levels.add_weights(shares.data(), tile.end);
        densities.add(tile, shares.data(), all_claimed, totals);
    }
    levels.finish();
    densities.finish(totals);
    return log_likelihood;
}

// Where `score` writes; a null pointer is left out.
template <class T>
struct Scores {
    T* log_density;        // n
    T* responsibilities;   // n x K
    std::int64_t* labels;  // n: the component of highest responsibility, the first of equals
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

template <class Model, class T>
void score(Model& model, Index count, const Table<T>& table, const LevelTables<T>& level_tables,
           const Scores<T>& scores) {
    constexpr T kNone = -std::numeric_limits<T>::infinity();
    Tile<T> tile(table.n_columns);
    Levels<T> levels(level_tables, count);
    Buffer<T> densities(count * kStride<T>), log_density(kTile<T>), weights(kTile<T>);
    const Buffer<T> background(kTile<T>, kNone);
    for (Index first = 0; first < table.n_rows; first += kTile<T>) {
        tile.read(table, first);
        tile.end_after_rows();
        model.compute(tile, densities.data());
        levels.read(table, first);
        levels.add_logs(densities.data(), tile.end);
        if (scores.labels) write_labels(densities.data(), count, tile.n_rows, scores.labels + first);
        if (!scores.log_density && !scores.responsibilities) continue;
        std::fill(weights.begin(), weights.end(), T(1));
        normalise(densities.data(), count, background.data(), kNone, weights.data(), tile.weights.data(),
                  log_density.data(), tile.end);
        if (scores.log_density) std::copy_n(log_density.data(), tile.n_rows, scores.log_density + first);
        if (scores.responsibilities)
            for (int r = 0; r < tile.n_rows; ++r)
                for (Index k = 0; k < count; ++k)
                    scores.responsibilities[(first + r) * count + k] = densities[k * kStride<T> + r];
    }
}

}  // namespace mixtura::mixture
