// What flagged rows share: the same cells are wrong, in the same direction. The counts follow the threshold.

// Reasons that are shown before the others are asked for.
const FIRST_REASONS = 10;

// What rows of a reason share, in a few words.
const inWords = (reason) => element('bdi', {}, report.reasons[reason][0]);

// Flagged rows by reason, the reasons of most rows first; rows of a reason in the order of their scores.
function byReason() {
  const found = new Map();
  for (const row of listedRows) {
    if (row.flagging > position) continue;
    if (!found.has(row.shared)) found.set(row.shared, []);
    found.get(row.shared).push(row);
  }
  const exact = position === report.chosen;
  const counted = [...found].map(([key, rows]) => ({key, rows, count: Math.max(rows.length, exact ? report.reasons[key][1] : 0)}));
  return counted.sort((one, other) => other.count - one.count || other.rows[0].score - one.rows[0].score);
}

function reasonLine({key, rows, count}) {
  const only = element('button', {type: 'button', 'aria-pressed': String(list.reason === key)}, inWords(key));
  only.addEventListener('click', () => {
    onlyReason(list.reason === key ? null : key);
    if (list.reason !== null) byId('flagged').scrollIntoView();
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
  byId('only').hidden = key === null;
  if (key !== null) byId('only-text').replaceChildren(inWords(key));
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
  const counts = exact && position === report.chosen && report.reasons.some(([, count]) => count) ? 'The counts are of the whole table. ' : '';
  return `${exact ? '' : 'About '}${plural(flagged, 'row')} are flagged. ${counts}This page lists the ${grouped.format(known)} with the highest scores.`;
}

function startReasons() {
  if (!byId('reasons-table') || !stops.length) return;
  byId('more-reasons').addEventListener('click', () => { list.allReasons = true; drawReasons(); });
  byId('all-rows').addEventListener('click', () => onlyReason(null));
  followThreshold(() => {
    if (list.reason !== null && !listedRows.some((row) => row.flagging <= position && row.shared === list.reason)) onlyReason(null);
    else drawReasons();
  });
}
