// What all parts share: the data, the threshold and who follows it, numbers and elements. Text from the table enters
// the page through textContent alone.

const report = JSON.parse(document.getElementById('payload').textContent);
const byId = (id) => document.getElementById(id);

// A stop of the slider: [threshold, exact, rows flagged, labelled rows above, anomalies above, rows above].
const stops = report.stops.map(([threshold, exact, flagged, labelled, anomalies, above]) =>
  ({threshold: threshold ?? Infinity, exact, flagged, labelled, anomalies, above}));

const followers = [];
let position = report.chosen;

// Calls `follow` with the position of the slider and its stop, now and whenever it moves.
function followThreshold(follow) {
  followers.push(follow);
  if (stops.length) follow(position, stops[position]);
}

function moveThreshold(to) {
  position = Math.max(0, Math.min(stops.length - 1, to));
  for (const follow of followers) follow(position, stops[position]);
}

const grouped = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});

// Few significant digits, the whole part in full up to a billion; a dash where there is nothing, and words as they are.
function number(value, digits = 4) {
  if (typeof value === 'string') return visible(value);
  if (value === null || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return 'none';
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential(digits - 1).replace(/\.?0+e/, 'e');
  return size >= 10 ** (digits - 1) ? grouped.format(value) : String(Number(value.toPrecision(digits)));
}

// A value as it stands in the table: six digits at least, and the whole part in full.
const asInTable = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(Math.abs(value) < 1e5 ? 6 : 9))) : number(value));

function percent(share) {
  if (!Number.isFinite(share)) return '–';
  const hundredths = 100 * share;
  return (hundredths < 1 ? String(Number(hundredths.toPrecision(2))) : hundredths.toFixed(1).replace(/\.0$/, '')) + '%';
}

const plural = (count, noun) => `${grouped.format(count)} ${noun}${count === 1 ? '' : 's'}`;

// What cannot be seen, written out: controls and marks that turn the direction of a line.
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]/gu;
const visible = (text) => text.replace(unseen, (mark) =>
  `⟨U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);

const shortened = (text, longest = 48) => (text.length > longest ? `${text.slice(0, longest)}…` : text);

// An element with its attributes and what is in it: elements, or text.
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function drawing(name, attributes, ...content) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

// Copies a text; a page opened as a file may not be given the clipboard, so that the old way is kept.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element('textarea', {class: 'unseen', 'aria-hidden': 'true', tabindex: '-1'});
    area.value = text;
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    before?.focus();
    return copied;
  }
}
