// Which logical cluster is shown. Every path of the API lies below it, apart from what belongs to the whole platform.
// The frame sets it before it draws anything, and draws all anew when it changes.

/** The cluster that is also served without a prefix. */
export const HOME_CLUSTER = "local";
let shown = HOME_CLUSTER;

export function showCluster(name: string): void {
  shown = name || HOME_CLUSTER;
}

export const shownCluster = (): string => shown;

/** A path of the API in the cluster that is shown. */
export function inCluster(path: string): string {
  return shown === HOME_CLUSTER ? path : `/clusters/${encodeURIComponent(shown)}${path}`;
}
