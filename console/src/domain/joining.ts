// Join tokens, in the form of Kubernetes' bootstrap tokens.

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** Bytes beyond the last whole number of alphabets are drawn again, so that every letter is as likely. */
const FAIR = 256 - (256 % LETTERS.length);

export interface JoinToken {
  id: string;
  secret: string;
}

/** Draw a token; `bytes` returns random bytes. */
export function drawToken(bytes: (count: number) => Uint8Array): JoinToken {
  return { id: letters(6, bytes), secret: letters(16, bytes) };
}

function letters(count: number, bytes: (count: number) => Uint8Array): string {
  let drawn = "";
  while (drawn.length < count)
    for (const byte of bytes(count)) if (byte < FAIR && drawn.length < count) drawn += LETTERS[byte % LETTERS.length];
  return drawn;
}

export interface Invitation {
  hours: number;
  isForMany: boolean;
}

/** The Secret that makes a token good. */
export function tokenSecret(token: JoinToken, { hours, isForMany }: Invitation, now: Date): TokenSecret {
  const expiration = new Date(now.getTime() + hours * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
  const stringData: Record<string, string> = {
    "token-id": token.id,
    "token-secret": token.secret,
    expiration,
    "usage-bootstrap-authentication": "true",
    description: "join token",
  };
  if (isForMany) stringData["usage-bootstrap-many"] = "true";
  const metadata = { name: `bootstrap-token-${token.id}`, namespace: "kube-system" };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "bootstrap.kubernetes.io/token", stringData };
}

interface TokenSecret {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  type: string;
  stringData: Record<string, string>;
}

/** What is pasted on the new host. */
export function joinCommand(server: string, { id, secret }: JoinToken, caHash: string): string {
  return `bouvier agent --server ${server} --token ${id}.${secret} --ca-hash ${caHash}`;
}
