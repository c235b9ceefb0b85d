// Receiver hooks and API keys: what each does, and the secrets that only who makes them sees.
import type { Obj } from "./objects";

export interface Receiver extends Obj {
  spec: {
    action: "scale" | "upgrade" | "install";
    target?: { kind: string; name: string };
    scale?: { by: number; min?: number; max?: number };
    install?: { catalog: string; entry: string };
    disabled?: boolean;
    expires?: string;
    author?: { username?: string };
  };
  status?: { calls?: number; lastCall?: { time?: string; result?: string; message?: string } };
}

export interface ApiKey extends Obj {
  spec: {
    role?: string;
    namespaces?: string[];
    expires?: string;
    disabled?: boolean;
    description?: string;
    owner?: { username?: string };
  };
  status?: { lastUsed?: string };
}

const SECRET_BYTES = 32;

/** A secret that fits into a URL. */
export function drawSecret(bytes: (count: number) => Uint8Array): string {
  return btoa(String.fromCharCode(...bytes(SECRET_BYTES)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** The form in which the platform keeps a secret. */
export async function hashOf(secret: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
  return `sha256:${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** What a hook does to what, in a few signs. */
export function targetText({ spec }: Receiver): string {
  if (spec.install) return `${spec.install.catalog}/${spec.install.entry}`;
  return spec.target ? `${spec.target.kind}/${spec.target.name}` : "";
}
