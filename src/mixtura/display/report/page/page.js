// The page: the pictures of the rows and of the scores, the slider, and what follows it.

const {points} = report;
const everyPoint = points.row.map((_, at) => at);

function place(name) {
  return name === 'score' ? points.score : points.values[Number(name)];
}

const placeName = (name) => (name === 'score' ? 'anomaly score' : report.views[Number(name)]);

// The range of some values with a little room; without the extremes, that of all but a hundredth at either end.
function range(values, bulk) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (!sorted.length) return [0, 1];
  const off = bulk ? Math.floor(sorted.length / 100) : 0;
  const [low, high] = [sorted[off], sorted[sorted.length - 1 - off]];
  const room = (high - low) / 25 || Math.abs(high) / 10 || 1;
  return [low - room, high + room];
}

function lines(x, y) {
  const found = report.contours.find((one) => [one.x, one.y].join() === `${x},${y}` || [one.y, one.x].join() === `${x},${y}`);
  if (!found) return [];
  const turned = String(found.x) !== x;
  const rows = [];
  found.lines.forEach(([level, steps], path) => {
    for (let step = 0; step < steps.length; step += 2) {
      const at = [0, 1].map((axis) => found.start[axis] + found.step[axis] * steps[step + axis]);
      if (turned) at.reverse();
      rows.push({x: at[0], y: at[1], path, step, color: color('contour'), width: 2 - 0.4 * level});
    }
  });
  return rows;
}

function viewContents() {
  const [x, y] = [byId('view-x').value, byId('view-y').value];
  const [xs, ys] = [place(x), place(y)];
  const shown = everyPoint.filter((at) => xs[at] !== null && ys[at] !== null);
  const bulk = byId('view-bulk').checked;
  const names = [placeName(x), placeName(y)].map((name) => shortened(name));
  const [star, rim] = [color('star'), color('page')];
  const set = shown.map((at) => ({
    x: xs[at], y: ys[at], flagging: points.flagging[at], color: groupColor(points.component[at]),
    mark: MARKS[(points.component[at] ?? 0) % MARKS.length], star, rim,
    tip: [`Row ${points.row[at]}`, `${names[0]}: ${number(xs[at])}`, `${names[1]}: ${number(ys[at])}`,
      `anomaly score: ${number(points.score[at])}`,
      ...(points.severity[at] === null ? [] : [`severity: ${points.severity[at]}`]),
      ...(points.component[at] === null ? [] : [`group ${points.component[at]}`])],
  }));
  // Few rows are easier to see as larger dots.
  const dot = Math.max(14, Math.min(50, 15000 / shown.length));
  const ranges = {dot, x_range: range(shown.map((at) => xs[at]), bulk), y_range: range(shown.map((at) => ys[at]), bulk)};
  const outside = shown.filter((at) => xs[at] < ranges.x_range[0] || xs[at] > ranges.x_range[1]
    || ys[at] < ranges.y_range[0] || ys[at] > ranges.y_range[1]).length;
  const drawn = lines(x, y);
  viewKey(drawn.length > 0);
  viewNote = [
    ...(drawn.length ? [`The lines hold ${report.masses.map(percent).join(', ')} of the probability of the model.`] : []),
    ...(outside ? [`Outside the picture: ${plural(outside, 'row')}.`] : []),
    ...(shown.length < everyPoint.length ? [`Not shown: ${plural(everyPoint.length - shown.length, 'row')} without a value there.`] : [])];
  return {titles: {'@x': names[0], '@y': names[1]}, sets: {points: set, lines: drawn}, ranges};
}

let viewNote = [];

function viewKey(contours) {
  const groups = report.n_components ? Array.from({length: report.n_components}, (_, k) =>
    [MARK_PATHS[k % MARKS.length], `group-${k % report.colors}`, `group ${k}`])
    : [[DOT, 'quiet', 'not flagged']];
  key('view-key', [...groups, ...(stops.length ? [[STAR, 'star', 'flagged']] : []), ...(contours ? [[LINE, 'contour', 'density']] : [])]);
}

function startViews() {
  const view = chart('view', report.charts.scatter, viewContents);
  if (!view) return;
  for (const id of ['view-x', 'view-y', 'view-bulk']) byId(id).addEventListener('change', () => view.draw().then(describe));
  function describe() {
    const drawn = points.flagging.filter((flagging) => flagging <= position).length;
    const {flagged: inAll} = stops[position] ?? {flagged: 0};
    const flagged = drawn < inAll ? `${grouped.format(drawn)} of ${plural(inAll, 'flagged row')} are among them.`
      : points.row.length < report.n_rows ? `${inAll ? 'All' : 'No'} flagged rows are among them.` : '';
    byId('view-note').textContent = [flagged, ...viewNote].join(' ');
    if (!stops.length) byId('view-note').textContent = viewNote.join(' ');
    view.describe(`${placeName(byId('view-y').value)} over ${placeName(byId('view-x').value)}: ` +
      `${plural(points.row.length, 'row')} as dots, ${grouped.format(drawn)} flagged ones as stars. The flagged rows are listed below.`);
  }
  followThreshold((stop) => { view.signal({stop}); describe(); });
  view.draw().then(describe);
}

// Along the axis a score stands at its own place, or, where a few are far above all others, at asinh of its distance.
const {bend} = report.bars;
const placed = (score) => (bend ? Math.asinh((score - bend[0]) / bend[1]) : score);
const unplaced = (at) => (bend ? bend[0] + bend[1] * Math.sinh(at) : at);

// Round scores to write along the axis, so many pixels apart at least.
function scoreTicks([low, high], width) {
  const apart = (high - low) * 56 / Math.max(200, width);
  const found = [];
  const offer = (score) => {
    const at = placed(score);
    if (at >= low && at <= high && found.every((other) => Math.abs(other.at - at) >= apart)) found.push({at, score});
  };
  if (bend) {
    offer(0);
    const top = Math.ceil(Math.log10(Math.max(Math.abs(unplaced(low)), Math.abs(unplaced(high)))));
    for (let power = top; power > top - 6; power -= 1) {
      for (const factor of [1, 5, 2, 3, 4, 6, 7, 8, 9]) for (const sign of [1, -1]) offer(sign * factor * 10 ** power);
    }
  } else {
    const power = 10 ** Math.floor(Math.log10(apart));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= apart);
    for (let place = Math.ceil(low / step); place <= high / step; place += 1) found.push({at: place * step, score: place * step});
  }
  found.sort((one, other) => one.at - other.at);
  return {ticks: found.map(({at}) => at), labels: found.map(({score}) => number(Number(score.toPrecision(6))))};
}

// Of the bar that the threshold falls into, how many rows are above it.
function splitAt(stop) {
  const {edges, counts} = report.bars;
  const bar = counts.findIndex((_, at) => edges[at] < stop.threshold && stop.threshold < edges[at + 1]);
  if (bar < 0) return 0;
  const beyond = counts.slice(bar + 1).reduce((sum, count) => sum + count, 0);
  return Math.max(0, Math.min(counts[bar], stop.above - beyond));
}

function startScores() {
  if (!stops.length) return;
  const {edges, counts} = report.bars;
  const x_range = [placed(edges[0]), placed(edges[edges.length - 1])];
  const axis = () => scoreTicks(x_range, byId('histogram').clientWidth);
  const histogram = chart('histogram', report.charts.histogram, () => ({
    sets: {
      bars: counts.map((n, at) => ({n, from: placed(edges[at]), to: placed(edges[at + 1]), quiet: color('quiet'), flagged: color('star')})),
      cuts: [{ink: color('ink')}],
    },
    ranges: {x_range, y_range: [0, 1.2 * Math.max(1, ...counts)], page: color('page'), ...axis()},
  }));
  const quality = chart('quality', report.charts.quality, () => ({sets: {curve: curve(), cuts: [{ink: color('ink')}]}, ranges: {x_range, ...axis()}}));
  const slider = byId('threshold');
  // To the right is a higher threshold, as in the picture above it.
  slider.addEventListener('input', () => moveThreshold(stops.length - 1 - Number(slider.value)));
  for (const id of ['back', 'back-above']) byId(id).addEventListener('click', () => { moveThreshold(report.chosen); slider.focus(); });
  histogram.listen('click', (event, view) => {
    const box = event.target.getBoundingClientRect();
    const score = view.scale('x').invert(event.clientX - box.left - view.origin()[0]);
    moveThreshold(nearest(unplaced(score)));
  });
  key('quality-key', [[LINE, 'star', 'precision'], [DASHES, 'group-0', 'recall']]);
  followThreshold((at, stop) => {
    slider.value = String(stops.length - 1 - at);
    const words = readings(stop);
    for (const shown of document.querySelectorAll('[data-live]')) shown.textContent = words[shown.dataset.live];
    slider.setAttribute('aria-valuetext', `threshold ${words.threshold}, ${stop.exact ? '' : 'about '}${plural(stop.flagged, 'row')} flagged` +
      (stop.labelled === null ? '' : `, precision ${words.precision}, recall ${words.recall}`));
    byId('approximate').textContent = stop.exact ? '' : 'The counts are approximate here: they come from a sketch of the scores.';
    byId('moved').hidden = at === report.chosen;
    byId('back').disabled = at === report.chosen;
    // A line beyond the last bar is not seen.
    const cut = Number.isFinite(stop.threshold) ? placed(stop.threshold) : 2 * x_range[1] - x_range[0] + 1;
    histogram.signal({cut, split: splitAt(stop)});
    quality?.signal({cut});
    histogram.describe(`Histogram of the anomaly scores from ${number(edges[0])} to ${number(edges[edges.length - 1])}; ` +
      `${plural(stop.flagged, 'row')} are flagged at the threshold ${words.threshold}.`);
    quality?.describe(`Precision and recall over the threshold; at ${words.threshold} precision is ${words.precision} and recall ${words.recall}.`);
  });
  histogram.draw();
  quality?.draw();
}

function nearest(score) {
  let best = 0;
  stops.forEach(({threshold}, at) => {
    if (Math.abs(threshold - score) < Math.abs(stops[best].threshold - score)) best = at;
  });
  return best;
}

function readings({threshold, exact, flagged, labelled, anomalies}) {
  const about = exact ? '' : '≈ ';
  return {
    threshold: number(threshold),
    flagged: about + grouped.format(flagged),
    share: about + percent(flagged / report.n_rows),
    precision: labelled ? about + percent(anomalies / labelled) : '–',
    recall: report.n_anomalies ? about + percent(anomalies / report.n_anomalies) : '–',
  };
}

function curve() {
  return stops.filter((stop) => stop.labelled && Number.isFinite(stop.threshold)).flatMap((stop) => [
    {score: placed(stop.threshold), share: stop.anomalies / stop.labelled, name: 'precision', color: color('star'), dash: [1, 0]},
    {score: placed(stop.threshold), share: stop.anomalies / report.n_anomalies, name: 'recall', color: color('group-0'), dash: [6, 4]},
  ]);
}

function startSearch() {
  if (!byId('search')) return;
  const shapes = [...new Set(report.tried.map(([, shape]) => shape))];
  const criterion = byId('criterion');
  const contents = () => {
    const at = criterion.value === 'BIC' ? 2 : 3;
    const lowest = Math.min(...report.tried.map((one) => one[at]));
    const tried = report.tried.map((one) => {
      const shape = shapes.indexOf(one[1]);
      return {k: one[0], value: one[at], shape, color: groupColor(shape), mark: MARKS[shape % MARKS.length], ink: color('ink'),
        lowest: one[at] === lowest, tip: [`${one[0]} × ${one[1]}`, `${criterion.value} ${number(one[at], 7)}`]};
    }).sort((a, b) => a.k - b.k);
    return {titles: {'@y': `${criterion.value} (lower is better)`}, sets: {tried}};
  };
  const found = chart('search', report.charts.search, contents);
  const redraw = () => {
    const at = criterion.value === 'BIC' ? 2 : 3;
    const best = report.tried.reduce((one, other) => (other[at] < one[at] ? other : one));
    found.describe(`${criterion.value} over the number of components, for ${plural(shapes.length, 'shape')}; the lowest is ` +
      `${number(best[at], 7)} at ${best[0]} × ${best[1]}. The table below has all of them.`);
    found.draw();
  };
  criterion.addEventListener('change', redraw);
  key('search-key', shapes.map((shape, at) => [MARK_PATHS[at % MARKS.length], `group-${at}`, shape]));
  redraw();
}

function startCommand() {
  const button = byId('copy-command');
  button.addEventListener('click', async () => {
    button.textContent = (await copy(byId('command').textContent)) ? 'Copied' : 'Not copied';
    setTimeout(() => { button.textContent = 'Copy the command'; }, 1500);
  });
}

// All flagged rows are printed, up to a number, and not those of one page.
function printRows(printing) {
  list.printing = printing;
  drawReasons();
  if (!byId('rows')) return;
  list.showHeads();
  showRows();
}

// What is folded away is printed all the same.
function startPrinting() {
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('details:not([open])')];
    for (const details of folded) details.open = true;
    dispatchEvent(new Event('resize'));
    printRows(true);
  });
  addEventListener('afterprint', () => {
    for (const details of folded) details.open = false;
    printRows(false);
  });
}

// Sections that the reader folds or unfolds stay so, in every report.
function startFolds() {
  const key = 'mixtura sections';
  const sections = [...document.querySelectorAll('.fold')];
  const nameOf = (fold) => fold.parentElement.id;
  let known = {};
  try {
    known = JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch { /* The browser keeps nothing here. */ }
  for (const fold of sections) {
    if (typeof known[nameOf(fold)] === 'boolean') fold.open = known[nameOf(fold)];
    fold.querySelector('summary').addEventListener('click', () => {
      known[nameOf(fold)] = !fold.open;
      try {
        localStorage.setItem(key, JSON.stringify(known));
      } catch { /* The browser keeps nothing here. */ }
    });
    // A chart that is folded away has no width.
    fold.addEventListener('toggle', () => dispatchEvent(new Event('resize')));
  }
  const unfold = (hash) => {
    const fold = sections.find((one) => `#${nameOf(one)}` === hash);
    if (fold) fold.open = true;
  };
  for (const link of document.querySelectorAll('nav a')) link.addEventListener('click', () => unfold(link.hash));
  unfold(location.hash);
}

document.documentElement.classList.add('scripted');
startFolds();
startRows();
startMarks();
startReasons();
startMap();
startViews();
startScores();
startSearch();
startCommand();
startPrinting();
