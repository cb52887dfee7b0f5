// Draws Plotly figures in the page's own colours, and again when the theme changes.
import { icon, make } from "./content.js";
import { ask } from "./http.js";

// plotly.js puts style elements into the page unless elements with these ids are there already. The first holds its general
// rules (ours are in plots.css), the second those of a map library that no figure here uses.
const ITS_STYLES = "plotly.js-style-global";
const ITS_MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--ld-${name}`).trim();
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

/** A copy of a figure in which every "var(--ld-c1)" is the colour of the theme that is on. */
function coloured(value) {
  if (typeof value === "string") return value.replace(/var\(--ld-([a-z0-9-]+)\)/g, (whole, name) => token(name) || whole);
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one)]));
  return value;
}

const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** `over` laid upon `under`, deeply. */
function laid(under, over) {
  const result = { ...under };
  for (const [key, value] of Object.entries(over ?? {})) result[key] = isPlain(value) && isPlain(under?.[key]) ? laid(under[key], value) : value;
  return result;
}

function look(figure) {
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
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: token("font"), size: 11, color: token("text-2") },
    margin: { l: 8, r: 8, t: 8, b: 8, pad: 4 },
    colorway: ["c1", "c2", "c3", "c4", "c5"].map(token),
    showlegend: false,
    bargap: 0.28,
    barcornerradius: 2,
    dragmode: false,
    hovermode: "closest",
    hoverlabel: { bgcolor: token("raised"), bordercolor: token("line-strong"), font: { family: token("font"), size: 12, color: token("text") } },
    legend: { orientation: "h", x: 0, y: -0.12, font: { size: 11, color: token("text-2") } },
    transition: { duration: 0 },
  };
  const lying = figure.data.length > 0 && figure.data.every((trace) => trace.type === "bar" && trace.orientation === "h");
  const axes = {};
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(given).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    const across = name.startsWith("x");
    axes[name] = { ...axis, showgrid: across === lying && !lying, showline: across !== lying };
    if (lying) axes[name] = { ...axes[name], showline: false, showticklabels: !across };
  }
  const { template, width, height, ...rest } = given;
  return laid(laid(base, axes), coloured(rest));
}

async function figureOf(chart) {
  const { figureId, figureUrl } = chart.dataset;
  if (figureId) return JSON.parse(document.getElementById(figureId).textContent);
  return ask(figureUrl);
}

function downloadButton(chart, plotly, plot) {
  if (chart.querySelector("[data-chart-download]")) return;
  const button = make("button", { type: "button", class: "icon-b sm", "aria-label": "Download the picture", "data-tip": "Download the picture", "data-chart-download": true }, icon("download"));
  button.addEventListener("click", () => plotly.downloadImage(plot, { format: "png", width: 1200, height: 600, scale: 2, filename: chart.dataset.download }));
  chart.prepend(button);
}

async function draw(chart) {
  const plot = chart.querySelector(".plot");
  try {
    const plotly = await loadLibrary(chart.dataset.plotlyUrl);
    chart.figure ??= await figureOf(chart);
    const data = coloured(chart.figure.data);
    await plotly.react(plot, data, look(chart.figure), { displayModeBar: false, responsive: true, staticPlot: false, scrollZoom: false, doubleClick: false, showTips: false, plotGlPixelRatio: 1, locale: "en-US" });
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
  document.querySelectorAll(".chart").forEach((chart) => seen.observe(chart));
  const again = () => document.querySelectorAll('.chart[data-state="drawn"]').forEach(draw);
  document.addEventListener("desk:theme", again);
  addEventListener("beforeprint", () => document.querySelectorAll(".chart").forEach(draw));
}
