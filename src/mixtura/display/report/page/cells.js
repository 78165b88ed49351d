// The flagged cells of the listed rows: what they are, what the other cells predict, what they add to the surprise.

const RISEN = 'risen';
const FALLEN = 'fallen';

// The flagged cells of a row by the number of their column.
function flaggedCells(row) {
  return new Map(row.deviations.filter(({repaired}) => repaired !== null).map((one) => [one.column, one]));
}

// A value that is no number is neither above nor below what is predicted.
const direction = ({value, repaired}) => (value > repaired || typeof value === 'string' ? RISEN : FALLEN);

// The cells that explain a row as well as the flagged ones, by the number of their column.
function otherCells(row) {
  return new Map(row.deviations.filter(({other}) => other).map((one) => [one.column, one]));
}

// The flagged cell that stands in a column of the list, or the other one.
const flaggedAt = (row, position) => row.flagged.get(report.cell_names[position]);
const otherAt = (row, position) => row.others.get(report.cell_names[position]);

function small(...content) {
  return element('small', {}, ...content);
}

// A flagged cell with what is predicted below it, or the other way round.
function flaggedCell(cell, found, repairing) {
  const predicted = asInTable(found.repaired);
  return repairing
    ? [element('bdi', {}, predicted), small(element('span', {class: 'unseen'}, 'was '), element('s', {}, element('bdi', {}, cell)))]
    : [element('bdi', {}, cell), small(element('span', {class: 'unseen'}, 'predicted: '), `≈ ${predicted}`)];
}

const limit = () => stops[position]?.threshold ?? Infinity;

// How a score lies to the threshold, in words; nothing where there is none.
function besides(score) {
  if (!Number.isFinite(limit())) return '';
  return `${score > limit() ? 'still above' : 'not above'} ${number(limit())}`;
}

// The score of a repaired row, with what it was.
function repairedScore(row) {
  if (row.scoreAfter === null) return [number(row.score)];
  return [number(row.scoreAfter), small(`was ${number(row.score)}`), small(besides(row.scoreAfter))];
}

// What is said of a row once its flagged cells are replaced: text and names.
function verdict(row) {
  const threshold = Number.isFinite(limit()) ? `, threshold ${number(limit())}` : '';
  const start = `Score ${number(row.score)}${threshold}. `;
  if (row.scoreAfter === null) {
    return [start + (row.flagging <= position || !stops.length ? 'The row is unusual as a whole: no few cells explain it.' : 'No cell is flagged.')];
  }
  const cells = [...row.flagged.values()].flatMap(({column, repaired}, at, {length}) => [
    at === 0 ? '' : at === length - 1 ? ' and ' : ', ', element('bdi', {}, report.names[column]), ` = ${asInTable(repaired)}`]);
  const words = besides(row.scoreAfter);
  return [`${start}With `, ...cells, ` it is ${number(row.scoreAfter)}${words && `, ${words}`}.`];
}

// A bar to the right of zero for what adds to the surprise, to the left for what takes from it.
function bar(share, shares) {
  const [low, high] = [Math.min(0, ...shares), Math.max(0, ...shares)];
  const place = (value) => (high > low ? 1 + 98 * (value - low) / (high - low) : 1);
  const [start, end] = [place(Math.min(0, share)), place(Math.max(0, share))];
  return drawing('svg', {class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
    drawing('path', {class: share > 0 ? RISEN : FALLEN, d: `M${start.toFixed(1)} 1H${end.toFixed(1)}V9H${start.toFixed(1)}Z`}),
    drawing('path', {class: 'zero', 'vector-effect': 'non-scaling-stroke', d: `M${place(0).toFixed(1)} 0V10`}));
}

function nats(share) {
  return Math.abs(share) >= 1000 ? number(share) : share.toFixed(Math.abs(share) >= 100 ? 1 : 2);
}

// Why a row stands out: the columns that tell most, what all others add, and the sum.
function explanation(row) {
  const named = row.deviations.reduce((sum, {share}) => sum + share, 0);
  const rest = row.surprise - named;
  const left = report.n_columns - row.deviations.length;
  const shares = [...row.deviations.map(({share}) => share), ...(left > 0 ? [rest] : [])];
  const lines = row.deviations.map((one) => element('tr', {},
    element('th', {scope: 'row'}, element('bdi', {}, report.names[one.column])),
    element('td', {class: one.other ? 'number either' : one.repaired === null ? 'number' : 'number wrong'}, asInTable(one.value)),
    element('td', {class: 'number'}, one.repaired === null ? number(one.expected) : asInTable(one.repaired)),
    element('td', {class: 'number'}, nats(one.share)),
    element('td', {}, bar(one.share, shares))));
  if (left > 0) {
    lines.push(element('tr', {}, element('th', {scope: 'row'}, plural(left, 'other column')), element('td'), element('td'),
      element('td', {class: 'number'}, nats(rest)), element('td', {}, bar(rest, shares))));
  }
  const heads = ['column', 'value', 'predicted', 'surprise (nats)'].map((title, at) =>
    element('th', at ? {scope: 'col', class: 'number'} : {scope: 'col'}, title));
  const sum = element('tr', {}, element('th', {scope: 'row'}, 'in all'), element('td'), element('td'),
    element('td', {class: 'number'}, nats(row.surprise)), element('td'));
  return [
    element('p', {}, ...verdict(row)),
    element('table', {class: 'explanation'}, element('caption', {}, `Why row ${row.row} stands out`),
      element('thead', {}, element('tr', {}, ...heads, element('td'))), element('tbody', {}, ...lines),
      element('tfoot', {}, sum)),
    element('p', {class: 'aside'}, 'Nats measure how much more surprising the row is than an ordinary one, and how much of that each ' +
      'column adds (its Shapley value). A value below zero is more usual than most.')];
}

// The map: a line for each flagged row, a column for each that has flagged cells, those with most of them first.
const MOST_LINES = 120;
const MOST_COLUMNS = 40;
const MAP_HEIGHT = 360;
const WIDEST = 180;
const NARROWEST = 22;
const LABEL = 24;
const LETTER = 7;

function countedColumns(rows) {
  const counts = new Map();
  for (const row of rows) for (const column of row.flagged.keys()) counts.set(column, (counts.get(column) ?? 0) + 1);
  return [...counts].sort(([one, many], [other, more]) => more - many || one - other);
}

// Rows with the same flagged cells stand together, those of the first column first.
function inBlocks(rows, columns) {
  const pattern = new Map(rows.map((row) => [row, columns.map(([column]) => Number(row.flagged.has(column)))]));
  return [...rows].sort((one, other) => {
    const [a, b] = [pattern.get(one), pattern.get(other)];
    const at = a.findIndex((here, place) => here !== b[place]);
    return at < 0 ? other.score - one.score : b[at] - a[at];
  });
}

function drawMap() {
  const part = byId('map-part');
  const rows = listedRows.filter((row) => row.flagging <= position);
  const told = rows.filter((row) => row.flagged.size);
  part.hidden = !told.length;
  if (!told.length) return;
  const all = countedColumns(told);
  const columns = all.slice(0, MOST_COLUMNS);
  const lines = inBlocks([...told].sort((one, other) => other.score - one.score).slice(0, MOST_LINES), columns);
  const wide = Math.min(WIDEST, Math.max(NARROWEST, (byId('map').clientWidth || 700) / columns.length));
  const tall = Math.min(16, Math.max(3, MAP_HEIGHT / lines.length));
  const labels = columns.map(([column, count]) => `${shortened(report.names[column], LABEL)} · ${grouped.format(count)}`);
  const longest = Math.max(...labels.map((label) => label.length)) * LETTER;
  const upright = longest > wide;
  const top = upright ? longest + 6 : 20;
  const [width, height] = [Math.ceil(columns.length * wide), Math.ceil(top + lines.length * tall)];
  const gap = tall > 5 ? 1 : 0;
  const cells = [];
  lines.forEach((row, line) => columns.forEach(([column], at) => {
    const found = row.flagged.get(column);
    if (!found) return;
    const cell = drawing('rect', {class: direction(found), x: at * wide + 1, y: top + line * tall, width: wide - 2, height: tall - gap});
    cell.append(drawing('title', {}, `Row ${row.row}, ${report.names[column]}: ${asInTable(found.value)}, predicted ${asInTable(found.repaired)}`));
    cell.addEventListener('click', () => openRow(row));
    cells.push(cell);
  }));
  const words = labels.map((label, at) => drawing('text', upright
    ? {transform: `translate(${(at + 0.5) * wide + 4} ${top - 6}) rotate(-90)`}
    : {x: (at + 0.5) * wide, y: 14, 'text-anchor': 'middle'}, label));
  const ground = columns.map((_, at) => drawing('rect', {class: 'ground', x: at * wide + 1, y: top, width: wide - 2, height: height - top}));
  byId('map').replaceChildren(drawing('svg', {viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
    'aria-label': `Flagged cells of ${plural(told.length, 'row')}: ${labels.slice(0, 10).join(', ')}. The rows are listed below.`},
  ...ground, ...cells, ...words));
  byId('map-note').textContent = mapNote(rows.length, told.length, lines.length, all.length);
}

function mapNote(flagged, told, drawn, counted) {
  const said = ['Each line is a flagged row. The number beside a column counts its flagged cells. Rows with the same flagged cells are together.'];
  if (drawn < told) said.push(`Showing the ${plural(drawn, 'row')} with the highest scores.`);
  if (told < flagged) said.push(`Not drawn: ${plural(flagged - told, 'row')} unusual as a whole, without a flagged cell.`);
  if (counted > MOST_COLUMNS) said.push(`Not drawn: ${plural(counted - MOST_COLUMNS, 'column')} with fewer flagged cells.`);
  if (counted < report.n_columns) said.push(`No flagged cell: ${plural(report.n_columns - counted, 'column')}.`);
  return said.join(' ');
}

function startMap() {
  if (!byId('map')) return;
  const square = 'M-.8-.8H.8V.8H-.8Z';
  key('map-key', [[square, RISEN, 'above what the other cells predict'], [square, FALLEN, 'below']]);
  followThreshold(drawMap);
}
