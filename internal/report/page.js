"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const field = (name) => document.getElementById("filter-" + name);
  const findings = [...document.querySelectorAll(".finding")];
  const shown = document.getElementById("shown");
  const apply = () => {
    const level = field("level").value, rule = field("rule").value, target = field("target").value;
    const status = field("status") ? field("status").value : "";
    const text = field("text").value.toLowerCase();
    let count = 0;
    for (const f of findings) {
      const fits = (!level || f.dataset.level === level) && (!rule || f.dataset.rule === rule) &&
        (!status || f.dataset.status === status) && (!target || f.dataset.targets.split(" ").includes(target)) &&
        (!text || f.textContent.toLowerCase().includes(text));
      f.hidden = !fits;
      if (fits) count++;
    }
    shown.textContent = count + " of " + findings.length + " findings";
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  apply();
})();
