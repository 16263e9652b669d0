// Before the first paint: the reader's own choice, else what the system prefers.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("report-theme"); } catch { return null; }
  };
  const apply = (name) => {
    document.documentElement.dataset.theme = name;
    document.dispatchEvent(new CustomEvent("theme", { detail: name }));
  };
  window.reportTheme = {
    get name() { return document.documentElement.dataset.theme; },
    choose(name) {
      try { localStorage.setItem("report-theme", name); } catch { /* a file without storage */ }
      apply(name);
    },
  };
  apply(chosen() || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => chosen() || apply(system.matches ? "dark" : "light"));
})();
