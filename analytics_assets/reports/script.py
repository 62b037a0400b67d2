"""Script: what the page does in the browser.

Belongs here: unpacking plotly, drawing the figures that the page carries in the colours of the
reader's scheme, hiding a series, the choice of days. Does not: any
number; the script only shows and hides.
"""

SCRIPT = """
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("figures").textContent);
  const NARROW = 420;
  const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false, scrollZoom: false };
  // Maps carry their outlines: with a base map that is there, and empty, plotly asks no server for one.
  window.PlotlyGeoAssets = { topojson: { world_110m: {} } };
  const ranges = [...document.querySelectorAll(".ranges button")];
  const chosen = ranges.find((button) => button.getAttribute("aria-pressed") === "true");
  let days = chosen ? Number(chosen.dataset.days) : 0; // 0: all

  // Whole figures are kept; a choice of days draws a part of them, so that the axis fits what is shown.
  const part = (trace, first) => {
    const begin = trace.x.findIndex((day) => day >= first);
    const cut = { ...trace };
    for (const name of ["x", "y", "customdata"]) {
      if (trace[name]) cut[name] = begin < 0 ? [] : trace[name].slice(begin);
    }
    return cut;
  };
  // A long name leaves no room for its bar: the axis has its beginning, the hover and the table all of it.
  const plain = (name) => name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  const escaped = (name) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const shorten = (data, axis, longest) => {
    if (!axis || axis.type !== "category" || axis.ticktext) return;
    const names = [...new Set(data.flatMap((trace) => trace.y))].filter((name) => typeof name === "string");
    if (!names.some((name) => plain(name).length > longest)) return;
    const short = (name) => (plain(name).length > longest ? escaped(plain(name).slice(0, longest - 1) + "…") : name);
    Object.assign(axis, { tickmode: "array", tickvals: names, ticktext: names.map(short) });
  };

  // Colours follow the scheme that the reader's system asks for: the stylesheet has both of each.
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const data = new Set(["x", "y", "z", "customdata", "text", "name", "geojson", "locations"]);
  const coloured = (part, style) => {
    if (typeof part === "string") {
      return /^#[0-9a-f]{6}$/.test(part) ? style.getPropertyValue("--c-" + part.slice(1)).trim() || part : part;
    }
    if (Array.isArray(part)) return part.map((item) => coloured(item, style));
    if (part === null || typeof part !== "object") return part;
    const pairs = Object.entries(part).map(([name, item]) => [name, data.has(name) ? item : coloured(item, style)]);
    return Object.fromEntries(pairs);
  };
  const draw = (key) => {
    const { data, layout, daily } = charts[key];
    let shown = data;
    if (daily && days) {
      const last = data.map((trace) => trace.x[trace.x.length - 1]).sort().pop();
      const first = new Date(Date.parse(last) - (days - 1) * 86400000).toISOString().slice(0, 10);
      shown = data.map((trace) => part(trace, first));
    }
    const copy = JSON.parse(JSON.stringify(layout)); // plotly writes into what it is given
    if (daily && shown[0].x.length > 100) copy.bargap = 0; // thinner gaps would only blur
    const chart = document.getElementById("chart-" + key);
    if (chart.clientWidth < NARROW) { // fewer dates on the axis, or they run into each other
      for (const axis of [copy.xaxis, copy.xaxis2]) if (axis && axis.nticks > 4) axis.nticks = 4;
    }
    shorten(shown, copy.yaxis, chart.clientWidth < NARROW ? 18 : 40);
    const style = getComputedStyle(document.documentElement);
    return Plotly.react(chart, coloured(shown, style), coloured(copy, style), config);
  };

  for (const button of document.querySelectorAll(".legend button")) {
    button.addEventListener("click", () => {
      const isShown = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!isShown));
      charts[button.dataset.chart].data[Number(button.dataset.series)].visible = !isShown;
      draw(button.dataset.chart);
    });
  }
  for (const button of ranges) {
    button.addEventListener("click", () => {
      days = Number(button.dataset.days);
      for (const other of ranges) other.setAttribute("aria-pressed", String(other === button));
      Object.keys(charts).filter((key) => charts[key].daily).forEach(draw);
    });
  }
  const drawAll = () => Promise.all(Object.keys(charts).map(draw)).then((drawn) => {
    document.body.dataset.drawn = String(drawn.length);
    document.body.dataset.scheme = scheme.matches ? "dark" : "light";
  });

  // Plotly comes packed: a third of its size. Its text, unpacked, is what the page's policy allows to run.
  const fail = () => {
    for (const chart of document.querySelectorAll(".chart")) {
      chart.textContent = "This browser cannot draw the chart. Its values stand below.";
    }
  };
  const unpack = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (sign) => sign.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(unpacked).text();
    document.head.append(script);
    await drawAll();
    scheme.addEventListener("change", drawAll);
  };
  unpack().catch((error) => { fail(); throw error; });
})();
"""
