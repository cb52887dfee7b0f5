// Draws Plotly figures in the page's own colours, and again when the theme changes.
import { icon, make } from "./content.js";
import { ask } from "./http.js";

// plotly.js puts style elements into the page unless elements with these ids are there already. The first holds its general
// rules (ours are in plots.css), the second those of a map library that no figure here uses.
const ITS_STYLES = "plotly.js-style-global";
const ITS_MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

/** The colours of a theme by token name: of the page, or of the light theme for paper and for pictures that are passed on. */
function paletteOf(theme) {
  const element = theme ? make("span", { "data-bs-theme": theme, hidden: true }) : document.documentElement;
  if (theme) document.body.append(element);
  const style = getComputedStyle(element);
  const known = new Map();
  const token = (name) => known.get(name) ?? known.set(name, style.getPropertyValue(`--ld-${name}`).trim()).get(name);
  ALL.forEach(token);
  if (theme) element.remove();
  return token;
}

const ALL = ["surface", "raised", "line", "line-strong", "text", "text-2", "accent", "font", "c1", "c1-soft", "c2", "c3", "c4", "c5", "b0", "b1", "b2", "b3", "b4"]
  .concat(["good", "warn", "bad", "info", "mute"].flatMap((tone) => [tone, tone + "-mark", tone + "-soft"]));
const IDLE_MS = 1500;
let library = null;

function loadStyles() {
  if (document.getElementById(ITS_STYLES)) return;
  const sheet = new URL("../css/plots.css", import.meta.url).href;
  document.head.append(
    make("link", { id: ITS_STYLES, class: "no-inline-styles", rel: "stylesheet", href: sheet }),
    make("meta", { id: ITS_MAP_STYLES, name: "plot-map-styles" }),
  );
}

function loadLibrary(url) {
  library ??= new Promise((resolve, reject) => {
    loadStyles();
    const script = make("script", { src: url });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.min.js did not load"));
    document.head.append(script);
  });
  return library;
}

/** A copy of a figure in which every "var(--ld-c1)" is a colour of the theme. */
function coloured(value, token) {
  if (typeof value === "string") return value.replace(/var\(--ld-([a-z0-9-]+)\)/g, (whole, name) => token(name) || whole);
  if (Array.isArray(value)) return value.map((one) => coloured(one, token));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, token)]));
  return value;
}

const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** `over` laid upon `under`, deeply. */
function laid(under, over) {
  const result = { ...under };
  for (const [key, value] of Object.entries(over ?? {})) result[key] = isPlain(value) && isPlain(under?.[key]) ? laid(under[key], value) : value;
  return result;
}

function look(figure, token) {
  const axis = {
    gridcolor: token("line"),
    linecolor: token("line-strong"),
    tickcolor: token("line-strong"),
    zeroline: false,
    automargin: true,
    ticks: "",
    fixedrange: true,
    tickfont: { size: 11, color: token("text-2") },
    title: { font: { size: 11, color: token("text-2") }, standoff: 8 },
  };
  const given = figure.layout ?? {};
  const lying = figure.data.length > 0 && figure.data.every((trace) => trace.type === "bar" && trace.orientation === "h");
  const named = { size: 11, weight: 600, color: token("text") };
  const base = {
    // What stands at a line's end or a bar's end is a label, so it is dark and bold without any markup in the figure.
    template: { layout: { annotationdefaults: { showarrow: false, font: named } }, data: { bar: [{ textfont: named, cliponaxis: false }] } },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: token("font"), size: 11, color: token("text-2") },
    margin: { l: 8, r: 8, t: 8, b: 8, pad: 4 },
    colorway: ["c1", "c2", "c3", "c4", "c5"].map(token),
    showlegend: false,
    bargap: lying ? 0.45 : 0.28,
    barcornerradius: 2,
    dragmode: false,
    hovermode: "closest",
    hoverlabel: { bgcolor: token("raised"), bordercolor: token("line-strong"), font: { family: token("font"), size: 12, color: token("text") } },
    legend: { orientation: "h", x: 0, y: -0.12, font: { size: 11, color: token("text-2") } },
    transition: { duration: 0 },
  };
  const axes = {};
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(given).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    const across = name.startsWith("x");
    axes[name] = { ...axis, showgrid: across === lying && !lying, showline: across !== lying };
    if (lying) axes[name] = { ...axes[name], showline: false, showticklabels: !across };
  }
  const { template, width, height, ...rest } = given;
  return laid(laid(base, axes), coloured(rest, token));
}

async function figureOf(chart) {
  const { figureId, figureUrl } = chart.dataset;
  if (figureId) return JSON.parse(document.getElementById(figureId).textContent);
  return ask(figureUrl);
}

function downloadButton(chart, plotly, plot) {
  if (chart.querySelector("[data-chart-download]")) return;
  const button = make("button", { type: "button", class: "icon-b sm", "aria-label": "Download the picture", "data-tip": "Download the picture", "data-chart-download": true }, icon("download"));
  button.addEventListener("click", async () => {
    const light = paletteOf("light");
    const layout = { ...look(chart.figure, light), paper_bgcolor: light("surface"), margin: { l: 24, r: 24, t: 24, b: 24 } };
    const picture = { data: coloured(chart.figure.data, light), layout };
    const url = await plotly.toImage(picture, { format: "png", width: 900, height: 450, scale: 2 });
    make("a", { href: url, download: chart.dataset.download + ".png" }).click();
  });
  chart.prepend(button);
}

async function draw(chart, theme = null) {
  const plot = chart.querySelector(".plot");
  try {
    const plotly = await loadLibrary(chart.dataset.plotlyUrl);
    chart.figure ??= await figureOf(chart);
    const token = paletteOf(theme);
    await plotly.react(plot, coloured(chart.figure.data, token), look(chart.figure, token), { displayModeBar: false, responsive: true, staticPlot: false, scrollZoom: false, doubleClick: false, showTips: false, plotGlPixelRatio: 1, locale: "en-US" });
    chart.dataset.state = "drawn";
    downloadButton(chart, plotly, plot);
  } catch (problem) {
    chart.dataset.state = "failed";
    plot.replaceChildren(make("div", { class: "failed" }, "The picture could not be drawn. The figures are in the table."));
    console.error(problem);
  }
}

/** Draw every chart as it comes into view. */
export function start() {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "200px" },
  );
  const charts = document.querySelectorAll(".chart");
  charts.forEach((chart) => seen.observe(chart));
  // The rest follows when there is time, so that a print-out has them all.
  setTimeout(() => charts.forEach((chart) => chart.dataset.state === "waiting" && draw(chart)), IDLE_MS);
  const again = () => document.querySelectorAll('.chart[data-state="drawn"]').forEach((chart) => draw(chart));
  document.addEventListener("desk:theme", again);
  addEventListener("beforeprint", () => document.querySelectorAll(".chart").forEach((chart) => draw(chart, "light")));
  addEventListener("afterprint", again);
}
