// What the form says in every other form, asked of the server whenever the writer pauses.
import { useEffect, useState } from "react";
import { type Converted, convertForm, type Place } from "../../api/conversion";
import { ApiFailure } from "../../api/http";
import type { RunForm, RunText } from "../../domain/runOptions";
import { useActing } from "../../ui/Actions";
import { useDebouncedValue } from "../../ui/kit";

const PAUSE_MS = 250;

export interface Conversion {
  texts: Partial<Record<RunText, string>>;
  /** What is not understood or cannot be honoured, by option; the rest under the empty name. */
  refusals: Record<string, string>;
  isReady: boolean;
}

const NOTHING: Conversion = { texts: {}, refusals: {}, isReady: false };

export function useConversion(form: RunForm, place: Place): Conversion {
  const { explain } = useActing();
  const [settled] = useDebouncedValue(JSON.stringify({ form, place }), PAUSE_MS);
  const [conversion, setConversion] = useState(NOTHING);
  useEffect(() => {
    const asked = JSON.parse(settled) as { form: RunForm; place: Place };
    if (!asked.form.image) return setConversion(NOTHING);
    const stop = new AbortController();
    convertForm(asked.form, asked.place, stop.signal).then(
      ({ texts, refusals }) => setConversion({ texts, ...readRefusals(refusals) }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const causes = error instanceof ApiFailure ? (error.status.details?.causes ?? []) : [];
        const told = causes.map(({ field = "", message = "" }) => ({ field, message }));
        setConversion({ ...NOTHING, ...readRefusals(told.length ? told : [{ field: "", message: explain(error) }]) });
      },
    );
    return () => stop.abort();
  }, [settled, explain]);
  return conversion;
}

function readRefusals(refusals: Converted["refusals"]): Pick<Conversion, "refusals" | "isReady"> {
  return {
    refusals: Object.fromEntries(refusals.map(({ field, message }) => [field, message])),
    isReady: refusals.length === 0,
  };
}
