// The searches for nearest neighbours, for Python: arrays are checked here, and only here.
#include "bindings.hpp"
#include "box_tree.hpp"
#include "product_search.hpp"

#include <nanobind/stl/tuple.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::neighbors {
namespace {

// nanobind has no type for ptrdiff_t where it is not int64_t under another name.
static_assert(sizeof(Index) == sizeof(std::int64_t));
using Rows = Dense<Index, 1>;
using Values = Dense<double, 2>;

Index size_of(const auto& array, int axis = 0) { return static_cast<Index>(array.shape(axis)); }

TreeShape shape_of(Index n_rows, Index n_columns) {
    require(n_rows > 0 && n_columns > 0, "a tree needs rows and columns");
    return {n_rows, n_columns};
}

std::tuple<Index, Index, Index, Index> tree_sizes(Index n_rows, Index n_columns) {
    const TreeShape shape = shape_of(n_rows, n_columns);
    return {shape.leaves_size(), shape.rows_size(), shape.boxes_size(), shape.lowest_size()};
}

void require_sizes(const TreeShape& shape, const auto& leaves, const auto& rows, const auto& boxes,
                   const auto& lowest) {
    require(size_of(leaves) == shape.leaves_size() && size_of(rows) == shape.rows_size() &&
                size_of(boxes) == shape.boxes_size() && size_of(lowest) == shape.lowest_size(),
            "the arrays of the tree have the wrong sizes");
}

void build_tree(Values values, Output<double, 1> leaves, Output<Index, 1> rows, Output<double, 1> boxes,
                Output<Index, 1> lowest) {
    const TreeShape shape = shape_of(size_of(values), size_of(values, 1));
    require_sizes(shape, leaves, rows, boxes, lowest);
    nb::gil_scoped_release release;
    TreeBuilder(values.data(), shape, {leaves.data(), rows.data(), boxes.data(), lowest.data()});
}

Queries queries_of(const Values& values, const Rows& places, const std::optional<Rows>& excluded,
                   const Output<double, 2>& sums, const Output<Index, 2>& rows) {
    const Index n = size_of(values), k = size_of(sums, 1);
    require(k > 0, "at least one neighbour must be asked for");
    require(size_of(sums) == n && size_of(rows) == n && size_of(rows, 1) == k, "the answers have the wrong shape");
    require(!excluded || size_of(*excluded) == n, "excluded must have one row number for each query");
    for (Index i = 0; i < size_of(places); ++i) {
        require(places.data()[i] >= 0 && places.data()[i] < n, "places must be row numbers of the queries");
    }
    return {values.data(), places.data(), size_of(places), excluded ? excluded->data() : nullptr, k,
            sums.data(),   rows.data()};
}

// p is the order of the Minkowski distance: 1, 2 and infinity have metrics of their own.
void search_tree(Index n_rows, Rows rows, Dense<double, 1> leaves, Dense<double, 1> boxes, Rows lowest, double p,
                 Values values, Rows places, std::optional<Rows> excluded, Output<double, 2> sums,
                 Output<Index, 2> found) {
    const TreeShape shape = shape_of(n_rows, size_of(values, 1));
    require_sizes(shape, leaves, rows, boxes, lowest);
    require(p >= 1, "p must be at least 1");
    const Queries queries = queries_of(values, places, excluded, sums, found);
    const TreeArrays<const double, const Index> tree{leaves.data(), rows.data(), boxes.data(), lowest.data()};
    nb::gil_scoped_release release;
    if (p == 2) {
        TreeSearch<Squares>(shape, tree, {}).run(queries);
    } else if (p == 1) {
        TreeSearch<Sizes>(shape, tree, {}).run(queries);
    } else if (p == kInfinite) {
        TreeSearch<Largest>(shape, tree, {}).run(queries);
    } else {
        TreeSearch<Powers>(shape, tree, {p}).run(queries);
    }
}

template <class T>
Index search_products(Dense<T, 3> panels, Dense<T, 1> half_norms, Values reference, double scale, Values values,
                      Dense<T, 2> scaled, Dense<double, 1> query_half_norms, Rows places, std::optional<Rows> excluded,
                      Output<double, 2> sums, Output<Index, 2> found) {
    const Index n = size_of(reference), d = size_of(reference, 1), count = (n + kPanelRows<T> - 1) / kPanelRows<T>;
    require(n > 0 && d > 0, "a search needs rows and columns");
    require(size_of(panels) == count && size_of(panels, 1) == d && size_of(panels, 2) == kPanelRows<T>,
            "panels has the wrong shape");
    require(size_of(half_norms) == count * kPanelRows<T>, "half_norms has the wrong size");
    require(size_of(values, 1) == d && size_of(scaled, 1) == d && size_of(scaled) == size_of(values),
            "the queries have the wrong shape");
    require(size_of(query_half_norms) == size_of(values), "query_half_norms must have one value for each query");
    const Queries queries = queries_of(values, places, excluded, sums, found);
    const Products<T> products{panels.data(), half_norms.data(), reference.data(), n, d, scale * scale / 2};
    nb::gil_scoped_release release;
    return ProductSearch<T>(products, scaled.data(), query_half_norms.data(), queries).run();
}

template <class T>
void bind_products(nb::module_& m) {
    m.def("search_products", &search_products<T>, "panels"_a.noconvert(), "half_norms"_a.noconvert(),
          "reference"_a.noconvert(), "scale"_a, "values"_a.noconvert(), "scaled"_a.noconvert(),
          "query_half_norms"_a.noconvert(), "places"_a.noconvert(), "excluded"_a.none().noconvert(),
          "sums"_a.noconvert(), "found"_a.noconvert());
}

}  // namespace

void bind_kernels(nb::module_& m) {
    m.def("tree_sizes", &tree_sizes, "n_rows"_a, "n_columns"_a);
    m.def("build_tree", &build_tree, "values"_a.noconvert(), "leaves"_a.noconvert(), "rows"_a.noconvert(),
          "boxes"_a.noconvert(), "lowest"_a.noconvert());
    m.def("search_tree", &search_tree, "n_rows"_a, "rows"_a.noconvert(), "leaves"_a.noconvert(), "boxes"_a.noconvert(),
          "lowest"_a.noconvert(), "p"_a, "values"_a.noconvert(), "places"_a.noconvert(),
          "excluded"_a.none().noconvert(), "sums"_a.noconvert(), "found"_a.noconvert());
    bind_products<double>(m);
    bind_products<float>(m);
    // Copies: by its address, a variable of this name in the module of another level may be the one that is read.
    m.attr("panel_rows_float32") = Index{kPanelRows<float>};
    m.attr("panel_rows_float64") = Index{kPanelRows<double>};
}

}  // namespace mixtura::neighbors
