// What the reader says of the rows: error, fine or unsure. The browser keeps it, and a file takes it back to the command.

const MARKS_OF_ROWS = ['error', 'fine', 'unsure'];

// Kept under the name of the report; where the browser keeps nothing, such as in a frame, until the page is left.
const marks = (() => {
  const key = `mixtura ${report.key}`;
  const found = new Map();
  try {
    for (const [row, mark] of JSON.parse(localStorage.getItem(key) ?? '[]')) if (MARKS_OF_ROWS.includes(mark)) found.set(row, mark);
  } catch { /* The browser keeps nothing here. */ }
  function set(row, mark) {
    if (mark) found.set(row, mark);
    else found.delete(row);
    try {
      localStorage.setItem(key, JSON.stringify([...found]));
    } catch { /* The browser keeps nothing here. */ }
    tellMarks();
  }
  return {of: (row) => found.get(row.row) ?? '', set: (row, mark) => set(row.row, mark), all: () => [...found].sort(([one], [other]) => one - other)};
})();

function marker(row) {
  const choice = element('select', {'aria-label': `Mark of row ${row.row}`, class: marks.of(row)},
    ...['', ...MARKS_OF_ROWS].map((mark) => element('option', {value: mark, ...(mark === marks.of(row) ? {selected: ''} : {})}, mark || '–')));
  choice.addEventListener('change', () => {
    marks.set(row, choice.value);
    choice.className = choice.value;
  });
  return choice;
}

// Marks all rows of a reason that the threshold flags.
function markAll(rows) {
  const choice = element('select', {'aria-label': `Mark ${plural(rows.length, 'row')} of this reason`},
    element('option', {value: ''}, rows.length > 1 ? 'mark all' : 'mark'), ...MARKS_OF_ROWS.map((mark) => element('option', {value: mark}, mark)));
  choice.addEventListener('change', () => {
    for (const row of rows) marks.set(row, choice.value);
    showRows();
  });
  return choice;
}

function tellMarks() {
  const all = marks.all();
  byId('save-marks').disabled = !all.length;
  const counts = MARKS_OF_ROWS.map((mark) => [mark, all.filter(([, one]) => one === mark).length]).filter(([, count]) => count);
  byId('marks-note').textContent = all.length ? `Marked: ${counts.map(([mark, count]) => `${grouped.format(count)} ${mark}`).join(', ')}.` : '';
}

// A field of a CSV file; quoted where it needs be.
const field = (cell) => (/[",\r\n]/.test(cell) ? `"${String(cell).replace(/"/g, '""')}"` : String(cell));

function download(name, lines) {
  const address = URL.createObjectURL(new Blob([lines.map((line) => `${line.map(field).join(',')}\r\n`).join('')], {type: 'text/csv'}));
  const link = element('a', {href: address, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function saveMarks() {
  const rows = new Map(listedRows.map((row) => [row.row, row]));
  download(`${report.name}.marks.csv`, [['row', 'mark', 'score', 'reason'],
    ...marks.all().map(([row, mark]) => [row, mark, rows.get(row)?.score ?? '', guarded(rows.get(row)?.reason ?? '')])]);
}

// The rows that are flagged at the threshold, as far as they are listed, with all that is listed of them.
function saveFlagged() {
  const rows = listedRows.filter((row) => row.flagging <= position).sort((one, other) => other.score - one.score);
  const heads = ['row', 'score', ...(rated ? ['severity'] : []), 'mark', 'reason', ...report.cell_columns];
  download(`${report.name}.flagged.csv`, [heads.map(guarded), ...rows.map((row) =>
    [row.row, row.score, ...(rated ? [row.severity] : []), marks.of(row), row.reason, ...row.cells].map(guarded))]);
}

function startMarks() {
  if (!byId('save-marks')) return;
  byId('save-marks').addEventListener('click', saveMarks);
  byId('save-flagged').addEventListener('click', saveFlagged);
  tellMarks();
}
