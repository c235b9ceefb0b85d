// One container in every form: the server converts, with the code of `bouvier convert`.
import type { Manifest } from "../domain/manifests";
import type { RunForm, RunText } from "../domain/runOptions";
import { request } from "./http";

export interface Converted {
  form: RunForm;
  /** Without YAML when something cannot be honoured. */
  texts: Partial<Record<RunText, string>>;
  objects: Manifest[];
  refusals: { field: string; message: string }[];
}

export interface Place {
  namespace: string;
  replicas: number;
}

/** Convert what a form says. Throws ApiFailure or Unreachable. */
export function convertForm(form: RunForm, place: Place, signal?: AbortSignal): Promise<Converted> {
  return request("POST", "/bouvier/v1/convert", { body: { from: "form", form, ...place }, signal });
}

/** Convert a text. Throws ApiFailure or Unreachable. */
export function convertText(from: RunText, text: string, place: Place): Promise<Converted> {
  return request("POST", "/bouvier/v1/convert", { body: { from, text, ...place } });
}
