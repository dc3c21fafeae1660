"use strict";
// The rollout browser. Every text becomes a text node: what a model said is never markup.
const Rollouts = (() => {
  const FILTERS = {part: "part", domain: "domain", status: "verdict", verifier: "verifier"};
  const COLUMNS = {step: "step", domain: "domain", excerpt: "problem", status: "verdict", score: "score",
    advantage: "advantage", tokens: "tokens", verifier: "verifier"};
  const UNSORTED = new Set(["excerpt"]), NUMBERS = new Set(["score", "advantage", "tokens"]);
  const STATUSES = new Set(["correct", "incorrect", "no_answer", "timeout", "error"]), SIZE = 50;

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    for (const child of children.flat(3)) if (child || child === 0) node.append(child instanceof Node ? child : String(child));
    return node;
  }
  const number = value => value.toLocaleString("en");
  const signed = value => value === null ? "–" : `${value < 0 ? "−" : value > 0 ? "+" : ""}${Math.abs(value).toFixed(2)}`;
  const words = text => text.replaceAll("_", " ");
  const swatch = status => el("i", {class: `swatch ${STATUSES.has(status) ? status : ""}`, "aria-hidden": "true"});
  const verdict = status => el("span", {class: "verdict"}, swatch(status), words(status));
  const when = row => row.part === "training" ? `step ${row.step}` : row.part === "responses" ? "" : `${row.part} training`;

  // Where rows come from: the server of this page, which filters and sorts.
  const served = {
    async ask(path, asked) {
      const given = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""));
      const answer = await fetch(`${path}?${given}`, {cache: "no-store"});
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.error);
      return found;
    },
    rows: asked => served.ask("/api/rollouts", asked),
    rollout: key => served.ask("/api/rollout", {key}),
  };

  // The same from rows that stand in the page itself: `{of, rows}`.
  function embedded(data) {
    const byKey = new Map(data.rows.map(row => [row.key, row]));
    const fits = (row, asked, but) => ["part", "domain", "verifier", "status", "step"].every(name =>
      name === but || !asked[name] || String(row[name] ?? "-") === asked[name]);
    const counts = (asked, name) => {
      const seen = new Map(data.rows.map(row => [row[name], 0]));
      for (const row of data.rows) if (fits(row, asked, name)) seen.set(row[name], seen.get(row[name]) + 1);
      return [...seen];
    };
    const steps = data.rows.map(row => row.step).filter(step => step !== null);
    const by = (name, sign) => (a, b) => a[name] === b[name] ? 0
      : a[name] === null ? 1 : b[name] === null ? -1 : sign * (a[name] < b[name] ? -1 : 1);
    const times = row => {
      const found = new Map();
      for (const other of data.rows) if (other.problem === row.problem && (other.part !== row.part || other.step !== row.step)) {
        const time = found.get(`${other.part} ${other.step}`) || {key: other.key, part: other.part, step: other.step, n: 0, correct: 0};
        time.n += 1;
        time.correct += other.status === "correct";
        found.set(`${other.part} ${other.step}`, time);
      }
      return [...found.values()];
    };
    return {
      async rows(asked) {
        const found = data.rows.filter(row => fits(row, asked)), name = asked.sort.replace("-", "");
        found.sort(by(name, asked.sort[0] === "-" ? -1 : 1));
        return {total: found.length, of: data.of, shown: data.rows.length, rows: found.slice(asked.offset, asked.offset + asked.limit),
          steps: steps.length ? [Math.min(...steps), Math.max(...steps)] : [],
          counts: Object.fromEntries(Object.keys(FILTERS).map(filter => [filter, counts(asked, filter)]))};
      },
      async rollout(key) {
        const row = byKey.get(key);
        if (!row) throw new Error("this rollout is not in the page");
        const group = data.rows.filter(other => other.problem === row.problem && other.part === row.part && other.step === row.step);
        return {...row, group, again: times(row)};
      },
    };
  }

  // The filters: each menu says how many rollouts its values would leave.
  function filterBar(choose) {
    const selects = {}, step = el("input", {type: "text", inputmode: "numeric", size: "6", placeholder: "all", autocomplete: "off"});
    for (const name of Object.keys(FILTERS)) {
      selects[name] = el("select", {name}, el("option", {value: ""}, "all"));
      selects[name].addEventListener("change", () => choose({[name]: selects[name].value}));
    }
    step.addEventListener("input", () => choose({step: step.value.trim()}));
    const clear = el("button", {type: "button"}, "Clear filters");
    clear.addEventListener("click", () => {
      for (const control of [...Object.values(selects), step]) control.value = "";
      choose(Object.fromEntries([...Object.keys(FILTERS), "step"].map(name => [name, ""])));
    });
    const form = el("form", {class: "filters", role: "search", "aria-label": "Filter rollouts"},
      Object.entries(FILTERS).map(([name, label]) => el("label", {}, el("span", {}, label), selects[name])),
      el("label", {}, el("span", {}, "step"), step), clear);
    form.addEventListener("submit", event => event.preventDefault());

    function offer(select, counts) {
      const chosen = select.value, listed = [["", null], ...counts];
      if (chosen && !counts.some(([value]) => value === chosen)) listed.push([chosen, 0]);
      select.replaceChildren(...listed.map(([value, count]) =>
        el("option", {value}, value ? `${words(value)} (${number(count)})` : "all")));
      select.value = chosen;
      select.parentElement.hidden = counts.length < 2 && !chosen;
    }
    function update(found) {
      for (const [name, select] of Object.entries(selects)) offer(select, found.counts[name]);
      step.parentElement.hidden = !found.steps.length;
      if (found.steps.length) step.title = `from ${found.steps[0]} to ${found.steps[1]}`;
    }
    return {form, update};
  }

  // The heads of the table, which sort it: numbers from the largest, texts from the first.
  function headRow(choose) {
    let sort = "";
    const heads = Object.entries(COLUMNS).map(([name, label]) => {
      const head = el("th", {scope: "col", class: classOf(name)});
      if (UNSORTED.has(name)) return head.append(label), head;
      const button = el("button", {type: "button"}, label), most = NUMBERS.has(name) || name === "step";
      const [first, second] = most ? [`-${name}`, name] : [name, `-${name}`];
      button.addEventListener("click", () => choose({sort: sort === first ? second : first}));
      head.append(button);
      return head;
    });
    function mark(now) {
      sort = now;
      Object.keys(COLUMNS).forEach((name, at) => {
        const way = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "";
        if (way) heads[at].setAttribute("aria-sort", way);
        else heads[at].removeAttribute("aria-sort");
      });
    }
    return {row: el("tr", {}, heads), mark};
  }
  const classOf = name => `${NUMBERS.has(name) ? "" : "words "}c-${name}`;

  function line(row) {
    const open = el("button", {type: "button", tabindex: "-1", class: "open"}, row.excerpt || "(unknown problem)");
    open.setAttribute("aria-label", `${when(row)} ${row.domain}, ${words(row.status)}: ${row.excerpt}`.trim());
    const cells = {
      step: row.step !== null ? number(row.step) : row.part === "responses" ? "–" : row.part,
      domain: [row.domain, " ", el("small", {}, row.source.replace(`${row.domain}/`, ""))],
      excerpt: open, status: verdict(row.status), score: row.score === null ? "–" : +row.score.toFixed(3),
      advantage: signed(row.advantage), tokens: number(row.tokens), verifier: row.verifier};
    return el("tr", {}, Object.entries(cells).map(([name, content]) =>
      el("td", {class: classOf(name), "data-head": COLUMNS[name]}, content)));
  }

  function place(found, asked) {
    const first = asked.offset + 1, last = Math.min(asked.offset + SIZE, found.total);
    if (found.of === 0) return "No rollouts yet.";
    if (found.total === 0) return "No rollout fits these filters.";
    const part = found.shown !== undefined && found.shown < found.of
      ? `; the page holds ${number(found.shown)} of the ${number(found.of)} rollouts of the run, whole groups evenly over it`
      : found.total < found.of ? ` (${number(found.of)} in all)` : "";
    return `${number(first)} to ${number(last)} of ${number(found.total)}${part}`;
  }

  // The rows as a list to walk through by keyboard: one of them takes the focus of the Tab key.
  function walker(body) {
    const button = at => body.rows[at].querySelector("button.open");
    const active = () => [...body.rows].findIndex(row => row.contains(document.activeElement));
    function reach(at) {
      for (const one of body.querySelectorAll("button.open")) one.tabIndex = -1;
      if (body.rows[at]) button(at).tabIndex = 0;
    }
    function focus(at) {
      reach(at);
      if (body.rows[at]) button(at).focus();
    }
    body.addEventListener("keydown", event => {
      const at = active(), last = body.rows.length - 1;
      const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last}[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      focus(Math.max(0, Math.min(last, to)));
    });
    return {active, reach, focus};
  }

  // Builds the browser in `root`; `refresh` asks for the rows again without moving the reader.
  function browse(root, source, options) {
    const asked = {sort: options.sort, offset: 0, limit: SIZE};
    const told = el("p", {role: "status"}), failed = el("p", {class: "note", role: "alert", hidden: ""});
    const body = el("tbody", {}), walk = walker(body), view = detail(source), filters = filterBar(choose), heads = headRow(choose);
    const back = el("button", {type: "button"}, "Previous page"), on = el("button", {type: "button"}, "Next page");
    let turn = 0, rows = [];
    const table = el("table", {class: "rollouts"},
      el("caption", {class: "unseen"}, "Rollouts, one a row; arrow keys go from row to row, Enter opens one"),
      el("thead", {}, heads.row), body);
    root.append(filters.form, failed, told, el("div", {class: "scroll"}, table), el("div", {class: "pager"}, back, on), view.dialog);
    back.addEventListener("click", () => page(-1));
    on.addEventListener("click", () => page(1));
    body.addEventListener("click", event => {
      const row = event.target.closest("tr");
      if (row && !String(getSelection())) open([...body.rows].indexOf(row));
    });

    function choose(values) {
      Object.assign(asked, {offset: 0}, values);
      return load();
    }
    const page = by => choose({offset: Math.max(0, asked.offset + by * SIZE)}).then(() => walk.focus(0));
    async function load() {
      const mine = ++turn;
      try {
        const found = await source.rows({...asked});
        if (mine === turn) show(found);
        failed.hidden = true;
      } catch (error) {
        failed.textContent = said(error);
        failed.hidden = false;
      }
    }
    function show(found) {
      const active = walk.active(), key = active >= 0 ? rows[active].key : "";
      rows = found.rows;
      filters.update(found);
      heads.mark(asked.sort);
      told.textContent = place(found, asked);
      body.replaceChildren(...rows.map(line));
      back.disabled = asked.offset === 0;
      on.disabled = asked.offset + SIZE >= found.total;
      const still = rows.findIndex(row => row.key === key);
      if (active >= 0) walk.focus(still >= 0 ? still : Math.min(active, rows.length - 1));
      else walk.reach(0);
    }
    function open(at) {
      walk.focus(at);
      view.open(rows[at].key, by => rows[at + by] && open(at + by));
    }
    load();
    return {refresh: load};
  }
  const said = error => error instanceof TypeError ? "the page is no longer served: start assay watch again" : error.message;

  const text = shown => el("pre", {tabindex: "0"}, shown === "" ? "(nothing)" : shown);
  // A response with its verdict and its group; `chosen` is told of another sample that is clicked.
  function pane(row, chosen) {
    const more = Object.entries(row.more || {}).map(([name, values]) => [name, JSON.stringify(values)]);
    const facts = [["verdict", verdict(row.status)], ["score", row.score === null ? "none: it does not count" : row.score],
      ["read", row.read === null ? "nothing" : el("code", {}, row.read)], ["why", row.why || "–"],
      ["advantage", `${signed(row.advantage)}: the score less the mean of its group`], ["verifier", `${row.judged}, ${(1000 * row.seconds).toFixed(1)} ms`],
      ["length", `${number(row.tokens)} tokens${row.finish === "stop" ? "" : `, ended by ${row.finish}`}`], ...more];
    const mates = (row.group || []).map(mate => {
      const button = el("button", {type: "button", class: "mate"}, swatch(mate.status), signed(mate.advantage));
      button.setAttribute("aria-label", `sample ${mate.index}, ${words(mate.status)}, advantage ${signed(mate.advantage)}`);
      if (mate.key === row.key) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => chosen(mate.key));
      return button;
    });
    return el("section", {class: `pane ${row.status}`}, el("h3", {}, `response, ${[when(row), `sample ${row.index}`].filter(Boolean).join(", ")}`),
      row.thinking ? text(row.thinking) : null, text(row.response), el("dl", {class: "facts"}, facts.map(([name, value]) =>
        el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      mates.length > 1 ? [el("h3", {}, "its group, by advantage of each sample"), el("div", {class: "mates"}, mates)] : null);
  }

  // One rollout in full, beside another time of the same problem where the reader asks for it.
  function detail(source) {
    const title = el("h2", {id: "rollout-title"}), content = el("div", {class: "content"});
    const failed = el("p", {class: "note", role: "alert", hidden: ""});
    const names = {back: "Previous", on: "Next", close: "Close"}, buttons = {};
    for (const [name, label] of Object.entries(names)) buttons[name] = el("button", {type: "button"}, label);
    const dialog = el("dialog", {"aria-labelledby": "rollout-title", class: "rollout"},
      el("header", {}, title, el("div", {class: "buttons"}, Object.values(buttons))), failed, content);
    let move = () => {}, beside = "";
    buttons.back.addEventListener("click", () => move(-1));
    buttons.on.addEventListener("click", () => move(1));
    buttons.close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("keydown", event => {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (by && !event.target.closest("select, pre")) move(by);
    });

    async function open(key, mover) {
      move = mover;
      beside = "";
      if (!dialog.open) dialog.showModal();
      await show(key, true);
    }
    async function show(key, fresh) {
      try {
        const row = await source.rollout(key);
        const held = row.part !== "training";
        if (fresh && held && row.again && row.again.length) beside = row.again[0].key;
        const other = beside ? await source.rollout(beside) : null;
        fill(row, other);
        failed.hidden = true;
      } catch (error) {
        failed.textContent = said(error);
        failed.hidden = false;
        content.replaceChildren();
      }
    }
    function fill(row, other) {
      title.textContent = [row.source || row.domain, when(row), `sample ${row.index}`].filter(Boolean).join(", ");
      if (row.sealed) {
        content.replaceChildren(el("p", {}, "A sealed problem: neither it nor what was said of it is shown."));
        return;
      }
      const held = document.activeElement && document.activeElement.name;
      const asked = row.asked.length ? row.asked.map(turn => [el("h3", {}, turn.role === "user" ? "asked" : `asked (${turn.role})`), text(turn.text)])
        : [el("h3", {}, "asked"), el("p", {}, "The run does not say what was asked.")];
      const parts = [el("div", {class: "two"}, el("div", {}, asked),
        el("div", {}, el("h3", {}, "expected"), row.expected === null ? el("p", {}, "not known") : text(row.expected)))];
      if (row.again && row.again.length) parts.push(chooser(row));
      const panes = [pane(row, key => show(key, false))];
      if (other) panes.push(pane(other, key => { beside = key; show(row.key, false); }));
      parts.push(el("div", {class: other ? "two" : "one"}, panes));
      content.replaceChildren(...parts);
      if (held === "beside") content.querySelector("select").focus();
    }
    function chooser(row) {
      const select = el("select", {name: "beside"}, el("option", {value: ""}, "nothing"), row.again.map(time =>
        el("option", {value: time.key}, `${when(time)}: ${time.correct} of ${time.n} correct`)));
      const held = row.again.find(time => beside && sameTime(time.key, beside));
      select.value = held ? held.key : "";
      select.addEventListener("change", () => { beside = select.value; show(row.key, false); });
      return el("label", {class: "beside"}, el("span", {}, "Compare with"), select);
    }
    const sameTime = (a, b) => a.split("/").toSpliced(1, 1).join("/") === b.split("/").toSpliced(1, 1).join("/");
    return {dialog, open};
  }
  return {el, said, served, embedded, browse};
})();
