// YAML or JSON text as objects, and the line on which a field stands.
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from "yaml";
import { stepsOf } from "./fieldPath";

export interface Written {
  /** 1 for the first. */
  number: number;
  value: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };
  /** The line of a field, counted from 1; that of its nearest parent when the field is not there. */
  lineOf: (field: string) => number;
}

export interface Problem {
  line: number;
  /** One of ours by name, or the parser's own words. */
  missing?: "apiVersion" | "kind" | "metadata.name";
  message?: string;
}

export interface Reading {
  documents: Written[];
  problems: Problem[];
}

/** Read every document; empty ones do not count. */
export function readDocuments(text: string): Reading {
  const lines = new LineCounter();
  const reading: Reading = { documents: [], problems: [] };
  for (const document of parseAllDocuments(text, { lineCounter: lines, version: "1.1", merge: true })) {
    if (!("errors" in document)) continue;
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: error.message.split("\n")[0],
    }));
    reading.problems.push(...problems);
    if (!problems.length && document.contents) add(reading, document as Document, lines);
  }
  return reading;
}

function add(reading: Reading, document: Document, lines: LineCounter): void {
  const value = document.toJS() as Written["value"] | null;
  if (value === null) return;
  const start = lines.linePos(startOf(document)).line;
  const missing = missingIn(value);
  if (missing) reading.problems.push({ line: start, missing });
  else
    reading.documents.push({
      number: reading.documents.length + 1,
      value,
      lineOf: (field) => lineOf(document, field, lines),
    });
}

/** Where the content begins, behind comments and `---`. */
function startOf(document: Document): number {
  const { contents } = document as { contents: { range?: [number] } | null };
  return contents?.range?.[0] ?? document.range?.[0] ?? 0;
}

function missingIn(value: Partial<Written["value"]>): Problem["missing"] {
  if (typeof value.apiVersion !== "string" || !value.apiVersion) return "apiVersion";
  if (typeof value.kind !== "string" || !value.kind) return "kind";
  return value.metadata?.name ? undefined : "metadata.name";
}

function lineOf(document: Document, field: string, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = startOf(document);
  for (const step of stepsOf(field)) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (!pair) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as { range?: [number] } | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return lines.linePos(offset).line;
}
