// Where the nodes of a graph stand: in columns from what needs to what is needed, few lines crossing. Pure.

export interface Edge {
  from: string;
  to: string;
}

export interface Placed {
  name: string;
  column: number;
  row: number;
}

export interface Layout {
  nodes: Placed[];
  columns: number;
  rows: number;
}

/** Rounds of ordering each column by its neighbours; more change little. */
const ROUNDS = 4;

/** Place every node; a circle of needs is cut where it is met again. */
export function layout(names: readonly string[], edges: readonly Edge[]): Layout {
  const known = new Set(names);
  const own = edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to);
  const depth = depthsOf(names, own);
  const columns: string[][] = [];
  for (const name of [...names].sort()) (columns[depth.get(name) ?? 0] ??= []).push(name);
  for (let round = 0; round < ROUNDS; round += 1) for (const column of columns) column.sort(byNeighbours(columns, own));
  const rows = Math.max(0, ...columns.map((column) => column.length));
  const nodes = columns.flatMap((column, index) =>
    column.map((name, place) => ({ name, column: index, row: place + (rows - column.length) / 2 })),
  );
  return { nodes, columns: columns.length, rows };
}

function depthsOf(names: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const depths = new Map<string, number>();
  const needing = new Map(names.map((name) => [name, edges.filter(({ to }) => to === name).map(({ from }) => from)]));
  const visit = (name: string, path: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const before = (needing.get(name) ?? []).filter((one) => !path.includes(one));
    const depth = Math.max(-1, ...before.map((one) => visit(one, [...path, name]))) + 1;
    depths.set(name, depth);
    return depth;
  };
  for (const name of names) visit(name, []);
  return depths;
}

function byNeighbours(columns: readonly string[][], edges: readonly Edge[]): (a: string, b: string) => number {
  const place = new Map(columns.flatMap((column) => column.map((name, index) => [name, index] as const)));
  const weight = (name: string) => {
    const near = edges.flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []));
    return near.length
      ? near.reduce((sum, one) => sum + (place.get(one) ?? 0), 0) / near.length
      : (place.get(name) ?? 0);
  };
  const weights = new Map([...place.keys()].map((name) => [name, weight(name)]));
  return (a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0) || (a < b ? -1 : 1);
}
