// Draws the figures in the reader's colours and width, and saves them as images.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = read("figures");
  const toDark = read("counterparts");
  const slots = [...document.querySelectorAll("[data-figure]")];
  const isNarrow = () => innerWidth < 600;

  // A copy of a figure, each colour of the light palette replaced by its dark counterpart.
  const coloured = (node) => {
    if (typeof node === "string") return reportTheme.name === "dark" && toDark[node] || node;
    if (Array.isArray(node)) return node.map(coloured);
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, coloured(value)]));
    }
    return node;
  };

  const assign = (target, path, value) => {
    const keys = path.split(".");
    const last = keys.pop();
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  };

  // With a mouse one can zoom and pan; a finger that scrolls the page must not.
  const hasMouse = matchMedia("(hover: hover) and (pointer: fine)").matches;

  const prepared = (name, narrow) => {
    const { data, layout } = coloured(figures[name]);
    if (hasMouse && !narrow) {
      for (const axis of ["xaxis", "yaxis"]) layout.template.layout[axis].fixedrange = false;
    }
    if (narrow) {
      assign(layout, "font.size", 12);
      assign(layout, "legend.font.size", 11);
      for (const [path, value] of Object.entries(layout.meta.narrow)) {
        if (path.startsWith("data.")) assign(data, path.slice(5), value);
        else assign(layout, path, value);
      }
    }
    return { data, layout };
  };

  const config = {
    responsive: true, displayModeBar: hasMouse ? "hover" : false, displaylogo: false, typesetMath: false,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d"]],
  };

  const draw = (slot) => {
    const { data, layout } = prepared(slot.dataset.figure, isNarrow());
    delete layout.title; // stands above the figure as text, which wraps on a phone
    slot.style.minHeight = `${layout.height}px`;
    return Plotly.react(slot, data, layout, config);
  };

  // One after the other, so that the first is on the screen while the rest are drawn.
  let round = 0;
  const drawAll = async () => {
    const mine = ++round;
    for (const slot of slots) {
      if (mine !== round) return;
      await draw(slot);
      await new Promise((done) => setTimeout(done, 0));
    }
    document.documentElement.dataset.drawn = reportTheme.name;
    document.dispatchEvent(new Event("drawn"));
  };

  let wasNarrow = isNarrow();
  addEventListener("resize", () => {
    if (wasNarrow === isNarrow()) return;
    wasNarrow = isNarrow();
    drawAll();
  });
  document.addEventListener("theme", drawAll);

  const save = async (name, format) => {
    const { data, layout } = prepared(name, false);
    const { meta } = layout;
    Object.assign(layout, meta.image);
    const url = await Plotly.toImage(
      { data, layout, config: { typesetMath: false } }, { format, width: layout.width, height: layout.height, scale: 2 },
    );
    const link = document.createElement("a");
    link.href = url;
    link.download = `${read("summary").name}-${name}-${meta.as_of}.${format}`;
    link.click();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.export) {
      button.disabled = true;
      try {
        await save(button.closest("figure").id, button.dataset.export);
      } finally {
        button.disabled = false;
      }
    }
    if (button.classList.contains("copy")) {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch { // a file opened from disk may not touch the clipboard: select, so that Ctrl+C works
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }
  });

  drawAll();
})();
