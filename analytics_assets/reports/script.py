"""Script: what the page does in the browser.

Belongs here: drawing the figures that the page carries, hiding a series, the choice of days. Does not: any
number; the script only shows and hides.
"""

SCRIPT = """
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("figures").textContent);
  const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
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
    return Plotly.react("chart-" + key, shown, copy, config);
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
  Promise.all(Object.keys(charts).map(draw)).then((drawn) => {
    document.body.dataset.drawn = String(drawn.length);
  });
})();
"""
