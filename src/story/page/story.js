"use strict";
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const original = [...body.rows];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const order = next[head.getAttribute("aria-sort") || "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      const key = (row) => {
        const cell = row.cells[column];
        return cell.dataset.sort === undefined ? null : Number(cell.dataset.sort);
      };
      const rows = [...original];
      if (order !== "none") {
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        rows.sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x !== null && y !== null) return sign * (x - y);
          if (x !== null || y !== null) return x === null ? 1 : -1;
          const text = (row) => row.cells[column].textContent;
          return sign * text(a).localeCompare(text(b), "en", { numeric: true });
        });
      }
      body.append(...rows);
    });
  });
}
