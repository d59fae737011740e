/** Walks through the steps: with the keyboard, a click in the chart, or the address. Without it every step stands below the other. */
export const PAGE_SCRIPT = `
(() => {
  const rows = [...document.querySelectorAll('.row')];
  const chart = document.querySelector('.chart');
  const panels = [...document.querySelectorAll('.panel')];
  if (panels.length === 0) return;
  let now = -1;
  const show = (wanted) => {
    const next = Math.max(0, Math.min(panels.length - 1, wanted));
    if (next === now) return;
    const first = now < 0;
    now = next;
    rows.forEach((row, i) => row.classList.toggle('is-now', i === now));
    panels.forEach((panel, i) => { panel.hidden = i !== now; });
    const box = chart.getBoundingClientRect();
    const row = rows[now].getBoundingClientRect();
    if (row.top < box.top) chart.scrollTop += row.top - box.top - 40;
    if (row.bottom > box.bottom) chart.scrollTop += row.bottom - box.bottom + 40;
    if (!first) try { history.replaceState(null, '', '#' + panels[now].id); } catch { /* some hosts forbid it */ }
  };
  const addressed = () => panels.findIndex((panel) => '#' + panel.id === location.hash);
  const moves = {
    ArrowDown: () => now + 1, ArrowRight: () => now + 1, ArrowUp: () => now - 1, ArrowLeft: () => now - 1,
    PageDown: () => now + 10, PageUp: () => now - 10, Home: () => 0, End: () => panels.length - 1,
  };
  addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(move());
  });
  rows.forEach((row, i) => row.addEventListener('click', () => show(i)));
  addEventListener('hashchange', () => { const at = addressed(); if (at >= 0) show(at); });
  document.body.classList.add('is-walked');
  show(addressed() >= 0 ? addressed() : panels.length - 1);
})();
`;
