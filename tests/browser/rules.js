// Rules that every page keeps, checked in the page itself; answers a list of complaints.
() => {
  const complaints = [];
  const visible = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && e.getClientRects().length > 0 && !e.closest('[aria-hidden="true"], .visually-hidden, .ts-hidden-accessible');
  const show = (e) => e.outerHTML.slice(0, 160).replace(/\s+/g, " ");

  // One heading of the first level, one main landmark, a language, a title.
  if (document.querySelectorAll("h1").length !== 1) complaints.push("not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) complaints.push("not exactly one main");
  if (!document.documentElement.lang) complaints.push("no language");
  if (!document.title.trim()) complaints.push("no title");

  // Ids are unique.
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) complaints.push(`id twice: ${e.id}`);
    ids.add(e.id);
  }

  // What is referred to exists.
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const e of document.querySelectorAll(`[${name}]`)) {
      for (const id of e.getAttribute(name).split(/\s+/)) {
        if (id && !document.getElementById(id)) complaints.push(`${name} to nothing (${id}): ${show(e)}`);
      }
    }
  }

  // Controls have names.
  const named = (e) => {
    const by = (e.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id));
    const label = (e.labels && [...e.labels].map((l) => l.textContent).join("")) || "";
    const text = /^(BUTTON|A|SUMMARY)$/.test(e.tagName) ? e.textContent : "";
    return [e.getAttribute("aria-label"), ...by.map((b) => b && b.textContent), label, text].some((t) => t && t.trim());
  };
  for (const e of document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, [role=tab]")) {
    if (visible(e) && !named(e)) complaints.push(`no name: ${show(e)}`);
  }

  // Nothing pushes the page wider than the window.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].filter((e) =>
      visible(e) && e.getBoundingClientRect().right > width + 1 && !e.closest(".bn-scroll, .bn-tabs"));
    complaints.push(`wider than the window: ${wide.slice(0, 3).map(show).join(" | ")}`);
  }

  // Text stands out from what is behind it (WCAG 2.2 AA).
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (color, under) => {
    pen.clearRect(0, 0, 1, 1);
    if (under) { pen.fillStyle = under; pen.fillRect(0, 0, 1, 1); }
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const css = (c) => `rgb(${c[0]} ${c[1]} ${c[2]})`;
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    return layers.reduce((under, layer) => css(rgba(layer, under)), "rgb(255 255 255)");
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(e) || !visible(e) || e.closest("script, option, :disabled")) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const back = behind(e);
    const a = light(rgba(style.color, back)), b = light(rgba(back));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) complaints.push(`contrast ${ratio.toFixed(2)}: ${show(e)}`);
  }
  return complaints;
}
