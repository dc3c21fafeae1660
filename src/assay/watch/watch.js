"use strict";
// The live page: what the run says of itself, brought up to date without a reload, above its rollouts.
(() => {
  const {el, browse, served} = Rollouts;
  const EVERY = 2000, LATER = 4000;  // milliseconds between looks at a running run, and at another
  const at = id => document.getElementById(id);
  const percent = value => (100 * value).toFixed(1);
  const points = value => `${value < 0 ? "−" : "+"}${(100 * Math.abs(value)).toFixed(1)}`;
  const browser = browse(at("rollouts"), served, {sort: "-step"});
  let stamp = "", state = "";

  function show(run) {
    at("headline").textContent = run.headline;
    document.title = `${run.about.run}: ${run.headline}`;
    at("about").replaceChildren(...Object.entries(run.about).map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))));
    at("notes").replaceChildren(...run.notes.map(note => el("p", {class: "note"}, note)));
    scores(run);
    Charts.draw(at("curves"), run.curves);
    at("facts").hidden = false;
    at("facts").querySelector("pre").textContent = JSON.stringify(run.facts, null, 2);
  }

  function scores(run) {
    const root = at("scores");
    root.hidden = !run.scores.length;
    if (root.hidden) return;
    const compared = run.sides.length > 1;
    const heads = ["domain or source", ...compared ? ["before", "after", "change"] : ["score"], "problems", "not counted"];
    const span = one => one ? [percent(one.value), " ", el("small", {}, `${percent(one.low)} to ${percent(one.high)}`)] : ["–"];
    const rows = run.scores.map(row => {
      const sides = run.sides.map(side => row[side]), change = row.change, known = row.after || row.before;
      const way = change && (change.low > 0 ? "up" : change.high < 0 ? "down" : "");
      const cells = sides.map(side => el("td", {}, span(side && side.avg)));
      if (compared) cells.push(el("td", {}, change
        ? [el("span", {class: way}, points(change.value)), " ", el("small", {}, `${points(change.low)} to ${points(change.high)}`)] : "–"));
      const missing = sides.filter(Boolean).reduce((sum, side) => sum + side.uncounted, 0);
      cells.push(el("td", {}, known.avg.questions), el("td", {}, missing));
      return el("tr", {class: row.kind}, el("th", {scope: "row"}, row.name), cells);
    });
    const told = "Intervals hold 95 %, over problems; the first row is the mean of the domains."
      + (compared ? " A change is clear where its whole interval is on one side of zero." : "");
    root.replaceChildren(el("h2", {}, compared ? "Before and after" : "Scores"), el("p", {}, told),
      el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores"},
        el("table", {class: compared ? "scores five" : "scores"}, el("caption", {}, el("span", {}, `Accuracy (${run.told}), in percent`)),
          el("thead", {}, el("tr", {}, heads.map(head => el("th", {scope: "col"}, head)))), el("tbody", {}, rows))));
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
      tell(error instanceof TypeError ? "the page is no longer served: start assay watch again" : error.message, "stopped");
    }
    setTimeout(look, state === "running" ? EVERY : LATER);
  }
  look();
})();
