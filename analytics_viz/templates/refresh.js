// Loads the page anew after a while, where the reader was; a switch stops that.
(() => {
  const box = document.getElementById("refresh");
  const button = document.getElementById("pause");
  const age = document.getElementById("age");
  const seconds = Number(box.dataset.seconds);
  const builtAt = new Date(box.dataset.built);
  const key = `report-refresh ${location.pathname}`;
  const details = [...document.querySelectorAll("details")];
  const kept = (() => {
    try { return JSON.parse(sessionStorage.getItem(key)) || {}; } catch { return {}; }
  })();
  let isPaused = Boolean(kept.isPaused);
  let left = seconds;

  const keep = () => {
    const open = details.flatMap((one, number) => one.open ? [number] : []);
    try { sessionStorage.setItem(key, JSON.stringify({ isPaused, open, y: scrollY })); } catch { /* a file without storage */ }
  };

  // Back to where the reader was: at once, and again when all figures have their height, unless the
  // reader has scrolled meanwhile.
  history.scrollRestoration = "manual";
  for (const number of kept.open || []) details[number]?.setAttribute("open", "");
  const back = () => scrollTo({ top: kept.y || 0, behavior: "instant" });
  back();
  const put = scrollY;
  document.addEventListener("drawn", () => { if (scrollY === put) back(); }, { once: true });

  const since = (ms) => {
    const passed = Math.max(Math.round(ms / 1000), 0);
    if (passed < 120) return `${passed} s`;
    return passed < 7200 ? `${Math.round(passed / 60)} min` : `${Math.round(passed / 3600)} h`;
  };
  const show = () => {
    button.textContent = isPaused ? "▶ Resume" : `❚❚ Reloads in ${left} s`;
    button.setAttribute("aria-pressed", isPaused);
    button.setAttribute("aria-label", isPaused ? "Resume reloading" : "Pause reloading");
    const old = Date.now() - builtAt;
    age.textContent = `built ${since(old)} ago`;
    // three times the interval: whatever builds the page no longer does
    age.classList.toggle("stale", old > 3000 * seconds);
  };
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    left = seconds;
    keep();
    show();
  });
  addEventListener("pagehide", keep);
  setInterval(() => {
    // a page that nobody sees waits until somebody does
    if (!isPaused && !document.hidden) left -= 1;
    if (left <= 0) {
      keep();
      location.reload();
    } else {
      show();
    }
  }, 1000);
  show();
})();
