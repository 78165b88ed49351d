// The list of rows: filtered, sorted, a page at a time.

// The fields of a listed row, in the order of the data.
const listedRows = report.rows.map(([row, score, severity, flagging, component, label, reason, cells, told, surprise, scoreAfter, strays, shared]) => {
  const deviations = told.map(([column, value, expected, share, repaired, other]) => ({column, value, expected, share, repaired, other}));
  return {row, score, severity, flagging, component, label, reason, cells, deviations, surprise, scoreAfter, shared,
    flagged: flaggedCells({deviations}), others: otherCells({deviations}), strays: new Map(strays), text: [row, reason, ...cells].join('\n').toLowerCase()};
});

const PER_PAGE = 25;
const MOST_PRINTED = 500;

const rated = listedRows.every((row) => row.severity !== null);
const labelled = listedRows.some((row) => row.label !== null);
const inGroups = listedRows.some((row) => row.component !== null);
const labelText = (label) => (label === null ? '–' : label ? 'anomaly' : 'normal');

// Of very many columns rows are listed with a few; where others have flagged cells, each row tells its own.
const beyond = listedRows.some((row) => [...row.flagged.keys(), ...row.strays.keys()].some((column) => !report.cell_names.includes(column)));

// The columns: a title, the value that sorts, and what the cell shows; the title of some needs a word more.
const columns = [
  {title: 'row', value: (row) => row.row, show: explainer, kind: 'head'},
  {title: 'score', value: (row) => row.score, show: (row) => (list.repairing ? repairedScore(row) : [number(row.score)]), kind: 'number', highest: true},
  // Of rows that are all too rare for its digits, those of higher score are the rarer ones.
  ...(rated ? [{title: 'severity', value: (row) => row.score, show: (row) => row.severity, kind: 'number', highest: true,
    meaning: 'Rarer than this share of rows like these, in percent'}] : []),
  {title: 'why', value: (row) => row.reason, show: (row) => row.reason, kind: 'why'},
  ...(beyond ? [{title: 'flagged cells', value: (row) => row.flagged.size, show: ownCells, kind: 'own', highest: true}] : []),
  ...(byId('save-marks') ? [{title: 'mark', value: (row) => marks.of(row), show: marker, kind: 'actions'}] : []),
  {title: '', show: copier, kind: 'actions'},
  ...(inGroups ? [{title: 'group', cell: true, value: (row) => row.component, show: (row) => row.component ?? '–'}] : []),
  ...(labelled ? [{title: 'label', cell: true, value: (row) => labelText(row.label), show: (row) => labelText(row.label)}] : []),
  ...report.cell_columns.map((title, position) => cellColumn(title, position)),
];

function cellColumn(title, position) {
  const filled = listedRows.map((row) => row.cells[position]).filter((cell) => cell.trim() !== '');
  const numeric = filled.length > 0 && filled.every((cell) => Number.isFinite(Number(cell)));
  return {
    title,
    cell: true,
    kind: numeric ? 'number' : '',
    value: numeric ? (row) => (row.cells[position].trim() === '' ? null : Number(row.cells[position]))
      : (row) => row.cells[position],
    show: (row) => cellOf(row, position),
    wrong: (row) => flaggedAt(row, position) !== undefined || row.strays.has(report.cell_names[position]),
    either: (row) => otherAt(row, position) !== undefined,
  };
}

function cellOf(row, position) {
  const [cell, found] = [visible(row.cells[position]), flaggedAt(row, position)];
  if (found) return flaggedCell(cell, found, list.repairing);
  const stray = row.strays.has(report.cell_names[position]);
  return [element('bdi', {}, cell), ...(stray ? [small('not a number')] : []), ...(otherAt(row, position) ? [small(OR_THIS)] : [])];
}

// Said of a cell that explains the row as well as the flagged one.
const OR_THIS = 'or this';

// The flagged cells of a row, whatever columns the list has.
function ownCells(row) {
  const mark = list.repairing ? 'wrong repaired' : 'wrong';
  const one = (name, column, ...content) => element('span', {class: name}, element('bdi', {}, shortened(report.names[column])), ' ', ...content);
  return [...[...row.strays].map(([column, text]) => one(mark, column, element('bdi', {}, text), small('not a number'))),
    ...[...row.flagged.values()].map((found) => one(mark, found.column, ...flaggedCell(asInTable(found.value), found, list.repairing))),
    ...[...row.others.values()].map(({column, value}) => one('either', column, element('bdi', {}, asInTable(value)), small(OR_THIS)))];
}

// What a row has in a column of the list, repaired where repaired rows are shown.
function written(cell, row, position) {
  const found = list.repairing && flaggedAt(row, position);
  return found ? found.repaired : cell;
}

const collator = new Intl.Collator('en', {numeric: true});

function compare(one, other) {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return typeof one === 'number' ? one - other : collator.compare(one, other);
}

// A spreadsheet takes a cell that starts with one of these for a formula; an apostrophe makes it text.
function guarded(cell) {
  const text = String(cell).replace(/[\t\r\n]+/g, ' ');
  const formula = /^[=+\-@\t\r]/.test(String(cell)) && !Number.isFinite(Number(cell));
  return formula ? `'${text}` : text;
}

function asLine(row) {
  return [row.row, row.score, ...(rated ? [row.severity] : []), row.reason, ...(inGroups ? [row.component ?? ''] : []),
    ...(labelled ? [row.label === null ? '' : labelText(row.label)] : []), ...row.cells.map((cell, at) => written(cell, row, at))].map(guarded).join('\t');
}

const list = {sorted: 1, descending: true, page: 0, open: new Set(), repairing: false, reason: null};

function chosenRows() {
  const words = byId('filter').value.toLowerCase().trim();
  const all = byId('unflagged').checked;
  const rows = listedRows.filter((row) => (all || row.flagging <= position) && (list.reason === null || row.shared === list.reason) && (!words || row.text.includes(words)));
  const {value} = columns[list.sorted];
  const direction = list.descending ? -1 : 1;
  // Missing values stay last in either direction; rows that are equal stay in the order of the data.
  return rows.sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    return a === null || b === null ? compare(a, b) : direction * compare(a, b);
  });
}

function showRows() {
  const rows = chosenRows();
  const pages = Math.max(1, Math.ceil(rows.length / PER_PAGE));
  list.page = Math.min(list.page, pages - 1);
  const first = list.printing ? 0 : list.page * PER_PAGE;
  const printed = Math.max(PER_PAGE, Math.min(MOST_PRINTED, rows.filter((row) => row.flagging <= position).length));
  const shown = rows.slice(first, first + (list.printing ? printed : PER_PAGE));
  byId('rows').tBodies[0].replaceChildren(...shown.flatMap(tableRows));
  byId('listed').textContent = counted(rows.length, first, shown.length);
  byId('page').textContent = `Page ${list.page + 1} of ${pages}`;
  byId('previous').disabled = list.page === 0;
  byId('next').disabled = list.page === pages - 1;
}

function counted(found, first, shown) {
  const {flagged, exact} = stops[position] ?? {flagged: 0, exact: true};
  const all = byId('unflagged').checked;
  const searched = byId('filter').value.trim() !== '';
  const inList = all ? listedRows.length : listedRows.filter((row) => row.flagging <= position).length;
  const what = !stops.length ? 'unusual' : all ? 'listed' : 'flagged';
  let text = shown === 0 ? (searched ? 'No row has this text' : 'No row is flagged')
    : shown === found ? `${plural(found, what + ' row')}` : `${grouped.format(first + 1)} to ${grouped.format(first + shown)} of ${plural(found, what + ' row')}`;
  if (list.reason !== null && shown) text += ' of this reason';
  if (searched && shown) text += ` with this text, of ${grouped.format(inList)}`;
  text += '.';
  if (!all && list.reason === null && flagged > inList) text += ` ${exact ? '' : 'About '}${plural(flagged, 'row')} are flagged in the table; the ${grouped.format(listedRows.length)} most anomalous are listed here.`;
  return text;
}

// The number of a row, which opens and closes its explanation.
function explainer(row) {
  const button = element('button', {type: 'button', 'aria-expanded': String(list.open.has(row.row)),
    'aria-label': `Row ${row.row}, explain`}, String(row.row));
  button.addEventListener('click', () => {
    if (!list.open.delete(row.row)) list.open.add(row.row);
    showRows();
    byId('rows').querySelector(`[data-row="${row.row}"] [aria-expanded]`)?.focus();
  });
  return button;
}

function copier(row) {
  const button = element('button', {type: 'button', 'aria-label': `Copy row ${row.row}`}, 'copy');
  button.addEventListener('click', async () => {
    const done = await copy(asLine(row));
    byId('copied').textContent = done ? `Row ${row.row} is copied.` : 'The browser did not let the row be copied.';
    button.textContent = done ? 'copied' : 'not copied';
    setTimeout(() => { button.textContent = 'copy'; }, 1500);
  });
  return button;
}

function tableRows(row) {
  const cells = columns.map(({title, show, kind, cell, wrong, either}) => {
    if (kind === 'head') return element('th', {scope: 'row'}, show(row));
    if (kind === 'actions') return element('td', {class: kind}, show(row));
    const names = [kind, cell ? 'cell' : '', wrong?.(row) ? (list.repairing ? 'wrong repaired' : 'wrong') : '', either?.(row) ? 'either' : ''].filter(Boolean).join(' ');
    const shown = show(row);
    return element('td', {...(names ? {class: names} : {}), ...(cell ? {'data-title': title} : {})}, ...(Array.isArray(shown) ? shown : [element('bdi', {}, String(shown))]));
  });
  const mark = row.flagging <= position ? 'flagged' : 'unflagged';
  const line = element('tr', {'data-row': row.row, class: mark}, ...cells);
  return list.open.has(row.row) ? [line, detail(row)] : [line];
}

function detail(row) {
  return element('tr', {class: 'detail'}, element('td', {colspan: columns.length}, ...explanation(row)));
}

// Shows a row of the list with its explanation, wherever it stands.
function openRow(row) {
  byId('filter').value = '';
  onlyReason(null);
  list.open.add(row.row);
  list.page = Math.max(0, Math.floor(chosenRows().indexOf(row) / PER_PAGE));
  showRows();
  byId('rows').querySelector(`[data-row="${row.row}"] [aria-expanded]`)?.focus();
}

function switchRepairs() {
  list.repairing = byId('repaired').checked;
  const note = byId('repaired-note');
  note.hidden = !list.repairing;
  note.textContent = list.repairing ? 'The flagged cells are replaced by what the other cells predict: a guess. ' +
    'Rows without flagged cells stay as they are.' : '';
  showRows();
}

function startRows() {
  if (!byId('rows')) return;
  const heads = columns.map(({title, kind, cell, highest, meaning}, at) => {
    if (!title) return element('td', {class: kind});
    const button = element('button', {type: 'button', ...(meaning ? {title: meaning} : {})}, element('bdi', {}, title));
    const head = element('th', {scope: 'col', ...headClass(kind, cell)}, button);
    button.addEventListener('click', () => {
      list.descending = list.sorted === at ? !list.descending : Boolean(highest);
      list.sorted = at;
      list.page = 0;
      markSorted(heads);
      showRows();
    });
    return head;
  });
  markSorted(heads);
  const [asked, printed] = [element('tr', {}, ...heads), element('tr', {}, ...columns.map(printedHead))];
  list.showHeads = () => byId('rows').tHead.replaceChildren(list.printing ? printed : asked);
  list.showHeads();
  byId('filter').addEventListener('input', () => { list.page = 0; showRows(); });
  byId('unflagged').addEventListener('change', () => { list.page = 0; showRows(); });
  byId('repaired').addEventListener('change', switchRepairs);
  byId('previous').addEventListener('click', () => { list.page -= 1; showRows(); });
  byId('next').addEventListener('click', () => { list.page += 1; showRows(); });
  if (!stops.length || stops[position].flagged === 0) byId('unflagged').checked = true;
  followThreshold(() => { list.page = 0; showRows(); });
  if (!stops.length) showRows();
}

function headClass(kind, cell) {
  const names = [['number', 'actions'].includes(kind) ? kind : '', cell ? 'cell' : ''].filter(Boolean).join(' ');
  return names ? {class: names} : {};
}

// Browsers repeat a head at the top of each printed page if no button is in it.
function printedHead({title, kind, cell}) {
  return element(title ? 'th' : 'td', {...(title ? {scope: 'col'} : {}), ...headClass(kind, cell)}, title);
}

function markSorted(heads) {
  heads.forEach((head, at) => {
    if (at === list.sorted) head.setAttribute('aria-sort', list.descending ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  });
}
