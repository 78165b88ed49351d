"""Command line of the benchmarks."""

import argparse
import json
import os
import platform

import numpy
import sklearn

from mixtura import kernels

from .bayesian import bayesian
from .categories import categories
from .columns import columns
from .command import command
from .components import components
from .detection import detection
from .elliptic import elliptic
from .factor import factor
from .far_rows import far_rows
from .forest import forest
from .inference import inference
from .inference_peers import inference_peers
from .inference_rows import inference_rows
from .instruction_sets import instruction_sets
from .levels import levels
from .many_outliers import many_outliers
from .merging import merging
from .missing import missing
from .neighbors import neighbors
from .profile import profile
from .reasons import reasons
from .robust import robust
from .screening import screening
from .search import search
from .small import small
from .suites import fit, iteration, limits, memory, scoring, startup
from .svm import svm

SUITES = {
    suite.__name__: suite
    for suite in (
        iteration,
        scoring,
        fit,
        bayesian,
        categories,
        columns,
        command,
        components,
        missing,
        factor,
        robust,
        elliptic,
        forest,
        inference,
        inference_peers,
        inference_rows,
        neighbors,
        svm,
        detection,
        profile,
        reasons,
        far_rows,
        instruction_sets,
        levels,
        many_outliers,
        search,
        screening,
        small,
        merging,
        memory,
        limits,
        startup,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Mixtura and its peers in turn.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"any of {', '.join(SUITES)}; default: all")
    parser.add_argument("--repeat", type=int, default=5, help="pairs of runs a figure is the median of (default 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    unknown = set(arguments.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    machine = {
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "kernels": kernels.level,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    results = {}
    if not arguments.json:
        print("  ".join(f"{name} {value}" for name, value in machine.items()))
    for name in arguments.suites or SUITES:
        results[name] = []
        if not arguments.json:
            print(f"\n{name}: {SUITES[name].__doc__.split('.')[0]}.", flush=True)
        for row in SUITES[name](arguments.repeat):
            results[name].append(row)
            if not arguments.json:
                print("  " + "  ".join(f"{key} {_figure(value)}" for key, value in row.items()), flush=True)
    if arguments.json:
        print(json.dumps({"machine": machine, **results}, indent=1))


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


main()
