"use strict";
// The live page: what the run says of itself, brought up to date without a reload, above its rollouts.
(() => {
  const {el, said, browse, served} = Rollouts;
  const EVERY = 2000, LATER = 4000;  // milliseconds between looks at a running run, and at another
  const at = id => document.getElementById(id);
  const browser = browse(at("rollouts"), served, {sort: "-step"});
  let stamp = "", state = "";

  function show(run) {
    at("headline").textContent = run.headline;
    document.title = `${run.about.run}: ${run.headline}`;
    at("about").replaceChildren(...Object.entries(run.about).map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))));
    at("notes").replaceChildren(...run.notes.map(note => el("p", {class: "note"}, note)));
    lines("trained", run.trained);
    lines("cautions", run.cautions);
    lines("stages", run.stages.map(stage => `Stage ${stage.stage}, steps ${stage.from} to ${stage.to}: ${stage.lengths}`));
    scores(run.scores);
    Charts.draw(at("curves"), run.curves);
    at("facts").hidden = false;
    at("facts").querySelector("pre").textContent = JSON.stringify(run.facts, null, 2);
  }

  function lines(name, told) {
    at(name).hidden = !told.length;
    at(name).querySelector("ul").replaceChildren(...told.map(line => el("li", {}, line)));
  }

  function scores({about, caption, heads, rows}) {
    const root = at("scores");
    root.hidden = !rows.length;
    const line = ([kind, name, cells]) => el("tr", {class: kind}, el("th", {scope: "row"}, name), cells.map(([text, span, way]) =>
      el("td", {}, el("span", {class: way || ""}, text), " ", span && el("small", {}, span))));
    root.replaceChildren(el("h2", {}, heads.includes("change") ? "Before and after" : "Scores"), el("p", {}, about),
      el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores"},
        el("table", {class: heads.includes("change") ? "scores five" : "scores"}, el("caption", {}, el("span", {}, caption)),
          el("thead", {}, el("tr", {}, heads.map(head => el("th", {scope: "col"}, head)))), el("tbody", {}, rows.map(line)))));
  }

  const WORDS = {running: "running, brought up to date every 2 seconds", finished: "finished", stopped: "not running"};
  function tell(text, kind) {
    if (at("state").textContent === text) return;
    at("state").textContent = text;
    at("state").className = kind;
  }

  async function look() {
    try {
      const run = await served.ask("/api/run", {stamp});
      if (run.headline !== undefined) {
        if (stamp) browser.refresh();
        ({stamp, state} = run);
        show(run);
      }
      tell(WORDS[state], state);
    } catch (error) {
      tell(said(error), "stopped");
    }
    setTimeout(look, state === "running" ? EVERY : LATER);
  }
  look();
})();
