// What flagged rows share: the same cells are wrong, in the same direction. The counts follow the threshold.

const TOO_LOW = 'too low';
const TOO_HIGH = 'too high';
const UNLIKE = 'unlike';
const NO_NUMBER = 'no number';

// Reasons that are shown before the others are asked for.
const FIRST_REASONS = 10;

const way = ({value, repaired}) => (typeof value === 'string' ? UNLIKE : value < repaired ? TOO_LOW : TOO_HIGH);

const keyOf = (ways) => [...ways].sort(([one], [other]) => one - other).map((pair) => pair.join(' ')).join(', ');

// A text that is the same for rows of the same reason; cells that do not fit their columns come before all else.
function reasonOf(row) {
  row.reasonKey ??= row.strays.size ? keyOf([...row.strays.keys()].map((column) => [column, NO_NUMBER]))
    : keyOf([...row.flagged.values()].map((cell) => [cell.column, way(cell)])) || 'whole';
  return row.reasonKey;
}

// How many rows of the whole table share a reason at the chosen threshold.
const sharedInTable = new Map(report.shared.map(([ways, count]) => [keyOf(ways) || 'whole', count]));

// Parts that may have an "and" of their own stand side by side.
const joined = (parts) => parts.flatMap((part, at) => (at ? [', ', part] : [part]));
const listing = (parts) => parts.flatMap((part, at) => [at === 0 ? '' : at === parts.length - 1 ? ' and ' : ', ', part]);
const namesOf = (columns) => listing(columns.map((column) => element('bdi', {}, report.names[column])));

// What rows share, in a few words: text and names of columns.
function inWords(rows) {
  const [first] = rows;
  if (first.strays.size) return ['no number in ', ...namesOf([...first.strays.keys()])];
  const cells = [...first.flagged.values()].sort((one, other) => one.column - other.column);
  if (!cells.length) return ['unusual as a whole'];
  const same = ({column, value}) => rows.every((row) => row.flagged.get(column).value === value);
  if (cells.every((cell) => typeof cell.value === 'string' || (rows.length > 1 && same(cell)))) return sameWords(rows, cells, same);
  return joined([TOO_LOW, TOO_HIGH, UNLIKE].flatMap((word) => {
    const columns = cells.filter((cell) => way(cell) === word).map(({column}) => column);
    return columns.length ? [element('span', {}, ...namesOf(columns), word === UNLIKE ? ' unlike the other cells' : ` ${word}`)] : [];
  }));
}

// Cells that are the same in all rows are told by their values.
function sameWords(rows, cells, same) {
  const values = [...new Set(cells.map((cell) => (same(cell) ? asInTable(cell.value) : null)))];
  return listing(values.map((value) => {
    const columns = cells.filter((cell) => (same(cell) ? asInTable(cell.value) : null) === value).map(({column}) => column);
    const verb = columns.length > 1 ? ' are ' : ' is ';
    return element('span', {}, ...namesOf(columns), value === null ? `${verb}unlike the other cells` : verb, ...(value === null ? [] : [element('bdi', {}, value)]));
  }));
}

// Flagged rows by reason, the reasons of most rows first; rows of a reason in the order of their scores.
function byReason() {
  const found = new Map();
  for (const row of listedRows) {
    if (row.flagging > position) continue;
    const key = reasonOf(row);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  const exact = position === report.chosen;
  const counted = [...found].map(([key, rows]) => ({key, rows, count: Math.max(rows.length, (exact && sharedInTable.get(key)) || 0)}));
  return counted.sort((one, other) => other.count - one.count || other.rows[0].score - one.rows[0].score);
}

function reasonLine({key, rows, count}) {
  const only = element('button', {type: 'button', 'aria-pressed': String(list.reason === key)}, ...inWords(rows));
  only.addEventListener('click', () => {
    onlyReason(list.reason === key ? null : key);
    if (list.reason) byId('flagged').scrollIntoView();
  });
  const open = element('button', {type: 'button', 'aria-label': `Row ${rows[0].row}, explain`}, `row ${rows[0].row}`);
  open.addEventListener('click', () => openRow(rows[0]));
  return element('tr', {}, element('th', {scope: 'row'}, only), element('td', {class: 'number'}, grouped.format(count)),
    element('td', {class: 'example'}, open, ' ', element('bdi', {}, rows[0].reason)), element('td', {class: 'actions'}, markAll(rows)));
}

// Lists the rows of one reason only, or all again.
function onlyReason(key) {
  list.reason = key;
  list.page = 0;
  byId('only').hidden = !key;
  if (key) byId('only-text').replaceChildren(...inWords(listedRows.filter((row) => row.flagging <= position && reasonOf(row) === key)));
  showRows();
  drawReasons();
}

function drawReasons() {
  const body = byId('reasons-table')?.tBodies[0];
  if (!body) return;
  const all = byReason();
  const shown = list.allReasons || list.printing ? all : all.slice(0, FIRST_REASONS);
  body.replaceChildren(...shown.map(reasonLine));
  byId('reasons-part').hidden = !all.length;
  byId('more-reasons').hidden = shown.length === all.length;
  byId('more-reasons').textContent = `Show ${plural(all.length - shown.length, 'more reason')}`;
  byId('reasons-note').textContent = reasonsNote(all);
}

function reasonsNote(all) {
  if (!all.length) return 'No row is flagged at this threshold.';
  const {flagged, exact} = stops[position];
  const known = all.reduce((sum, {rows}) => sum + rows.length, 0);
  if (flagged <= known) return '';
  const counts = exact && position === report.chosen && sharedInTable.size ? 'The counts are of the whole table. ' : '';
  return `${exact ? '' : 'About '}${plural(flagged, 'row')} are flagged. ${counts}This page lists the ${grouped.format(known)} with the highest scores.`;
}

function startReasons() {
  if (!byId('reasons-table') || !stops.length) return;
  byId('more-reasons').addEventListener('click', () => { list.allReasons = true; drawReasons(); });
  byId('all-rows').addEventListener('click', () => onlyReason(null));
  followThreshold(() => {
    if (list.reason && !listedRows.some((row) => row.flagging <= position && reasonOf(row) === list.reason)) onlyReason(null);
    else drawReasons();
  });
}
