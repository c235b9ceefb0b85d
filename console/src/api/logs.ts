// A pod's log as it is written.
import { send } from "./http";
import { objectPath, PODS } from "./resources";

export interface LogChoice {
  namespace: string;
  pod: string;
  container: string;
  /** Of the run before the last restart. */
  isPrevious: boolean;
  hasTimes: boolean;
}

/** Lines that are fetched of what was written before. */
const TAIL_LINES = 1000;

/** Pass lines to `take` until the log ends or `signal` says so. Throws ApiFailure or Unreachable. */
export async function followLog(
  choice: LogChoice,
  take: (lines: string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = `${objectPath(PODS, choice.namespace, choice.pod)}/log`;
  const query: Record<string, string> = { container: choice.container, tailLines: String(TAIL_LINES) };
  if (choice.isPrevious) query.previous = "true";
  else query.follow = "true";
  if (choice.hasTimes) query.timestamps = "true";
  const response = await send("GET", path, { query, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length) take(lines);
  }
  if (rest) take([rest]);
}
