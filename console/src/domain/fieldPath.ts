// Field paths as the API writes them: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.

/** The path in steps; list positions are numbers. */
export function stepsOf(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const match of path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)) {
    const inBrackets = match[1];
    if (inBrackets === undefined) steps.push(match[2] ?? "");
    else steps.push(/^\d+$/.test(inBrackets) ? Number(inBrackets) : inBrackets.replaceAll('"', ""));
  }
  return steps;
}
