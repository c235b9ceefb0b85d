import { useEffect, useMemo, useState } from "react";
import { ApiFailure } from "../../api/http";
import { followLog, type LogChoice } from "../../api/logs";
import { LogBuffer } from "./buffer";

/** reading: the log goes on. ended: it is complete. waiting: there is none yet. lost: the server is not heard. */
export type LogPhase = "reading" | "ended" | "waiting" | "lost";

const RETRY_MS = 3000;

/** Follow a log; what cannot be read now is tried again, as a container may start later. */
export function useLog(choice: LogChoice): { buffer: LogBuffer; phase: LogPhase; refusal: string } {
  const buffer = useMemo(() => new LogBuffer(), []);
  const [phase, setPhase] = useState<LogPhase>("reading");
  const [refusal, setRefusal] = useState("");
  const { namespace, pod, container, isPrevious, hasTimes } = choice;
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      buffer.clear();
      setPhase("reading");
      setRefusal("");
      const { phase: next, refusal: words } = await readAll(
        { namespace, pod, container, isPrevious, hasTimes },
        buffer,
        abort.signal,
      );
      if (abort.signal.aborted) return;
      setPhase(next);
      setRefusal(words);
      if (next !== "ended") timer = setTimeout(() => void read(), RETRY_MS);
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [buffer, namespace, pod, container, isPrevious, hasTimes]);
  return { buffer, phase, refusal };
}

async function readAll(
  choice: LogChoice,
  buffer: LogBuffer,
  signal: AbortSignal,
): Promise<{ phase: LogPhase; refusal: string }> {
  try {
    await followLog(choice, (lines) => buffer.add(lines), signal);
    return { phase: "ended", refusal: "" };
  } catch (error) {
    if (error instanceof ApiFailure) return { phase: "waiting", refusal: error.message };
    return { phase: "lost", refusal: "" };
  }
}
