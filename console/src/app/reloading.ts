// Parts of the console are fetched when they are first needed. A part that cannot be had (the platform was upgraded and
// has other parts now, or a network interface came or went in that moment) is had after loading the page again.

const STORED_AS = "bouvier.reloaded";
const AT_MOST_EVERY_MS = 15_000;

/** Load the page again when a part is missing, but not again and again. */
export function reloadWhenPartsAreMissing(): void {
  window.addEventListener("vite:preloadError", () => {
    const last = Number(sessionStorage.getItem(STORED_AS) ?? 0);
    if (Date.now() - last < AT_MOST_EVERY_MS) return;
    sessionStorage.setItem(STORED_AS, String(Date.now()));
    location.reload();
  });
}
