// What files ask for, asked of the server whenever the writer pauses.
import { useEffect, useState } from "react";
import { ApiFailure } from "../../api/http";
import { type Checked, checkStack } from "../../api/stacks";
import { placeOf, type StackSpec, type TextPlace } from "../../domain/stacks";
import { useActing } from "../../ui/Actions";
import { useDebouncedValue } from "../../ui/kit";

const PAUSE_MS = 300;

export interface StackCheck {
  checked?: Checked;
  refusal?: { message: string; place?: TextPlace };
}

export function useStackCheck(name: string, spec: StackSpec): StackCheck {
  const { explain } = useActing();
  const [settled] = useDebouncedValue(JSON.stringify({ name, spec }), PAUSE_MS);
  const [found, setFound] = useState<StackCheck>({});
  useEffect(() => {
    const asked = JSON.parse(settled) as { name: string; spec: StackSpec };
    if (!asked.spec.compose.trim()) return setFound({});
    const stop = new AbortController();
    checkStack(asked.name, asked.spec, stop.signal).then(
      (checked) => setFound({ checked }),
      (error: unknown) => !stop.signal.aborted && setFound({ refusal: refusalOf(error, explain(error)) }),
    );
    return () => stop.abort();
  }, [settled, explain]);
  return found;
}

function refusalOf(error: unknown, words: string): StackCheck["refusal"] {
  const cause = error instanceof ApiFailure ? error.status.details?.causes?.[0] : undefined;
  return { message: words, place: placeOf(cause?.field ?? "") };
}
