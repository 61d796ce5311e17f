(() => {
  "use strict";
  const views = JSON.parse(document.getElementById("data").textContent);
  if (views.length === 0) return;
  const at = (id) => document.getElementById(id);
  const graph = at("graph"), detail = at("detail"), search = at("search"), matched = at("matched");
  const ROW = 20;
  const number = new Intl.NumberFormat("en");
  let tree, zoom, current, wanted = "", bars = new Map();

  function amount(value, unit) {
    if (unit !== "bytes") return `${number.format(value)} ${value === 1 ? unit.slice(0, -1) : unit}`;
    let scale = 0;
    while (value >= 1024 && scale < 4) { value /= 1024; scale += 1; }
    return `${scale ? value.toFixed(1) : value} ${["B", "KiB", "MiB", "GiB", "TiB"][scale]}`;
  }
  const percent = (part, whole) => `${whole ? (100 * part / whole).toFixed(1) : 0}%`;

  // Children follow their parent, so depths and places are known in one pass.
  function grow(view) {
    const nodes = view.nodes.map(([name, parent, total, own]) =>
      ({ name: view.names[name][0], kind: view.names[name][1], hue: view.names[name][2], parent, total, own, children: [] }));
    nodes.forEach((node, index) => {
      node.index = index;
      node.up = index ? nodes[node.parent] : null;
      node.depth = index ? node.up.depth + 1 : 0;
      node.start = index ? node.up.next : 0;
      node.next = node.start;
      if (index) { node.up.next += node.total; node.up.children.push(node); }
    });
    return { nodes, unit: view.unit, root: nodes[0] };
  }

  const inside = (node, outer) => {
    for (let n = node; n; n = n.up) if (n === outer) return true;
    return false;
  };

  function draw() {
    const narrowest = 0.6 / Math.max(graph.clientWidth, 1);
    const shown = document.createDocumentFragment();
    let deepest = 0;
    bars = new Map();
    for (const node of tree.nodes) {
      const above = node !== zoom && inside(zoom, node);
      const share = above ? 1 : node.total / (zoom.total || 1);
      if (!above && (share < narrowest || node.start < zoom.start || node.depth < zoom.depth
        || node.start + node.total > zoom.start + zoom.total || !inside(node, zoom))) continue;
      const bar = document.createElement("div");
      bar.className = `bar o-${node.kind}${above ? " above" : ""}`;
      bar.style.setProperty("--hue", node.hue);
      bar.style.top = `${node.depth * ROW}px`;
      bar.style.left = above ? "0" : `${100 * (node.start - zoom.start) / (zoom.total || 1)}%`;
      bar.style.width = `${100 * share}%`;
      if (share * graph.clientWidth > 22) bar.textContent = node.name; else bar.classList.add("thin");
      if (wanted && node.name.toLowerCase().includes(wanted)) bar.classList.add("hit");
      bar.setAttribute("role", "treeitem");
      bar.setAttribute("aria-level", node.depth + 1);
      bar.setAttribute("aria-label", `${node.name}, ${amount(node.total, tree.unit)}, ${percent(node.total, tree.root.total)}`);
      bar.title = `${node.name}\n${amount(node.total, tree.unit)}, ${percent(node.total, tree.root.total)}`;
      bar.tabIndex = -1;
      bar.node = node;
      bars.set(node, bar);
      shown.append(bar);
      deepest = Math.max(deepest, node.depth);
    }
    graph.replaceChildren(shown);
    graph.style.height = `${(deepest + 1) * ROW}px`;
    if (!bars.has(current)) current = zoom;
    bars.get(current).tabIndex = 0;
  }

  function say(node) {
    const name = document.createElement("strong");
    name.textContent = node.name;
    const all = tree.root.total;
    const parts = [`${amount(node.total, tree.unit)}, ${percent(node.total, all)} of all`];
    if (node.up && node.up !== tree.root) parts.push(`${percent(node.total, node.up.total)} of its caller`);
    parts.push(`${amount(node.own, tree.unit)} its own`);
    detail.replaceChildren(name, document.createElement("br"), parts.join("; "));
    detail.hidden = false;
  }

  function focus(node) {
    const before = bars.get(current);
    if (before) before.tabIndex = -1;
    current = node;
    const bar = bars.get(node);
    bar.tabIndex = 0;
    bar.focus();
  }

  function zoomTo(node, keepFocus) {
    zoom = node;
    current = node;
    draw();
    if (keepFocus) focus(node);
  }

  function find() {
    wanted = search.value.trim().toLowerCase();
    draw();
    if (!wanted) { matched.textContent = ""; return; }
    // A match below a match is part of it.
    let weight = 0, functions = new Set();
    const covered = new Set();
    for (const node of tree.nodes) {
      const hit = node.name.toLowerCase().includes(wanted);
      if (hit) functions.add(node.name);
      if (node.up && covered.has(node.up)) { covered.add(node); continue; }
      if (hit) { weight += node.total; covered.add(node); }
    }
    matched.textContent = functions.size
      ? `${functions.size} ${functions.size === 1 ? "function" : "functions"}, ${percent(weight, tree.root.total)}`
      : "no such function";
  }

  function show(index) {
    tree = grow(views[index]);
    zoom = current = tree.root;
    for (const button of document.querySelectorAll("[data-view]"))
      button.setAttribute("aria-pressed", String(Number(button.dataset.view) === index));
    for (const section of document.querySelectorAll("[data-of]"))
      section.hidden = Number(section.dataset.of) !== index;
    detail.hidden = true;
    find();
  }

  const barOf = (event) => event.target.closest(".bar");
  graph.addEventListener("click", (event) => { const bar = barOf(event); if (bar) zoomTo(bar.node, true); });
  graph.addEventListener("pointerover", (event) => { const bar = barOf(event); if (bar) say(bar.node); });
  graph.addEventListener("focusin", (event) => { const bar = barOf(event); if (bar) { current = bar.node; say(bar.node); } });
  graph.addEventListener("keydown", (event) => {
    const bar = barOf(event);
    if (!bar) return;
    const node = bar.node;
    const beside = (step) => {
      const drawn = (node.up ? node.up.children : [node]).filter((n) => bars.has(n));
      return drawn[drawn.indexOf(node) + step];
    };
    let next;
    switch (event.key) {
      case "ArrowDown": next = node.children.find((n) => bars.has(n)); break;
      case "ArrowUp": next = node.up; break;
      case "ArrowRight": next = beside(1); break;
      case "ArrowLeft": next = beside(-1); break;
      case "Home": next = tree.root; break;
      case "Enter": case " ": event.preventDefault(); zoomTo(node, true); return;
      default: return;
    }
    event.preventDefault();
    if (next) focus(next);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { if (document.activeElement === search && search.value) { search.value = ""; find(); } else zoomTo(tree.root, graph.contains(document.activeElement)); }
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  search.addEventListener("input", find);
  at("reset").addEventListener("click", () => zoomTo(tree.root, false));
  for (const button of document.querySelectorAll("[data-view]"))
    button.addEventListener("click", () => show(Number(button.dataset.view)));
  let waiting = 0;
  addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); });
  for (const id of ["controls", "keys", "legend", "views"]) if (at(id)) at(id).hidden = false;
  show(0);
})();
