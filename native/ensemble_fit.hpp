// The fit of one small Gaussian mixture to a few hundred rows: EM that leaves out the rows of lowest density.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "random.hpp"
#include "tile.hpp"

namespace mixtura::ensemble {

// A sample column-wise: column j of row r at j * n_rows + r.
struct Sample {
    const double* values;
    Index n_rows, n_columns;
    const double* column(Index j) const { return values + j * n_rows; }
};

// What the fit of a member is told. Rows of lowest density, a part `trimmed` of all, are left out of each M-step. Each
// covariance is an average of what its rows show and of the diagonal of the columns' variances, which counts as
// `prior_rows` rows, so that no component ever collapses or lacks rows. `least` is added to the variance of each
// column: what its values cannot be told apart by.
struct FitRules {
    Index count;
    bool full;
    double trimmed, prior_rows;
    int iterations;
    std::uint64_t seed;
    const double* least;
};

// Where a fitted member is written, as `Components` and the shapes have it.
struct FittedMember {
    double* log_constants;
    float* means;
    float* factors;
};

// EM for one small mixture. Loops run over rows inside, which are consecutive in memory.
class MemberFit {
public:
    MemberFit(const Sample& sample, const FitRules& rules)
        : sample_(sample),
          rules_(rules),
          n_(sample.n_rows),
          d_(sample.n_columns),
          kept_(std::max<Index>(1, n_ - static_cast<Index>(rules.trimmed * static_cast<double>(n_)))),
          shares_(rules.count * n_),
          log_density_(n_),
          centred_(d_ * n_),
          row_(n_),
          log_constants_(rules.count),
          means_(rules.count * d_),
          factors_(rules.count * d_ * d_),
          prior_(d_) {}

    void run(const FittedMember& to) {
        find_prior();
        start();
        maximise();
        for (int i = 0; i < rules_.iterations; ++i) {
            expect();
            maximise();
        }
        write(to);
    }

private:
    // The variances of the columns, in equal volumes for the components (Fraley and Raftery 2007, "Bayesian
    // regularization for normal mixture estimation and model-based clustering", Journal of Classification 24).
    void find_prior() {
        const double volume = std::pow(static_cast<double>(rules_.count), -2.0 / static_cast<double>(d_));
        for (Index j = 0; j < d_; ++j) {
            const double* x = sample_.column(j);
            const double mean = std::accumulate(x, x + n_, 0.0) / static_cast<double>(n_);
            double squares = 0;
            for (Index r = 0; r < n_; ++r) squares += (x[r] - mean) * (x[r] - mean);
            prior_[j] = (squares / static_cast<double>(n_) + rules_.least[j]) * volume;
        }
    }

    // Rows drawn at random are the first centres; every row goes to the nearest.
    void start() {
        Twister random(rules_.seed);
        std::vector<double> nearest(n_, std::numeric_limits<double>::infinity());
        std::vector<Index> label(n_, 0);
        for (Index k = 0; k < rules_.count; ++k) {
            const Index centre = random.below(n_);
            std::fill(row_.begin(), row_.end(), 0.0);
            for (Index j = 0; j < d_; ++j) {
                const double* x = sample_.column(j);
                const double middle = x[centre], scale = 1 / prior_[j];
                for (Index r = 0; r < n_; ++r) row_[r] += scale * (x[r] - middle) * (x[r] - middle);
            }
            for (Index r = 0; r < n_; ++r)
                if (row_[r] < nearest[r]) nearest[r] = row_[r], label[r] = k;
        }
        std::fill(shares_.begin(), shares_.end(), 0.0);
        for (Index r = 0; r < n_; ++r) shares_[label[r] * n_ + r] = 1;
    }

    void maximise() {
        const double prior = rules_.prior_rows;
        double total = 0;
        for (Index k = 0; k < rules_.count; ++k) {
            const double* z = shares_.data() + k * n_;
            total += std::accumulate(z, z + n_, 0.0);
        }
        for (Index k = 0; k < rules_.count; ++k) {
            const double* z = shares_.data() + k * n_;
            double* mean = means_.data() + k * d_;
            double* matrix = factors_.data() + k * d_ * d_;
            const double count = std::accumulate(z, z + n_, 0.0);
            for (Index j = 0; j < d_; ++j) mean[j] = weighted_mean(z, count, sample_.column(j));
            centre(mean);
            for (Index i = 0; i < d_; ++i) {
                const double* a = centred_.data() + i * n_;
                for (Index r = 0; r < n_; ++r) row_[r] = z[r] * a[r];
                for (Index j = rules_.full ? 0 : i; j <= i; ++j) {
                    const double* b = centred_.data() + j * n_;
                    double sum = 0;
                    for (Index r = 0; r < n_; ++r) sum += row_[r] * b[r];
                    if (i == j) sum += prior * prior_[i];
                    matrix[i * d_ + j] = sum / (count + prior) + (i == j ? rules_.least[i] : 0);
                }
            }
            const double log_determinant = rules_.full ? invert(matrix) : invert_diagonal(matrix);
            const double weight = (count + 1) / (total + static_cast<double>(rules_.count));
            log_constants_[k] = std::log(weight) + log_determinant - 0.5 * static_cast<double>(d_) * kLogTwoPi;
        }
    }

    // A component without rows lies in the middle of the sample.
    double weighted_mean(const double* z, double count, const double* x) const {
        if (!(count > kLeastCount)) return std::accumulate(x, x + n_, 0.0) / static_cast<double>(n_);
        double sum = 0;
        for (Index r = 0; r < n_; ++r) sum += z[r] * x[r];
        return sum / count;
    }

    void centre(const double* mean) {
        for (Index j = 0; j < d_; ++j) {
            const double* x = sample_.column(j);
            double* c = centred_.data() + j * n_;
            for (Index r = 0; r < n_; ++r) c[r] = x[r] - mean[j];
        }
    }

    // Turns a lower triangle S into the inverse of its Cholesky factor L, and returns log |L^-1|.
    double invert(double* matrix) const {
        double log_determinant = 0;
        for (Index i = 0; i < d_; ++i) {
            double* row = matrix + i * d_;
            for (Index j = 0; j <= i; ++j) {
                const double* other = matrix + j * d_;
                double sum = row[j];
                for (Index l = 0; l < j; ++l) sum -= row[l] * other[l];
                row[j] = i == j ? std::sqrt(std::max(sum, kLeastPivot * rules_.least[i])) : sum / other[j];
            }
        }
        for (Index i = 0; i < d_; ++i) {  // L^-1 in place, row by row: those above are done
            double* row = matrix + i * d_;
            const double inverse = 1 / row[i];
            for (Index j = 0; j < i; ++j) {
                double sum = 0;
                for (Index l = j; l < i; ++l) sum += row[l] * matrix[l * d_ + j];
                row[j] = -sum * inverse;
            }
            row[i] = inverse;
            log_determinant += std::log(inverse);
        }
        return log_determinant;
    }

    double invert_diagonal(double* matrix) const {
        double log_determinant = 0;
        for (Index j = 0; j < d_; ++j) {
            matrix[j * d_ + j] = 1 / std::sqrt(matrix[j * d_ + j]);
            log_determinant += std::log(matrix[j * d_ + j]);
        }
        return log_determinant;
    }

    void expect() {
        for (Index k = 0; k < rules_.count; ++k) {
            double* density = shares_.data() + k * n_;
            std::fill(density, density + n_, 0.0);
            centre(means_.data() + k * d_);
            for (Index i = 0; i < d_; ++i) {
                const double* factor = factors_.data() + (k * d_ + i) * d_;
                std::fill(row_.begin(), row_.end(), 0.0);
                for (Index j = rules_.full ? 0 : i; j <= i; ++j) {
                    const double* c = centred_.data() + j * n_;
                    for (Index r = 0; r < n_; ++r) row_[r] += factor[j] * c[r];
                }
                for (Index r = 0; r < n_; ++r) density[r] += row_[r] * row_[r];
            }
            for (Index r = 0; r < n_; ++r) density[r] = log_constants_[k] - 0.5 * density[r];
        }
        for (Index r = 0; r < n_; ++r) {
            double top = shares_[r], sum = 0;
            for (Index k = 1; k < rules_.count; ++k) top = std::max(top, shares_[k * n_ + r]);
            for (Index k = 0; k < rules_.count; ++k) sum += shares_[k * n_ + r] = std::exp(shares_[k * n_ + r] - top);
            for (Index k = 0; k < rules_.count; ++k) shares_[k * n_ + r] /= sum;
            log_density_[r] = top + std::log(sum);
        }
        trim();
    }

    // Rows of a density below that of the last row kept lose their shares.
    void trim() {
        if (kept_ >= n_) return;
        row_ = log_density_;
        std::nth_element(row_.begin(), row_.begin() + (n_ - kept_), row_.end());
        const double floor = row_[n_ - kept_];
        for (Index k = 0; k < rules_.count; ++k)
            for (Index r = 0; r < n_; ++r)
                if (log_density_[r] < floor) shares_[k * n_ + r] = 0;
    }

    void write(const FittedMember& to) const {
        std::copy(log_constants_.begin(), log_constants_.end(), to.log_constants);
        for (Index i = 0; i < rules_.count * d_; ++i) to.means[i] = static_cast<float>(means_[i]);
        for (Index k = 0; k < rules_.count; ++k) {
            const double* lower = factors_.data() + k * d_ * d_;
            for (Index i = 0; i < d_; ++i) {
                if (!rules_.full) {
                    to.factors[k * d_ + i] = static_cast<float>(lower[i * d_ + i]);
                    continue;
                }
                for (Index j = 0; j < d_; ++j)
                    to.factors[(k * d_ + j) * d_ + i] = j <= i ? static_cast<float>(lower[i * d_ + j]) : 0.0f;
            }
        }
    }

    // Rounding may leave less of a variance than `least`, once what other columns explain is taken away.
    static constexpr double kLeastPivot = 0.5, kLeastCount = 1e-9;
    static constexpr double kLogTwoPi = 1.8378770664093454836;

    Sample sample_;
    FitRules rules_;
    Index n_, d_, kept_;
    std::vector<double> shares_, log_density_, centred_, row_, log_constants_, means_, factors_, prior_;
};

}  // namespace mixtura::ensemble
