// Reports, prices, invoices and budgets: of the whole platform, whichever cluster is shown.
import { type Budget, type Invoice, monthRange, type Price, type PriceList, type Report } from "../domain/costs";
import type { Obj } from "../domain/objects";
import { FIELD_MANAGER } from "./actions";
import { ApiFailure, PATCH, request, send } from "./http";
import { createObject } from "./objects";
import { clusterWide, listPath, objectPath, type ResourceType } from "./resources";

const ROOT = "/apis/billing.bouvier.io/v1";
const ofPlatform = <T>(plural: string): ResourceType<T> => ({ ...clusterWide<T>(ROOT, plural), isOfPlatform: true });
export const PRICE_LISTS = ofPlatform<PriceList>("pricelists");
export const INVOICES = ofPlatform<Invoice>("invoices");
export const BUDGETS = ofPlatform<Budget>("budgets");
/** Invoices have one line for each value of this label. */
const APPLICATION = "label:app";

export function costReport(by: string, month: string, signal?: AbortSignal, namespace = ""): Promise<Report> {
  const { from, to } = monthRange(month);
  const query: Record<string, string> = { by, from: String(from), to: String(to) };
  if (namespace) query.namespace = namespace;
  return request("GET", `${ROOT}/reports`, { query, signal });
}

export function setPrices(currency: string, prices: readonly Price[]): Promise<Obj> {
  const body = {
    apiVersion: "billing.bouvier.io/v1",
    kind: "PriceList",
    metadata: { name: "default" },
    spec: { currency, prices },
  };
  const query = { fieldManager: FIELD_MANAGER, force: "true" };
  return request("PATCH", objectPath(PRICE_LISTS, "", "default"), { body, contentType: PATCH.apply, query });
}

type InvoiceSpec = Invoice["spec"];

/** What an invoice of a project and month would say now. */
export async function draftInvoice(project: string, month: string): Promise<InvoiceSpec> {
  const { currency, lines, total } = await costReport(APPLICATION, month, undefined, project);
  return { project, month, currency, lines, total };
}

/** Make it final, under the next free number of the year. Throws ApiFailure or Unreachable. */
export async function issueInvoice(spec: InvoiceSpec, now: Date): Promise<Obj> {
  const year = now.getUTCFullYear();
  const { items } = await request<{ items: Obj[] }>("GET", listPath(INVOICES));
  const taken = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${year}-`));
  let number = Math.max(0, ...taken.map((name) => Number(name.slice(5)))) + 1;
  for (;;) {
    try {
      const name = `${year}-${String(number).padStart(6, "0")}`;
      const issued = now.toISOString().slice(0, 10);
      return await createObject(INVOICES, "Invoice", { name }, { spec: { ...spec, issued } });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status.reason !== "AlreadyExists") throw error;
      number += 1;
    }
  }
}

/** Have the browser save an invoice. Throws ApiFailure or Unreachable. */
export async function saveInvoice(number: string, spec: InvoiceSpec, form: "pdf" | "csv"): Promise<void> {
  const response = await send("POST", "/bouvier/v1/invoice", { body: { ...spec, number }, query: { form } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = `${number || `draft-${spec.project}-${spec.month}`}.${form}`;
  link.click();
  URL.revokeObjectURL(url);
}
