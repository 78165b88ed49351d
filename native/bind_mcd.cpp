// Concentration steps for Python: arrays are checked here, and only here, before a pass runs without the interpreter.
#include <nanobind/stl/pair.h>

#include "bindings.hpp"
#include "mcd.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::mcd {
namespace {

using Tiles = Dense<double, 3>;
using Mask = Output<std::uint8_t, 1>;

TiledTable table_of(const Tiles& tiles, Index n_rows) {
    const Index n_tiles = static_cast<Index>(tiles.shape(0)), d = static_cast<Index>(tiles.shape(1));
    require(static_cast<Index>(tiles.shape(2)) == kStride<double>, "tiles has the wrong stride");
    require(d >= 1 && n_rows >= 1 && n_tiles == (n_rows + kRows - 1) / kRows, "n_rows does not go with tiles");
    return {tiles.data(), n_tiles, d, n_rows};
}

void check_ellipsoid(Index d, const Output<double, 1>& location, const Output<double, 2>& covariance) {
    require(static_cast<Index>(location.shape(0)) == d, "location has the wrong size");
    require(static_cast<Index>(covariance.shape(0)) == d && static_cast<Index>(covariance.shape(1)) == d,
            "covariance has the wrong shape");
}

void copy_in(Ellipsoid& e, const double* location, const double* covariance) {
    std::copy_n(location, e.d, e.location.begin());
    std::copy_n(covariance, e.d * e.d, e.covariance.begin());
}

void copy_out(const Ellipsoid& e, double* location, double* covariance) {
    std::copy_n(e.location.begin(), e.d, location);
    std::copy_n(e.covariance.begin(), e.d * e.d, covariance);
}

void search(Tiles tiles, Index n_rows, Index h, Dense<std::uint64_t, 1> seeds, int steps,
            Output<double, 1> log_determinants, Output<double, 2> locations, Output<double, 3> covariances) {
    const TiledTable table = table_of(tiles, n_rows);
    const Index d = table.n_columns, count = static_cast<Index>(seeds.shape(0));
    require(1 <= h && h <= n_rows, "h must be from 1 to n_rows");
    require(steps >= 1, "steps must be at least 1");
    require(static_cast<Index>(log_determinants.shape(0)) == count, "log_determinants has the wrong size");
    require(static_cast<Index>(locations.shape(0)) == count && static_cast<Index>(locations.shape(1)) == d,
            "locations has the wrong shape");
    require(static_cast<Index>(covariances.shape(0)) == count && static_cast<Index>(covariances.shape(1)) == d &&
                static_cast<Index>(covariances.shape(2)) == d,
            "covariances has the wrong shape");
    nb::gil_scoped_release release;
    Concentration concentration(table);
    RandomStart start(table);
    Ellipsoid e(d);
    for (Index s = 0; s < count; ++s) {
        start.draw(seeds.data()[s], e);
        concentration.run(h, steps, e);
        log_determinants.data()[s] = e.log_determinant;
        copy_out(e, locations.data() + s * d, covariances.data() + s * d * d);
    }
}

std::pair<double, Index> concentrate(Tiles tiles, Index n_rows, Index h, int steps, Output<double, 1> location,
                                     Output<double, 2> covariance, std::optional<Mask> support) {
    const TiledTable table = table_of(tiles, n_rows);
    check_ellipsoid(table.n_columns, location, covariance);
    require(1 <= h && h <= n_rows, "h must be from 1 to n_rows");
    require(steps >= 1, "steps must be at least 1");
    require(!support || static_cast<Index>(support->shape(0)) == n_rows, "support has the wrong size");
    nb::gil_scoped_release release;
    Concentration concentration(table);
    Ellipsoid e(table.n_columns);
    copy_in(e, location.data(), covariance.data());
    concentration.run(h, steps, e);
    copy_out(e, location.data(), covariance.data());
    for (Index r = 0; support && r < n_rows; ++r) support->data()[r] = concentration.shares()[r] > 0 ? 1 : 0;
    return {e.log_determinant, e.n_flat};
}

void distances(Tiles tiles, Index n_rows, Dense<double, 1> location, Dense<double, 2> upper, Output<double, 1> out) {
    const TiledTable table = table_of(tiles, n_rows);
    const Index d = table.n_columns;
    require(static_cast<Index>(location.shape(0)) == d, "location has the wrong size");
    require(static_cast<Index>(upper.shape(0)) == d && static_cast<Index>(upper.shape(1)) == d,
            "upper has the wrong shape");
    require(static_cast<Index>(out.shape(0)) == n_rows, "out has the wrong size");
    nb::gil_scoped_release release;
    Concentration concentration(table);
    Ellipsoid e(d);
    std::copy_n(location.data(), d, e.location.begin());
    std::copy_n(upper.data(), d * d, e.upper.begin());
    concentration.measure(e);
    std::copy_n(concentration.distances(), n_rows, out.data());
}

Index average(Tiles tiles, Index n_rows, Dense<std::uint8_t, 1> support, Output<double, 1> location,
              Output<double, 2> covariance) {
    const TiledTable table = table_of(tiles, n_rows);
    check_ellipsoid(table.n_columns, location, covariance);
    require(static_cast<Index>(support.shape(0)) == n_rows, "support has the wrong size");
    Index count = 0;
    for (Index r = 0; r < n_rows; ++r) count += support.data()[r] != 0 ? 1 : 0;
    require(count >= 1, "support has no row");
    nb::gil_scoped_release release;
    Concentration concentration(table);
    Ellipsoid e(table.n_columns);
    std::copy_n(location.data(), e.d, e.location.begin());
    for (Index r = 0; r < n_rows; ++r) concentration.shares()[r] = support.data()[r] != 0 ? 1.0 : 0.0;
    concentration.average(count, e);
    e.factor();
    copy_out(e, location.data(), covariance.data());
    return e.n_flat;
}

double quartile(Dense<double, 1> sorted) {
    require(sorted.shape(0) >= 2, "sorted must have two values or more");
    nb::gil_scoped_release release;
    return pairwise_quartile(sorted.data(), static_cast<Index>(sorted.shape(0)));
}

}  // namespace

void bind_kernels(nb::module_& m) {
    m.attr("mcd_tile_rows") = kRows;
    m.attr("mcd_tile_stride") = kStride<double>;
    m.def("mcd_search", &search, "tiles"_a.noconvert(), "n_rows"_a, "h"_a, "seeds"_a.noconvert(), "steps"_a,
          "log_determinants"_a.noconvert(), "locations"_a.noconvert(), "covariances"_a.noconvert());
    m.def("mcd_concentrate", &concentrate, "tiles"_a.noconvert(), "n_rows"_a, "h"_a, "steps"_a,
          "location"_a.noconvert(), "covariance"_a.noconvert(), "support"_a.none().noconvert());
    m.def("mcd_distances", &distances, "tiles"_a.noconvert(), "n_rows"_a, "location"_a.noconvert(),
          "upper"_a.noconvert(), "out"_a.noconvert());
    m.def("mcd_average", &average, "tiles"_a.noconvert(), "n_rows"_a, "support"_a.noconvert(), "location"_a.noconvert(),
          "covariance"_a.noconvert());
    m.def("pairwise_quartile", &quartile, "sorted"_a.noconvert());
}

}  // namespace mixtura::mcd
