// The page is whole without this: it filters by status and body, and opens what is folded for printing.
(() => {
  "use strict";
  const form = document.querySelector("form.filter");
  const parts = [...document.querySelectorAll("details.part")];
  const wasOpen = new Map(parts.map((part) => [part, part.open]));
  const rows = [...document.querySelectorAll("[data-bodies]")];
  const graded = rows.filter((row) => row.dataset.status);
  const filter = () => {
    const status = form.elements.status.value, body = form.elements.body.value, isOn = Boolean(status || body);
    for (const row of rows) {
      row.hidden = Boolean(
        (status && row.dataset.status && row.dataset.status !== status) ||
        (body && !row.dataset.bodies.split("\n").includes(body)));
    }
    for (const part of parts) {
      const inside = [...part.querySelectorAll("[data-bodies]")];
      if (!inside.length) continue;
      const isLeft = inside.some((row) => !row.hidden);
      part.hidden = !isLeft;
      part.open = isOn && inside.some((row) => row.dataset.status) ? isLeft : wasOpen.get(part);
    }
    for (const group of document.querySelectorAll("tr.group")) group.hidden = isOn;
    form.querySelector("output").textContent = isOn
      ? `${graded.filter((row) => !row.hidden).length}/${graded.length} chỉ tiêu` : "";
  };
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of folded) part.open = false; });
})();
