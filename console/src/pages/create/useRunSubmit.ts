import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { convertForm, type Place } from "../../api/conversion";
import { createAll } from "../../api/create";
import { ApiFailure } from "../../api/http";
import { optionOfField, type RunForm } from "../../domain/runOptions";
import { useActing } from "../../ui/Actions";

/** Creates what the form says at this moment and goes to it; what is refused is told by option. */
export function useRunSubmit(form: RunForm, place: Place) {
  const { explain } = useActing();
  const navigate = useNavigate();
  const [refusals, setRefusals] = useState<Record<string, string>>({});
  const [isSending, setSending] = useState(false);
  const submit = async () => {
    setSending(true);
    setRefusals({});
    try {
      const { objects, refusals } = await convertForm(form, place);
      setRefusals(Object.fromEntries(refusals.map(({ field, message }) => [field, message])));
      const [workload] = objects;
      if (!workload) return setSending(false);
      await createAll(objects);
      const { name, namespace } = workload.metadata;
      if (workload.kind === "Pod") void navigate({ to: "/pods/$namespace/$name", params: { namespace, name } });
      else void navigate({ to: "/workloads/$kind/$namespace/$name", params: { kind: workload.kind, namespace, name } });
    } catch (error) {
      setRefusals(byOption(error, explain(error)));
    }
    setSending(false);
  };
  return { submit, refusals, isSending };
}

function byOption(error: unknown, message: string): Record<string, string> {
  const causes = error instanceof ApiFailure ? (error.status.details?.causes ?? []) : [];
  const told = causes.map((cause) => [optionOfField(cause.field ?? "") ?? "", `${cause.field}: ${cause.message}`]);
  return told.length ? (Object.fromEntries(told) as Record<string, string>) : { "": message };
}
