// Draws the charts of the insights page from the numbers in the tables beside them. uPlot is loaded before this.

const root = document.documentElement;
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const HEIGHT = 240;
const DASHES = [[], [7, 4]];

function colour(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

function axis(format) {
  return {
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
    font: "12.5px system-ui, sans-serif",
    values: format,
  };
}

function describe(names, tones) {
  const steps = { label: "Day", value: (_, at) => (at === null ? "–" : day.format(at * 1000)) };
  const lines = names.map((label, place) => ({
    label,
    stroke: () => colour(tones[place]),
    fill: place === 0 ? () => `${colour(tones[place])}22` : undefined,
    width: 2.25,
    dash: DASHES[place],
    points: { size: 6 },
    value: (_, number) => (number === null ? "–" : String(number)),
  }));
  return [steps, ...lines];
}

function draw(element) {
  const data = JSON.parse(element.dataset.chart);
  const shown = element.dataset.show.split(",").map(Number);
  const columns = shown.map((place) => data.columns[place]);
  const most = Math.max(4, ...columns.flat());
  element.hidden = false;
  const options = {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    series: describe(shown.map((place) => data.names[place]), element.dataset.tones.split(",")),
    scales: { y: { range: [0, most * 1.1] } },
    axes: [axis((_, times) => times.map((at) => short.format(at * 1000))), { ...axis((_, ticks) => ticks.map((n) => (Number.isInteger(n) ? String(n) : ""))), size: 44 }],
    cursor: { drag: { x: false, y: false } },
  };
  const chart = new window.uPlot(options, [data.times, ...columns], element);
  new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT })).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw(false));
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", `Chart: ${shown.map((place) => data.names[place]).join(" and ")} over time. The numbers are in the table.`);
}

for (const element of document.querySelectorAll("[data-chart]")) draw(element);
// With a chart above them the numbers can wait to be asked for.
document.querySelector("[data-chart-numbers]")?.removeAttribute("open");
