(() => {
  const seconds = Number(document.body.dataset.refresh);
  if (!seconds) return;
  const shown = document.querySelector("[data-renewed]");
  setInterval(async () => {
    if (document.hidden || document.querySelector("details.form[open], dialog[open]")) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = [...document.querySelectorAll("main details[id][open]")].map((each) => each.id);
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      shown?.classList.remove("stale");
    } catch {
      shown?.classList.add("stale");
    }
  }, seconds * 1000);
})();
