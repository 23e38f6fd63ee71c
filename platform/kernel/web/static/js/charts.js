// Draws the charts of a page: a canvas carries its data in `data-chart`.
(function () {
  "use strict";

  const COLORS = [
    "#206bc4", "#2fb344", "#f59f00", "#ae3ec9", "#d6336c", "#17a2b8",
    "#74b816", "#4263eb", "#f76707", "#0ca678", "#a61e4d", "#66788a",
  ];

  function style(name, fallback) {
    return getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;
  }

  function shorten(text) {
    return text.length > 24 ? text.slice(0, 23) + "…" : text;
  }

  function datasets(data) {
    return data.series.map(function (series, n) {
      const color = COLORS[n % COLORS.length];
      return {
        label: series.label,
        data: series.values,
        backgroundColor: data.type === "pie" ? data.labels.map((_, k) => COLORS[k % COLORS.length]) : color,
        borderColor: data.type === "pie" ? style("--bn-surface", "#fff") : color,
        borderWidth: data.type === "line" ? 2 : 1,
        tension: 0.2,
        maxBarThickness: 48,
      };
    });
  }

  function options(data) {
    const text = style("--bn-muted", "#667382");
    const line = style("--bn-line", "#e6e7e9");
    const scale = (stacked, grid) => ({
      stacked: stacked,
      ticks: { color: text, callback: function (value) { return shorten(String(this.getLabelForValue(value))); } },
      grid: { color: line, display: grid },
    });
    const scales = data.type === "pie" ? {} : {
      x: scale(Boolean(data.stacked), false),
      y: { stacked: Boolean(data.stacked), beginAtZero: true, ticks: { color: text }, grid: { color: line } },
    };
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 250 },
      scales: scales,
      plugins: {
        legend: {
          display: data.type === "pie" || data.series.length > 1,
          position: "bottom",
          labels: { color: text, boxWidth: 12 },
        },
        tooltip: {
          callbacks: {
            // The server's text is exact and in the reader's format; the number only draws.
            label: function (item) {
              const figure = data.series[item.datasetIndex].texts[item.dataIndex];
              return (item.dataset.label ? item.dataset.label + ": " : "") + figure;
            },
          },
        },
      },
    };
  }

  document.querySelectorAll("canvas[data-chart]").forEach(function (canvas) {
    const data = JSON.parse(canvas.dataset.chart);
    new window.Chart(canvas, {
      type: data.type,
      data: { labels: data.labels, datasets: datasets(data) },
      options: options(data),
    });
  });
})();
