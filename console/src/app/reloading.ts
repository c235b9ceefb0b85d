// Parts of the console are fetched after its first page is shown, so that they are there when they are needed. A part
// that cannot be had (the platform was upgraded and has other parts now, or a network interface came or went in that
// moment) is had after loading the page again; that is done when somebody wants it.

const STORED_AS = "bouvier.reloaded";
const AT_MOST_EVERY_MS = 5_000;
let isAhead = false;

/** Load the page again when a part is missing, but not again and again. */
export function reloadWhenPartsAreMissing(): void {
  window.addEventListener("vite:preloadError", () => {
    const last = Number(sessionStorage.getItem(STORED_AS) ?? 0);
    if (isAhead || Date.now() - last < AT_MOST_EVERY_MS) return;
    sessionStorage.setItem(STORED_AS, String(Date.now()));
    location.reload();
  });
}

/** Fetch parts that may be needed later, one after the other. */
export async function fetchAhead(parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  isAhead = true;
  for (const part of parts) await part().catch(() => undefined);
  isAhead = false;
}
