// Label selectors of objects, written as the API's query wants them.
import type { Selector } from "./objects";

/** The selector as text; empty when it selects nothing in particular. */
export function selectorText(selector: Selector | undefined): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const others = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return [...equal, ...others].join(",");
}
