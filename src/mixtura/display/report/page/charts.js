// The charts: their specifications are in the data of the page; here they get values, titles and the reader's colours.

const darkness = matchMedia('screen and (prefers-color-scheme: dark)');
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function groupColor(component) {
  if (component === null) return color('quiet');
  return color(`group-${component % report.colors}`);
}

function look() {
  const font = getComputedStyle(document.body).fontFamily;
  const words = {labelColor: color('soft'), titleColor: color('ink'), labelFont: font, titleFont: font,
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, titlePadding: 8};
  // The element around a chart says what it shows; marks need no words of their own.
  return {background: null, font, aria: false, axis: {...words, gridColor: color('line'), domainColor: color('line'),
    tickColor: color('line'), labelLimit: 120, titleLimit: 320}, view: {stroke: null}};
}

const tip = byId('tip');

// Shows what a mark says beside the pointer.
function showTip(handler, event, item, value) {
  const lines = value && item?.datum?.tip;
  tip.hidden = !lines;
  if (!lines) return;
  tip.replaceChildren(...lines.map((line) => element('div', {}, line)));
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8))}px`;
}

// A chart of an element: `contents()` gives its titles, its rows by name of the set, its signals and its description.
// It is drawn again when the colour scheme changes, and anew by `draw`; `signal` changes one value at once.
function chart(id, spec, contents) {
  const place = byId(id);
  if (!place) return null;
  const inner = element('div');
  place.replaceChildren(inner);
  let view = null;
  let turn = 0;
  const signals = {};

  async function draw() {
    const mine = ++turn;
    const {titles = {}, sets, ranges = {}} = contents();
    const drawn = element('div');
    inner.append(drawn);
    const made = await vegaEmbed(drawn, {...spec, datasets: sets}, {
      mode: 'vega-lite', ast: true, actions: false, renderer: 'canvas', defaultStyle: false, tooltip: showTip,
      config: look(), formatLocale: {decimal: '.', thousands: ',', grouping: [3], currency: ['$', ''], minus: '-'}, patch: (vega) => completed(vega, titles, {...ranges, ...signals})});
    if (mine !== turn) {
      made.finalize();
      drawn.remove();
      return;
    }
    view?.finalize();
    for (const old of [...inner.children]) if (old !== drawn) old.remove();
    view = made.view;
    for (const [name, value] of Object.entries(signals)) view.signal(name, value);
    await view.runAsync();
    place.dataset.drawn = darkness.matches ? 'dark' : 'light';
  }

  darkness.addEventListener('change', draw);
  return {
    draw,
    describe: (text) => place.setAttribute('aria-label', text),
    scale: (name) => view?.scale(name),
    listen: (type, heard) => place.addEventListener(type, (event) => view && heard(event, view)),
    signal(values) {
      Object.assign(signals, values);
      if (!view) return;
      for (const [name, value] of Object.entries(values)) view.signal(name, value);
      view.runAsync();
    },
  };
}

// Puts titles and values into a compiled chart. Vega-Lite, which compiles it, would write titles into expressions without
// quoting all of them; in the compiled chart a title is text.
function completed(vega, titles, values) {
  for (const signal of vega.signals ?? []) if (signal.name in values) signal.value = values[signal.name];
  for (const axis of vega.axes ?? []) if (axis.title in titles) axis.title = titles[axis.title];
  return vega;
}

// A key of a chart: a mark and a word for each entry.
function key(id, entries) {
  byId(id)?.replaceChildren(...entries.map(([shape, fill, text]) => element('span', {},
    drawing('svg', {viewBox: '-1.2 -1.2 2.4 2.4', width: 14, height: 14, 'aria-hidden': 'true', class: fill},
      drawing('path', {d: shape})), text)));
}

const DOT = 'M-.6 0a.6 .6 0 1 0 1.2 0a.6 .6 0 1 0 -1.2 0Z';
const STAR = 'M0,-1L0.2245,-0.309L0.9511,-0.309L0.3633,0.118L0.5878,0.809L0,0.382L-0.5878,0.809L-0.3633,0.118' +
  'L-0.9511,-0.309L-0.2245,-0.309Z';
const LINE = 'M-1.1-.15H1.1V.15H-1.1Z';
const DASHES = 'M-1.1-.15H-.4V.15H-1.1ZM.4-.15H1.1V.15H.4Z';

// Marks of groups and of shapes: five of them and six colours make thirty that differ.
const MARKS = ['circle', 'square', 'diamond', 'triangle-up', 'cross'];
const MARK_PATHS = [DOT, 'M-.55-.55H.55V.55H-.55Z', 'M0-.8L.8 0L0 .8L-.8 0Z', 'M0-.7L.75 .6H-.75Z',
  'M-.25-.7H.25V-.25H.7V.25H.25V.7H-.25V.25H-.7V-.25H-.25Z'];
