// The bytes between a terminal and a container: the first byte of each message names its channel.
// Source: Kubernetes, remotecommand websocket protocol v5.channel.k8s.io.

export const PROTOCOL = "v5.channel.k8s.io";
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

const frame = (channel: number, content: Uint8Array): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(content.length + 1);
  bytes[0] = channel;
  bytes.set(content, 1);
  return bytes;
};
const encoder = new TextEncoder();

export const inputFrame = (text: string): Uint8Array<ArrayBuffer> => frame(STDIN, encoder.encode(text));

export function resizeFrame(columns: number, rows: number): Uint8Array<ArrayBuffer> {
  return frame(RESIZE, encoder.encode(JSON.stringify({ Width: columns, Height: rows })));
}

export type Received = { output: Uint8Array } | { end: ExecEnd } | undefined;

export interface ExecEnd {
  /** Empty when the command ended well. */
  message: string;
  exitCode?: number;
}

interface EndStatus {
  status?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** What a message says: something to show, or the end. */
export function readFrame(bytes: Uint8Array): Received {
  const [channel] = bytes;
  const content = bytes.subarray(1);
  if (channel === STDOUT || channel === STDERR) return content.length ? { output: content } : undefined;
  if (channel !== ERROR) return undefined;
  const status = JSON.parse(new TextDecoder().decode(content)) as EndStatus;
  if (status.status === "Success") return { end: { message: "", exitCode: 0 } };
  const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  return { end: { message: status.message ?? "", exitCode: code === undefined ? undefined : Number(code) } };
}
