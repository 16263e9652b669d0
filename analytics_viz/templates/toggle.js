(() => {
  const button = document.getElementById("theme");
  const label = () => {
    const other = reportTheme.name === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "☾ Dark" : "☀ Light";
    button.setAttribute("aria-label", `Switch to ${other} colours`);
  };
  button.addEventListener("click", () => reportTheme.choose(reportTheme.name === "dark" ? "light" : "dark"));
  document.addEventListener("theme", label);
  label();
})();
